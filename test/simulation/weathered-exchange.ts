import type { Answer, Call } from '../../lib/adapters/kubernetes/exchange.ts'
import { NoAnswer } from '../../lib/adapters/kubernetes/no-answer.ts'
import type { LocalAnswer } from '../../sandbox/api/in-process.ts'
import type { LocalExchange } from '../support/local-cluster.ts'
import type { Simulation } from './simulation.ts'
import { drawDelay } from './weather.ts'

const failures = [409, 429, 500, 503] as const

/**
 * The way to the API server, without a socket: requests may be lost, be answered with an error before or after they were carried out, or
 * arrive and be answered late. A request that is on its way arrives also when its sender has given up or died.
 */
export class WeatheredExchange implements LocalExchange {
  readonly #simulation: Simulation
  readonly #sender: string
  readonly #before: () => Promise<void>
  readonly #after: (sent: boolean) => Promise<void>

  constructor(simulation: Simulation, sender: string, before: () => Promise<void>, after: (sent: boolean) => Promise<void>) {
    this.#simulation = simulation
    this.#sender = sender
    this.#before = before
    this.#after = after
  }

  async send(call: Call, timeoutMs: number): Promise<Answer> {
    await this.#before()
    const { clock } = this.#simulation
    const over = new AbortController()
    const answered = this.#travel(call, clock.now())
    const timedOut = clock.sleep(timeoutMs, over.signal).then(() => null)
    const outcome = await Promise.race([answered, timedOut])
    over.abort('answered')
    await this.#after(true)
    if (outcome === null) throw new NoAnswer('timed out', { cause: undefined, sent: true, permanent: false, retryable: true })
    if (outcome instanceof NoAnswer) throw outcome
    return { ...outcome, complete: true }
  }

  async close(): Promise<void> {}

  async #travel(call: Call, sentAt: number): Promise<LocalAnswer | NoAnswer> {
    const { simulation, what } = { simulation: this.#simulation, what: `${call.method} ${call.path}` }
    const { random, weather, clock } = simulation
    const isBroken = simulation.happens(weather.apiFails)
    const [toMs, backMs] = simulation.happens(weather.apiSlow) ? [drawDelay(random), drawDelay(random)] : [0, 0]
    const kind = isBroken ? Math.floor(random() * 4) : -1
    if (isBroken || toMs + backMs > 0)
      simulation.note(
        `${this.#sender} ${what}: ${['lost on the way', 'answer lost', 'refused', 'error after'][kind] ?? 'slow'}, ${toMs} + ${backMs} ms`,
      )
    if (toMs > 0) await clock.sleep(toMs)
    if (kind === 0) return lost()
    if (kind === 2) return failed(failures[Math.floor(random() * failures.length)] ?? 500)
    const answer = await simulation.arrive(this.#sender, call, sentAt)
    if (backMs > 0) await clock.sleep(backMs)
    if (kind === 1) return lost()
    return kind === 3 ? failed(500) : answer
  }
}

const lost = () => new NoAnswer('connection reset', { cause: undefined, sent: true, permanent: false, retryable: true })

function failed(code: number): LocalAnswer {
  const reason = { 409: 'Conflict', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable' }[code] ?? 'InternalError'
  const status = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, code, message: `the weather: HTTP ${code}` }
  return { status: code, headers: { 'content-type': 'application/json' }, text: JSON.stringify(status) }
}
