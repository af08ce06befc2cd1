import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { eksToken } from '../../../lib/adapters/eks/token.ts'

interface Vector {
  readonly cluster: string
  readonly region: string
  readonly sessionToken: string | null
  readonly url: string
  readonly token: string
}

/** Made by botocore 1.43.11 (`SigV4QueryAuth`, expires 60), the library behind `aws eks get-token`, with the time and the keys below. */
const vectors: readonly Vector[] = JSON.parse(readFileSync(new URL('vectors.json', import.meta.url), 'utf8'))

const now = Date.UTC(2026, 0, 5, 9, 0, 0)
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }

function tokenFor({ cluster, region, sessionToken }: Pick<Vector, 'cluster' | 'region' | 'sessionToken'>): Promise<string> {
  return eksToken({ cluster, region, now, credentials: { ...keys, ...(sessionToken === null ? {} : { sessionToken }) } })
}

const urlIn = (token: string) => Buffer.from(token.slice('k8s-aws-v1.'.length), 'base64url').toString()

/** The signature as AWS describes it, step by step, with nothing but SHA-256 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). */
function signatureOf(url: string, cluster: string): string {
  const { host, search } = new URL(url)
  const unsigned = search
    .slice(1)
    .split('&')
    .filter((part) => !part.startsWith('X-Amz-Signature='))
    .sort()
  const scope = decodeURIComponent(/X-Amz-Credential=([^&]*)/.exec(search)?.[1] ?? '')
    .split('/')
    .slice(1)
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  const canonical = ['GET', '/', unsigned.join('&'), `host:${host}`, `x-k8s-aws-id:${cluster}`, '', 'host;x-k8s-aws-id', sha256('')].join(
    '\n',
  )
  const toSign = ['AWS4-HMAC-SHA256', '20260105T090000Z', scope.join('/'), sha256(canonical)].join('\n')
  const key = scope.reduce<Buffer | string>((by, part) => createHmac('sha256', by).update(part).digest(), `AWS4${keys.secretAccessKey}`)
  return createHmac('sha256', key).update(toSign).digest('hex')
}

describe('the token for an EKS cluster', () => {
  it.each(vectors)('is byte for byte what botocore makes for $cluster in $region', async (vector) => {
    const token = await tokenFor(vector)
    expect(urlIn(token)).toBe(vector.url)
    expect(token).toBe(vector.token)
  })

  it('bears the signature that the specification demands', async () => {
    const url = urlIn(await tokenFor({ cluster: 'staging', region: 'ap-southeast-2', sessionToken: 'a+b/c=' }))
    expect(new URL(url).searchParams.get('X-Amz-Signature')).toBe(signatureOf(url, 'staging'))
  })

  // As STSClient of the SDK resolves them (endpointProvider), and as its rules were on 2026-11-27.
  it.each([
    ['eu-central-1', 'sts.eu-central-1.amazonaws.com'],
    ['cn-north-1', 'sts.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'sts.us-gov-west-1.amazonaws.com'],
    ['eusc-de-east-1', 'sts.eusc-de-east-1.amazonaws.eu'],
    ['us-iso-east-1', 'sts.us-iso-east-1.c2s.ic.gov'],
    ['us-isob-east-1', 'sts.us-isob-east-1.sc2s.sgov.gov'],
    ['us-isof-south-1', 'sts.us-isof-south-1.csp.hci.ic.gov'],
    ['eu-isoe-west-1', 'sts.eu-isoe-west-1.cloud.adc-e.uk'],
  ])('is for the STS of the partition of %s', async (region, host) => {
    expect(new URL(urlIn(await tokenFor({ cluster: 'c', region, sessionToken: null }))).host).toBe(host)
  })

  it('binds the cluster: the same keys make another token for another one', async () => {
    const [one, two] = await Promise.all(['one', 'two'].map((cluster) => tokenFor({ cluster, region: 'eu-west-1', sessionToken: null })))
    expect(one).not.toBe(two)
  })
})
