import { createHash, timingSafeEqual } from 'node:crypto'
import { Sha256 } from '@smithy/core/checksum'
import { SignatureV4 } from '@smithy/signature-v4'

/** A person, or a program, whom AWS knows by the access key. */
export interface Person {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** E.g. `arn:aws:iam::123456789012:user/ann`. */
  readonly arn: string
  /** The session is over. */
  readonly isExpired?: boolean
}

/** An HTTP request as it arrived. */
export interface SignedRequest {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Buffer
}

/** Why AWS refuses a request, in its own words. */
export interface SignatureRefusal {
  readonly type: string
  readonly message: string
}

export interface VerifyOptions {
  readonly service: string
  readonly region: string
  readonly people: readonly Person[]
  readonly now: number
}

/** AWS takes a signature so long before and after its time. */
const toleratedMs = 5 * 60_000

const refusal = (type: string, message: string): SignatureRefusal => ({ type, message })
const invalid = (message: string) => refusal('InvalidSignatureException', message)
const mismatch = invalid(
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
)

/**
 * Who signed a request: its Signature Version 4 is calculated anew with the secret of the key that it names, over the headers that it names
 * and the body that came. Refuses as AWS does, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html.
 */
export async function verifySignature(request: SignedRequest, options: VerifyOptions): Promise<Person | SignatureRefusal> {
  const { service, region, people, now } = options
  const header = (name: string) => String(request.headers[name] ?? '')
  const authorization = header('authorization')
  const [, scope = '', names = ''] =
    /^AWS4-HMAC-SHA256 Credential=([^,\s]+), SignedHeaders=([^,\s]+), Signature=[0-9a-f]{64}$/.exec(authorization) ?? []
  if (scope === '') return refusal('MissingAuthenticationTokenException', 'Missing Authentication Token')
  const [key, , signedRegion, signedService] = scope.split('/')
  const person = people.find(({ accessKeyId }) => accessKeyId === key)
  if (person === undefined || (person.sessionToken ?? '') !== header('x-amz-security-token'))
    return refusal('UnrecognizedClientException', 'The security token included in the request is invalid.')
  if (person.isExpired === true) return refusal('ExpiredTokenException', 'The security token included in the request is expired')
  if (signedRegion !== region) return invalid(`Credential should be scoped to a valid region, not '${signedRegion}'.`)
  if (signedService !== service) return invalid(`Credential should be scoped to correct service: '${service}'.`)
  const at = header('x-amz-date')
  const signedAt = Date.parse(at.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (signedAt < now - toleratedMs)
    return invalid(`Signature expired: ${at} is now earlier than ${stamp(now - toleratedMs)} (${stamp(now)} - 5 min.)`)
  if (signedAt > now + toleratedMs)
    return invalid(`Signature not yet current: ${at} is still later than ${stamp(now + toleratedMs)} (${stamp(now)} + 5 min.)`)
  if (Number.isNaN(signedAt) || !names.split(';').includes('host')) return mismatch
  if (createHash('sha256').update(request.body).digest('hex') !== header('x-amz-content-sha256')) return mismatch
  const again = await signedAgain(request, { person, service, region, names: names.split(';'), signedAt })
  return isSame(again, authorization) ? person : mismatch
}

async function signedAgain(
  { method, url, headers, body }: SignedRequest,
  how: {
    readonly person: Person
    readonly service: string
    readonly region: string
    readonly names: readonly string[]
    readonly signedAt: number
  },
): Promise<string> {
  const { person, service, region, names, signedAt } = how
  const signer = new SignatureV4({ service, region, credentials: person, sha256: Sha256 })
  const { pathname, search, host } = new URL(url, `http://${headers.host}`)
  const signed = names.filter((name) => headers[name] !== undefined).map((name) => [name, String(headers[name])] as const)
  const { headers: made } = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: host,
      path: pathname,
      query: Object.fromEntries(new URLSearchParams(search)),
      headers: Object.fromEntries(signed),
      body,
    },
    { signingDate: new Date(signedAt) },
  )
  return made.authorization ?? ''
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

/** `2026-01-05T10:00:00Z` as signatures have it. */
const stamp = (ms: number) => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, '')
