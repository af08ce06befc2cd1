import { FaultlineError } from '../../domain/errors.ts'

/** What AWS said of the request itself, before anything was done. */
export interface Refusal {
  /** E.g. `InvalidSignatureException`; services spell the same in several ways. */
  readonly type: string
  readonly message: string
  /** That the request was signed for. */
  readonly region: string
  /** AWS' own time, of its `Date` header. */
  readonly date: string | null
}

/**
 * Why AWS did not take a signed request, and what mends it; undefined where the signature was not the trouble
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html).
 */
export function refusalOf({ type, message, region, date }: Refusal, now = Date.now()): FaultlineError | undefined {
  const forbidden = (text: string) => new FaultlineError('forbidden', `${text} (${message})`)
  if (/ExpiredToken|token included in the request is expired/i.test(`${type} ${message}`))
    return forbidden('the AWS credentials have expired: sign in again (aws sso login, or what gave them to you)')
  if (
    /UnrecognizedClient|InvalidClientTokenId|InvalidAccessKeyId|security token included in the request is invalid/i.test(
      `${type} ${message}`,
    )
  )
    return forbidden('AWS does not know the credentials: are AWS_PROFILE, the keys and the session token of one account?')
  if (/Signature expired|not yet current|RequestExpired|RequestTimeTooSkewed/i.test(`${type} ${message}`)) {
    const offBy = date === null ? 'wrong' : `off by ${Math.round(Math.abs(now - Date.parse(date)) / 1000)} s`
    return forbidden(`the clock of this machine is ${offBy}: set it, AWS takes no signature that is 5 minutes old or to come`)
  }
  if (/scoped to/i.test(message)) return forbidden(`AWS expects another region than ${region}: set AWS_REGION, or region in installations`)
  if (/SignatureDoesNotMatch|InvalidSignature/.test(type) || /does not match the signature/.test(message))
    return forbidden('the secret does not belong to the access key, or a proxy changed the request')
  if (/MissingAuthenticationToken/.test(type))
    return forbidden('the signature got lost on its way: a proxy took the header Authorization away')
  return undefined
}
