import pLimit from 'p-limit'
import { KubernetesError } from '../../domain/errors.ts'
import type { Clock } from '../../ports.ts'
import { refusal } from './errors.ts'
import type { Answer, Call, Exchange } from './exchange.ts'
import { NoAnswer } from './no-answer.ts'
import { asksForRetry, pauseMs, retryAfterMs } from './retry.ts'

/** A call with what messages and retries need to know about it. */
export interface Request extends Call {
  /** For messages: `create NetworkPolicy jadevectordb-system/deny`. */
  readonly tried: string
  /**
   * `always`: doing it twice is the same as once, or the second answer tells. `unsent`: only when the server cannot have acted
   * on it, as for a delete by name alone, whose repetition could hit a successor of the same name.
   */
  readonly repeat: 'always' | 'unsent'
  /** Answers to hand back although their status asks for a retry. */
  readonly final?: (answer: Answer) => boolean
  /** Once it has fired, no further attempt is made. */
  readonly until?: AbortSignal | undefined
  /** It is answered by a kubelet, which may be dead: such calls have slots of their own, and take none from a revert. */
  readonly byKubelet?: true
}

/** Bounds of a cluster's calls. */
export interface Bounds {
  /** One attempt. */
  readonly timeoutMs: number
  /** A whole call: waiting for a free slot, attempts and pauses. Nothing is sent after it, which is what leases rely on. */
  readonly budgetMs: number
  readonly maxAttempts: number
  readonly maxInFlight: number
  readonly dialTimeoutMs: number
}

/** Sends requests within the bounds, again where that is safe, and never more at once than allowed. */
export class Transport {
  readonly #exchange: Exchange
  readonly #clock: Clock
  readonly #random: () => number
  readonly #bounds: Bounds
  readonly #calls: ReturnType<typeof pLimit>
  readonly #toNodes: ReturnType<typeof pLimit>
  readonly #closing = new AbortController()

  constructor(options: { exchange: Exchange; clock: Clock; random: () => number; bounds: Bounds }) {
    this.#exchange = options.exchange
    this.#clock = options.clock
    this.#random = options.random
    this.#bounds = options.bounds
    this.#calls = pLimit(options.bounds.maxInFlight)
    this.#toNodes = pLimit(options.bounds.maxInFlight)
  }

  /** The first answer that is not to be retried, of whatever status. Throws KubernetesError `unavailable` when there is none within the bounds. */
  async send(request: Request): Promise<Answer> {
    const endsAt = this.#clock.now() + this.#bounds.budgetMs
    let afterLost = false
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(request, endsAt)
      if (!(outcome instanceof NoAnswer) && (!asksForRetry(outcome) || request.final?.(outcome)))
        return afterLost ? { ...outcome, afterLost } : outcome
      afterLost ||= outcome instanceof NoAnswer ? outcome.sent : outcome.status >= 500
      const now = this.#clock.now()
      const asked = outcome instanceof NoAnswer ? 0 : retryAfterMs(outcome, now)
      const pause = pauseMs({ attempt, random: this.#random(), retryAfterMs: asked })
      const mayRepeat = attempt < this.#bounds.maxAttempts && now + pause < endsAt && isRepeatable(request, outcome)
      const over = request.until === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, request.until])
      if (mayRepeat && !over.aborted) await this.#clock.sleep(pause, over)
      if (!mayRepeat || over.aborted) throw givenUp(request, { outcome, attempt, asked })
    }
  }

  /** One attempt, in the slots of what nodes answer: pods which do not cannot hold up a revert. */
  async dial(call: Call): Promise<Answer> {
    return this.#toNodes(() => {
      if (this.#closing.signal.aborted) throw closed()
      return this.#exchange.send(call, this.#bounds.dialTimeoutMs)
    })
  }

  /**
   * The lines of an answer that goes on for as long as there is something to tell, until the signal fires. No retries, and no slot: it holds up
   * no other call. Throws KubernetesError for an answer that is no success, `unavailable` when the way breaks.
   */
  async *lines(call: Call, tried: string, signal: AbortSignal): AsyncGenerator<string> {
    if (this.#closing.signal.aborted) throw givenUp({ ...call, tried, repeat: 'always' }, { outcome: closed(), attempt: 1, asked: 0 })
    let rest = ''
    try {
      for await (const text of this.#exchange.stream(call, signal)) {
        if (typeof text !== 'string') throw refusal(tried, text)
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        yield* lines.filter((line) => line !== '')
      }
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof NoAnswer) throw givenUp({ ...call, tried, repeat: 'always' }, { outcome: error, attempt: 1, asked: 0 })
      throw error
    }
  }

  /** How long `dial` waits for an answer. */
  get dialTimeoutMs(): number {
    return this.#bounds.dialTimeoutMs
  }

  /** Ends pauses and open calls; they fail as `unavailable`. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#exchange.close()
  }

  async #attempt(request: Request, endsAt: number): Promise<Answer | NoAnswer> {
    try {
      const slots = request.byKubelet === true ? this.#toNodes : this.#calls
      return await slots(() => {
        const left = endsAt - this.#clock.now()
        if (this.#closing.signal.aborted) throw closed()
        if (left <= 0)
          throw unsent(`no free slot within ${this.#bounds.budgetMs / 1000} s, ${this.#bounds.maxInFlight} calls are in flight`)
        return this.#exchange.send(request, Math.min(this.#bounds.timeoutMs, left))
      })
    } catch (error) {
      if (error instanceof NoAnswer) return error
      throw error
    }
  }
}

const closed = (): NoAnswer => unsent('the connection to the cluster has been closed')

function unsent(message: string): NoAnswer {
  return new NoAnswer(message, { cause: undefined, sent: false, permanent: true, retryable: true })
}

/** 429 is said before anything is done; any other failure may have come after the deed. */
function isRepeatable(request: Request, outcome: Answer | NoAnswer): boolean {
  if (outcome instanceof NoAnswer) return !outcome.permanent && (request.repeat === 'always' || !outcome.sent)
  return request.repeat === 'always' || outcome.status === 429
}

function givenUp(
  request: Request,
  last: { readonly outcome: Answer | NoAnswer; readonly attempt: number; readonly asked: number },
): KubernetesError {
  const tries = last.attempt === 1 ? '' : `, ${last.attempt} attempts`
  const { outcome } = last
  if (!(outcome instanceof NoAnswer)) {
    const later = last.asked > 0 ? `, asks to wait ${Math.ceil(last.asked / 1000)} s` : ''
    return refusal(request.tried, outcome, `${later}${tries}`)
  }
  const open = outcome.sent && request.method !== 'GET' ? '; it may have been carried out all the same' : ''
  return new KubernetesError('unavailable', 0, `${request.tried}: ${outcome.message}${tries}${open}`, {
    retryable: outcome.retryable,
    cause: outcome,
  })
}
