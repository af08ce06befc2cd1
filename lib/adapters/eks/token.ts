import { createHash, createHmac } from 'node:crypto'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsCredentialIdentity, Checksum, SourceData } from '@smithy/types'

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
  const hostname = `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
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

/** SHA-256, keyed or not, in the form the signer asks for. */
class Sha256 implements Checksum {
  readonly #secret: Uint8Array | string | undefined
  #hash

  constructor(secret?: SourceData) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret)
    this.#hash = this.#fresh()
  }

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk)
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest()
  }

  reset(): void {
    this.#hash = this.#fresh()
  }

  #fresh() {
    return this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret)
  }
}

function bytesOf(data: SourceData): Uint8Array | string {
  if (typeof data === 'string') return data
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)
}
