import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'
import type { Severity } from '../../domain/probe.ts'
import type { Clock, NoticeStore } from '../../ports.ts'
import { late, withDeadline } from '../../with-deadline.ts'

/** Something to be brought to one notifier once, by whichever driver comes first. */
export interface Delivery {
  /** The same for the same event. */
  readonly key: string
  /** Nothing more of this topic is brought for that long; 0: it has no topic. */
  readonly topic: string
  readonly coolDownMs: number
  readonly severity: Severity
  /** Brought again when it is uncertain whether it arrived, and also when the claim cannot be stored. */
  readonly isVital: boolean
  readonly deliver: () => Promise<void>
}

export interface DeliveryQueueOptions {
  readonly notifier: string
  readonly runId: string
  readonly clock: Clock
  readonly notices: NoticeStore
  readonly note: (message: string) => void
}

interface Queued {
  readonly delivery: Delivery
  attempts: number
  notBefore: number
  /** Claims that are ours: the event's, the topic's. They stay so while it is uncertain whether it arrived. */
  hasKey: boolean
  hasTopic: boolean
}

/** One delivery may take this long; what has not answered by then may have arrived or not. */
export const deliveryMs = 10_000
/** A table answers in 5 to 50 ms; at the end of a driver, claim and delivery share the 5 s that it waits. */
const claimMs = 1_500
/** Pauses double from a second to a minute, which is how often a reaper comes anyway. */
const firstRetryMs = 1_000
const lastRetryMs = 60_000
/** A page that comes twice or three times does less harm than none. */
export const uncertainTries = 3
/**
 * A claim lasts this long until the delivery is known to have arrived: longer than all tries of a vital one (three of 10 s each), so that
 * what a driver claimed and died over is brought by a reaper of a minute later.
 */
export const claimedMs = 60_000
/** How long this driver does not ask again for a topic that another has just told. */
const othersQuietMs = 15_000

/** `held`: another driver claimed it and has not told yet. */
type Claimed = 'ours' | 'held' | 'taken' | 'unknown'
type Outcome = 'arrived' | 'refused' | 'uncertain'

/**
 * Brings deliveries to one notifier, one after the other, beside the run, which never waits for it. Each is claimed in the store first, so that
 * it arrives once even when two drivers bring it; the claim is given back only when it is certain that it did not arrive.
 */
export class DeliveryQueue {
  readonly #options: DeliveryQueueOptions
  readonly #known = new Set<string>()
  /** Keys of what is neither known to have arrived nor given up after it may have. */
  readonly #undone = new Set<string>()
  readonly #quietUntil = new Map<string, number>()
  #queue: Queued[] = []
  #work: Promise<void> | null = null
  #wake = new AbortController()
  #isLastCall = false
  #isClosed = false

  constructor(options: DeliveryQueueOptions) {
    this.#options = options
  }

  /** Returns at once; what was posted before is let be. */
  post(delivery: Delivery): void {
    if (this.#isClosed || this.#known.has(delivery.key)) return
    this.#known.add(delivery.key)
    this.#undone.add(delivery.key)
    this.#queue.push({ delivery, attempts: 0, notBefore: 0, hasKey: false, hasTopic: false })
    this.#wake.abort()
    this.#work ??= this.#run()
  }

  /** Whether nothing that was posted is still owed. */
  get isAllDone(): boolean {
    return this.#undone.size === 0
  }

  /** Waits until all have been brought, or until the signal; what then failed is not tried again, unless it is vital. */
  async close(giveUp: AbortSignal): Promise<void> {
    this.#isLastCall = true
    for (const queued of this.#queue) queued.notBefore = 0
    this.#wake.abort()
    await Promise.race([this.#work, aborted(giveUp)])
    this.#isClosed = true
    this.#wake.abort()
  }

  async #run(): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      const next = this.#next()
      if (this.#isClosed || next === undefined) break
      const wait = next.notBefore - clock.now()
      if (wait > 0) {
        this.#wake = new AbortController()
        await clock.sleep(wait, this.#wake.signal)
        continue
      }
      this.#queue = this.#queue.filter((queued) => queued !== next)
      if ((await this.#attempt(next)) === 'again') this.#putOff(next)
      else this.#undone.delete(next.delivery.key)
    }
    this.#work = null
  }

  /** Of those that are due a critical one first, else the one that is due first. */
  #next(): Queued | undefined {
    const now = this.#options.clock.now()
    const rank = ({ delivery, notBefore }: Queued) => (notBefore > now ? notBefore : delivery.severity === 'critical' ? -1 : 0)
    return this.#queue.toSorted((a, b) => rank(a) - rank(b))[0]
  }

  #putOff(queued: Queued): void {
    if (this.#isLastCall && !queued.delivery.isVital) return
    const delay = Math.min(lastRetryMs, firstRetryMs * 2 ** Math.min(10, queued.attempts - 1))
    queued.notBefore = this.#options.clock.now() + delay
    this.#queue.push(queued)
  }

  async #attempt(queued: Queued): Promise<'done' | 'again'> {
    const { delivery } = queued
    queued.attempts += 1
    const claim = await this.#claimInTime(queued)
    if (claim === 'taken') return 'done'
    if (claim === 'held' || (claim === 'unknown' && !delivery.isVital)) return 'again'
    const { outcome, message } = await this.#deliver(delivery)
    if (outcome === 'arrived') return this.#keep(queued)
    this.#note(queued, message)
    if (outcome === 'refused') {
      await this.#giveBack(queued)
      return 'again'
    }
    return delivery.isVital && queued.attempts < uncertainTries ? 'again' : this.#keep(queued)
  }

  /** From now on the claim is one for good. Where the store is away it ends by itself, and another driver brings it again. */
  async #keep({ hasKey, delivery: { key } }: Queued): Promise<'done'> {
    if (!hasKey) return 'done'
    const { clock, notices, notifier, note, runId } = this.#options
    const kept = notices.keep(runId, { notifier, key, at: clock.now() }).catch((error: unknown) => {
      if (!(error instanceof StoreUnavailable)) note(`${notifier}: a claim could not be kept: ${String(error)}`)
    })
    await withDeadline(clock, claimMs, kept)
    return 'done'
  }

  async #deliver(delivery: Delivery): Promise<{ readonly outcome: Outcome; readonly message: string }> {
    const attempt = delivery.deliver().then(
      () => ({ outcome: 'arrived', message: '' }) as const,
      (error: unknown) => ({
        outcome: error instanceof FaultlineError && error.retryable ? ('refused' as const) : ('uncertain' as const),
        message: error instanceof Error ? error.message : String(error),
      }),
    )
    const result = await withDeadline(this.#options.clock, deliveryMs, attempt)
    return result === late ? { outcome: 'uncertain', message: `no answer for ${deliveryMs / 1000} s` } : result
  }

  /** A store that hangs must not keep a page back: who closes waits 5 s only. */
  async #claimInTime(queued: Queued): Promise<Claimed> {
    const claim = await withDeadline(this.#options.clock, claimMs, this.#claim(queued))
    return claim === late ? 'unknown' : claim
  }

  /** Two claims: the event's, until it has arrived, and its topic's, for the cool-down. */
  async #claim(queued: Queued): Promise<Claimed> {
    const { clock, notices, runId, notifier } = this.#options
    const { key, topic, coolDownMs } = queued.delivery
    const at = clock.now()
    if (!queued.hasTopic && (this.#quietUntil.get(topic) ?? 0) > at) return 'taken'
    try {
      const claim = queued.hasKey ? 'ours' : await notices.claim(runId, { notifier, key, at, forMs: claimedMs })
      queued.hasKey = claim === 'ours'
      if (claim !== 'ours' || coolDownMs === 0) return claim
      queued.hasTopic ||= (await notices.claim(runId, { notifier, key: topicKey(topic), at, forMs: coolDownMs })) === 'ours'
      this.#quietUntil.set(topic, at + (queued.hasTopic ? coolDownMs : othersQuietMs))
      return queued.hasTopic ? 'ours' : 'taken'
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.#options.note(`${notifier}: ${String(error)}`)
      return 'unknown'
    }
  }

  async #giveBack(queued: Queued): Promise<void> {
    const { notices, runId, notifier } = this.#options
    const { key, topic } = queued.delivery
    const keys = [...(queued.hasKey ? [key] : []), ...(queued.hasTopic ? [topicKey(topic)] : [])]
    queued.hasKey = false
    queued.hasTopic = false
    this.#quietUntil.delete(topic)
    const results = await Promise.allSettled(keys.map((one) => notices.giveBack(runId, { notifier, key: one })))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) this.#options.note(`${notifier}: a claim could not be given back: ${String(failed.reason)}`)
  }

  #note({ delivery, attempts }: Queued, message: string): void {
    if (attempts === 1) this.#options.note(`${this.#options.notifier} was not told (${delivery.key}): ${message}`)
  }
}

function topicKey(topic: string): string {
  return `topic#${topic}`
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
