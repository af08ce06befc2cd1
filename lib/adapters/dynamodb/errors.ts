import { types } from 'node:util'
import { DynamoDBServiceException, ResourceNotFoundException } from '@aws-sdk/client-dynamodb'
import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'

const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPROTO',
])

const passingNames: ReadonlySet<string> = new Set([
  'TimeoutError',
  'AbortError',
  'ThrottlingException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'InternalServerError',
  'ServiceUnavailable',
])

const forbiddenNames: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'IncompleteSignatureException',
  'MissingAuthenticationTokenException',
  'ExpiredTokenException',
  'CredentialsProviderError',
])

/** Turns what the SDK throws into the project's errors; what is neither an answer nor a broken connection (a bug) is returned as it is. */
export function toStoreError(error: unknown, tried: string): unknown {
  if (!types.isNativeError(error) || error instanceof FaultlineError) return error
  if (isPassing(error)) return new StoreUnavailable(tried, error)
  if (error instanceof ResourceNotFoundException) {
    return new FaultlineError('not_found', `${tried}: there is no such table in this account and region; deploy it first`, { cause: error })
  }
  if (forbiddenNames.has(error.name)) {
    return new FaultlineError('forbidden', `${tried}: ${error.message} (check the AWS credentials and the role's policy)`, { cause: error })
  }
  if (error instanceof DynamoDBServiceException) {
    return new FaultlineError('invalid', `the store refused ${tried}: ${error.message}`, { cause: error })
  }
  return error
}

function isPassing(error: Error): boolean {
  if (passingNames.has(error.name)) return true
  if ('code' in error && typeof error.code === 'string' && networkCodes.has(error.code)) return true
  const status = error instanceof DynamoDBServiceException ? error.$metadata.httpStatusCode : undefined
  return status !== undefined && status >= 500
}
