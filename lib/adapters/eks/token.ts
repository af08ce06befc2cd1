import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsCredentialIdentity } from '@smithy/types'

export interface TokenRequest {
  readonly cluster: string
  readonly region: string
  readonly credentials: AwsCredentialIdentity
  /** ms since epoch. */
  readonly now: number
}

/** Of the signed request; the token made of it is good for 15 minutes, whatever this says. */
const expiresSeconds = 60

const clusterHeader = 'x-k8s-aws-id'

/** In the order in which `aws eks get-token` writes them, so that both give the same bytes. */
const order = [
  'Action',
  'Version',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
]

/**
 * A bearer token for an EKS cluster: a presigned GetCallerIdentity that the cluster's authenticator sends to STS to learn who asks
 * (https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster).
 */
export async function eksToken({ cluster, region, credentials, now }: TokenRequest): Promise<string> {
  const signer = new SignatureV4({ credentials, region, service: 'sts', sha256: Sha256 })
  // The SDK knows the names of all partitions (China, the isolated and the European sovereign ones), and loads them with any of its clients.
  const { partition } = await import('@aws-sdk/core/client')
  const hostname = `sts.${region}.${partition(region).dnsSuffix}`
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host: hostname, [clusterHeader]: cluster },
  }
  const { query = {} } = await signer.presign(request, {
    expiresIn: expiresSeconds,
    signingDate: new Date(now),
    unhoistableHeaders: new Set([clusterHeader]),
    unsignableHeaders: new Set(),
  })
  const text = order.flatMap((key) => (query[key] === undefined ? [] : [`${key}=${encode(String(query[key]))}`])).join('&')
  return `k8s-aws-v1.${Buffer.from(`https://${hostname}/?${text}`).toString('base64url')}`
}

/** RFC 3986, as SigV4 wants it. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
