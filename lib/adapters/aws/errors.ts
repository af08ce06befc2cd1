import { types } from 'node:util'
import { FaultlineError } from '../../domain/errors.ts'

/** What an AWS service answered, as the project's error; `tried` names the call and what it was on. */
export function awsError(error: unknown, tried: string): FaultlineError {
  if (error instanceof FaultlineError) return error
  const name = types.isNativeError(error) ? error.name : 'Error'
  const words = types.isNativeError(error) && error.message !== '' ? error.message : name
  const status = statusOf(error)
  if (/NotFound|NoSuch/.test(name)) return new FaultlineError('not_found', `${tried}: ${words}`, { cause: error })
  if (/AccessDenied|Unauthori[sz]ed|ExpiredToken|InvalidSignature|UnrecognizedClient|CredentialsProvider/.test(name) || status === 403) {
    return new FaultlineError('forbidden', `${tried}: ${words} (check the role's policy)`, { cause: error })
  }
  const answered = status !== undefined && status < 500 && status !== 429 && !/Throttl|TooManyRequests/.test(name)
  return new FaultlineError(answered ? 'invalid' : 'unavailable', `${tried}: ${words}`, { retryable: !answered, cause: error })
}

function statusOf(error: unknown): number | undefined {
  const { $metadata } = Object(error) as { readonly $metadata?: { readonly httpStatusCode?: number } }
  return $metadata?.httpStatusCode
}
