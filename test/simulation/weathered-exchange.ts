import type { Answer, Call } from '../../lib/adapters/kubernetes/exchange.ts'
import { NoAnswer } from '../../lib/adapters/kubernetes/no-answer.ts'
import type { LocalAnswer } from '../../sandbox/api/in-process.ts'
import type { LocalExchange } from '../support/local-cluster.ts'
import type { Simulation } from './simulation.ts'
import { drawDelay } from './weather.ts'

/** What the API server, an admission webhook or a proxy may say without having done anything. */
const failures = [409, 410, 422, 429, 500, 503, 504] as const

/** What a process does before each call and after: it may be dead, or stand still. */
interface Around {
  /** Numbers the call if it is a write. */
  before(call: Call): Promise<number | null>
  after(write: number | null): Promise<void>
}

/**
 * The way to the API server, without a socket: requests may be lost, be answered with an error before or after they were carried out, or
 * arrive and be answered late. A request that is on its way arrives also when its sender has given up or died.
 */
export class WeatheredExchange implements LocalExchange {
  readonly #simulation: Simulation
  readonly #sender: string
  readonly #around: Around

  constructor(simulation: Simulation, sender: string, around: Around) {
    this.#simulation = simulation
    this.#sender = sender
    this.#around = around
  }

  async send(call: Call, timeoutMs: number): Promise<Answer> {
    const write = await this.#around.before(call)
    const { clock } = this.#simulation
    const over = new AbortController()
    const answered = this.#travel(call, clock.now())
    const timedOut = clock.sleep(timeoutMs, over.signal).then(() => null)
    const outcome = await Promise.race([answered, timedOut])
    over.abort('answered')
    await this.#around.after(write)
    if (outcome === null) throw new NoAnswer('timed out', { cause: undefined, sent: true, permanent: false, retryable: true })
    if (outcome instanceof NoAnswer) throw outcome
    return { ...outcome, complete: true }
  }

  async close(): Promise<void> {}

  async #travel(call: Call, sentAt: number): Promise<LocalAnswer | NoAnswer> {
    const { simulation, what } = { simulation: this.#simulation, what: `${call.method} ${call.path}` }
    const { random, weather, clock } = simulation
    if (simulation.isAway(simulation.plan.clusterAway)) return this.#away(what)
    const isBroken = simulation.happens(weather.apiFails)
    const [toMs, backMs] = simulation.happens(weather.apiSlow) ? [drawDelay(random), drawDelay(random)] : [0, 0]
    const kind = isBroken ? Math.floor(random() * 4) : -1
    if (isBroken || toMs + backMs > 0)
      simulation.note(
        `${this.#sender} ${what}: ${['lost on the way', 'answer lost', 'refused', 'error after'][kind] ?? 'slow'}, ${toMs} + ${backMs} ms`,
      )
    if (toMs > 0) await clock.sleep(toMs)
    if (kind === 0) return lost()
    if (kind === 2) return failed(failures[Math.floor(random() * failures.length)] ?? 500, random)
    const answer = await simulation.arrive(this.#sender, call, sentAt)
    if (backMs > 0) await clock.sleep(backMs)
    if (kind === 1) return lost()
    return kind === 3 ? failed(500, random) : answer
  }

  /** Refused at once, or never answered. */
  async #away(what: string): Promise<NoAnswer> {
    const { random, clock } = this.#simulation
    const isRefused = random() < 0.5
    this.#simulation.note(`${this.#sender} ${what}: the API server is away (${isRefused ? 'refused' : 'silent'})`)
    if (!isRefused) await clock.sleep(forEverMs)
    return new NoAnswer('connection refused', { cause: undefined, sent: false, permanent: false, retryable: true })
  }
}

/** Longer than any call waits. */
const forEverMs = 60_000

const lost = () => new NoAnswer('connection reset', { cause: undefined, sent: true, permanent: false, retryable: true })

const reasons: Readonly<Record<number, string>> = {
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/** 429 comes with a time to wait, as the API server's priority and fairness sends it; half of it as plain text, which is no Status. */
function failed(code: number, random: () => number): LocalAnswer {
  const message = `the weather: HTTP ${code}`
  if (code === 429 && random() < 0.5)
    return { status: 429, headers: { 'retry-after': '1' }, text: 'Too many requests, please try again later.' }
  const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: reasons[code] ?? 'InternalError', code, message }
  return { status: code, headers: { 'content-type': 'application/json', ...(code === 429 ? { 'retry-after': '2' } : {}) }, text: '', body }
}
