import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import type { Abort, CallUnderWay } from '../../domain/run-facts.ts'
import type { UnfencedCall } from '../../faults/fault.ts'
import type { Clock } from '../../ports.ts'

/** Margin between the end of a call that no fuse can fence and the end of the lease: this process' own timers. */
export const fenceMarginMs = 5_000
/** How often a driver that offered its run looks whether it was taken, where it may do nothing else. */
const offeredPollMs = 250

/** What the calls need of their driver. */
interface Caller {
  readonly stop: Abort | null
  throwIfLost(): void
  /** Reads people's switches as they are now; throws `refused` when the run is to stop. */
  throwIfStopped(): Promise<void>
  leaseLeftMs(): number
  renewLease(): Promise<void>
}

/**
 * Calls that no fuse can fence: a DELETE, an eviction, a cordon.
 * 1. None begins once the run is offered to another driver, once it is to stop, or with too little left of the lease. 2. What is on its
 * way when the run is offered goes with the offer, so that the successor waits for it and tells what became of it. A call is on its way
 * until the API server answered it; without an answer, as long as a call may live.
 */
export class UnfencedCalls {
  readonly #caller: Caller
  readonly #clock: Clock
  readonly #callMs: number
  #underWay: readonly (CallUnderWay & { readonly until: number })[] = []
  #isOffered = false

  constructor(caller: Caller, clock: Clock, callMs: number) {
    this.#caller = caller
    this.#clock = clock
    this.#callMs = callMs
  }

  async send<T>(call: UnfencedCall, send: () => Promise<T>): Promise<T> {
    // Asked again where the run was offered in the turns between the last look and here.
    do await this.#mayBegin()
    while (this.#isOffered)
    const now = this.#clock.now()
    const sent = { ...call, sentAt: now, until: now + this.#callMs + fenceMarginMs }
    const over = () => {
      this.#underWay = this.#underWay.filter((other) => other !== sent)
    }
    this.#underWay = [...this.#underWay.filter(({ until }) => until > now), sent]
    try {
      const answer = await send()
      over()
      return answer
    } catch (error) {
      if (!(error instanceof KubernetesError && error.code === 'unavailable')) over()
      throw error
    }
  }

  /** Nothing begins after this; what is on its way now. */
  offer(): { readonly unfencedUntil?: number; readonly underWay?: readonly CallUnderWay[] } {
    this.#isOffered = true
    const underWay = this.unanswered
    if (underWay.length === 0) return {}
    return { unfencedUntil: Math.max(...underWay.map(({ until }) => until)), underWay: underWay.map(({ until, ...call }) => call) }
  }

  /** Those that this driver has no answer to, and until when each may still arrive, ms since epoch. */
  get unanswered(): readonly (CallUnderWay & { readonly until: number })[] {
    return this.#underWay.filter(({ until }) => until > this.#clock.now())
  }

  async #mayBegin(): Promise<void> {
    const caller = this.#caller
    while (this.#isOffered && caller.stop === null) {
      caller.throwIfLost()
      await this.#clock.sleep(offeredPollMs)
    }
    caller.throwIfLost()
    await caller.throwIfStopped()
    if (caller.leaseLeftMs() <= this.#callMs + fenceMarginMs) await caller.renewLease()
    if (caller.leaseLeftMs() <= this.#callMs + fenceMarginMs) {
      throw new FaultlineError('lease_too_short', `the lease (${caller.leaseLeftMs()} ms) may end during a call of ${this.#callMs} ms`)
    }
  }
}
