import { FaultlineError } from '../../domain/errors.ts'
import { addressOf, wordsOf } from './sink.ts'

/** Far more than a Pushgateway needs, and short enough to be waited for. */
const timeoutMs = 5_000

/**
 * Asks a Pushgateway whether it is ready (https://github.com/prometheus/pushgateway#management-api); answers with words for people.
 * @throws FaultlineError `bad_input` when the URL is none, `unavailable` when it is not ready or does not answer
 */
export async function askPushgateway(url: string): Promise<string> {
  const { base, headers } = addressOf(url)
  const asked = fetch(`${base}/-/ready`, { headers, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) })
  const answer = await asked.catch((error: unknown) => {
    throw new FaultlineError('unavailable', `no answer from the Pushgateway at ${base}: ${wordsOf(error)}`, {
      retryable: true,
      cause: error,
    })
  })
  await answer.body?.cancel()
  if (!answer.ok)
    throw new FaultlineError('unavailable', `the Pushgateway at ${base} answered ${answer.status} when asked whether it is ready`)
  return `${base} is ready`
}
