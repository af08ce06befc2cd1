/** The SDK's own default is no timeout at all; a driver that renews a lease of 30 s cannot wait for ever. */
const timeoutMs = 5_000
/** The SDK's own default: with the timeout, a call ends within half of a lease. */
const maxAttempts = 3

/** What every client of an AWS service but DynamoDB's is made with: bounded in time, its connections kept. */
export function clientOptions(region: string | null) {
  return {
    ...(region === null ? {} : { region }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: timeoutMs,
    },
  }
}
