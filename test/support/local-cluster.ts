import type { Answer, Call } from '../../lib/adapters/kubernetes/exchange.ts'
import { kubeObjects } from '../../lib/adapters/kubernetes/objects.ts'
import { kubePods } from '../../lib/adapters/kubernetes/pods.ts'
import { type Bounds, Transport } from '../../lib/adapters/kubernetes/transport.ts'
import type { Clock, Cluster } from '../../lib/ports.ts'
import type { LocalAnswer } from '../../sandbox/api/in-process.ts'
import type { LocalSandbox } from '../../sandbox/start.ts'

/** The bounds that the command and the functions have. */
const usualBounds: Bounds = { timeoutMs: 10_000, budgetMs: 20_000, maxAttempts: 5, maxInFlight: 50, dialTimeoutMs: 3_000 }

/** What the transport needs of an exchange: one request, one answer. */
export interface LocalExchange {
  send(call: Call, timeoutMs: number): Promise<Answer>
  close(): Promise<void>
}

/** The Kubernetes adapter (its paths, retries, bounds and what it makes of answers) over requests that do not travel. */
export function localCluster({
  exchange,
  clock,
  random = () => 0.5,
}: {
  readonly exchange: LocalExchange
  readonly clock: Clock
  readonly random?: () => number
}): Cluster {
  const transport = new Transport({ exchange: exchange as never, clock, random, bounds: usualBounds })
  return { objects: kubeObjects(transport), pods: kubePods(transport) }
}

/** Nothing goes wrong on the way to this API server, and nothing takes time. */
export function exchangeWith(sandbox: Pick<LocalSandbox, 'ask'>): LocalExchange {
  return {
    send: async (call) => ({ ...(await askSandbox(sandbox, call)), complete: true }),
    close: async () => {},
  }
}

export function askSandbox(sandbox: Pick<LocalSandbox, 'ask'>, call: Call): Promise<LocalAnswer> {
  const query = new URLSearchParams(call.query).toString()
  const path = `${call.path}${query === '' ? '' : `${call.path.includes('?') ? '&' : '?'}${query}`}`
  const { method, body, contentType } = call
  return sandbox.ask({ method, path, ...(body === undefined ? {} : { body }), ...(contentType === undefined ? {} : { contentType }) })
}
