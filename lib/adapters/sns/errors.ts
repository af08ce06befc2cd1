import { FaultlineError } from '../../domain/errors.ts'

/**
 * Says of a failed call whether it is certain that nothing was told: then it is retryable. Certain is any answer that is no success,
 * and a request that never left (no connection, no name, no credentials). What broke off or was late may have got through.
 */
export function toOutletError(error: unknown, tried: string): FaultlineError {
  const { name, message, code, syscall, $metadata } = Object(error) as Partial<Record<string, string>> & {
    readonly $metadata?: { readonly httpStatusCode?: number }
  }
  const isAnswered = ($metadata?.httpStatusCode ?? 0) >= 400
  const isUnsent = syscall === 'connect' || syscall === 'getaddrinfo' || name === 'CredentialsProviderError'
  const words = [name, code, message].filter((word) => word !== undefined && word !== '').join(': ')
  return new FaultlineError('unavailable', `${tried}: ${words}`, { retryable: isAnswered || isUnsent, cause: error })
}
