import type { FaultlineError } from '../../domain/errors.ts'
import { StoreUnavailable } from '../../domain/errors.ts'
import type { HistoryEvent } from '../../domain/history-event.ts'
import type { Injection } from '../../domain/injection.ts'
import { isOfPlan } from '../../domain/plan-seal.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded } from '../../domain/run.ts'
import type { Abort } from '../../domain/run-facts.ts'
import { copyEvents } from '../audit.ts'
import type { Engine } from '../engine.ts'
import type { SeenLists } from './seen-lists.ts'
import type { SharedRead } from './switches.ts'
import type { UnfencedCalls } from './unfenced-calls.ts'

/** What the driver of a step is told once its group has ended; never recorded, as the step's own state says it. */
export const groupEnded: Abort = { reason: 'asked', at: 0, by: 'its group', detail: 'the group of the step has ended' }

/** A run, and its ledger, as they were loaded. */
export interface DriverState {
  readonly run: Run
  readonly injections: readonly Injection[]
}

/** What a driver and those of the steps of its group share. */
export class DriverCore<Member> {
  run: Run
  injections: readonly Injection[]
  uncopied: readonly HistoryEvent[]
  copying: Promise<void> = Promise.resolve()
  unsealed: readonly Injection[] = []
  queue: Promise<unknown> = Promise.resolve()
  /** The plans of steps of a group, one after the other. */
  turn: Promise<unknown> = Promise.resolve()
  stop: Abort | null = null
  lost: FaultlineError | null = null
  recorded = new AbortController()
  readonly interrupt = new AbortController()
  readonly members = new Map<number, Member>()
  readonly reverts = new Map<string, Promise<string | null>>()
  readonly seen: SeenLists
  readonly switches: SharedRead
  readonly unfenced: UnfencedCalls

  constructor(
    { run, injections }: DriverState,
    { seen, switches, unfenced }: { readonly seen: SeenLists; readonly switches: SharedRead; readonly unfenced: UnfencedCalls },
  ) {
    this.run = run
    this.injections = injections.filter((entry) => isOfPlan(entry, run.steps[entry.step]))
    this.uncopied = run.events
    this.seen = seen
    this.switches = switches
    this.unfenced = unfenced
  }

  /** Saves never overtake each other. */
  serially<T>(task: () => Promise<T>): Promise<T> {
    const result = this.queue.then(task)
    this.queue = result.catch(() => undefined)
    return result
  }

  oneAtATime<T>(task: () => Promise<T>): Promise<T> {
    const result = this.turn.then(task)
    this.turn = result.catch(() => undefined)
    return result
  }

  revertOnce({ step, n }: Pick<Injection, 'step' | 'n'>, revert: () => Promise<string | null>): Promise<string | null> {
    const key = `${step}/${n}`
    const underWay = this.reverts.get(key) ?? revert().finally(() => this.reverts.delete(key))
    this.reverts.set(key, underWay)
    return underWay
  }

  /** An event was recorded: a wait for the next one ends. */
  turnOver(): void {
    this.recorded.abort()
    this.recorded = new AbortController()
  }

  /**
   * Beside the saves, so that a slow copy holds up no renewal and no revert. What is not copied stays in the outbox of the next version;
   * the end itself does until everyone was told of it (`settle`).
   */
  copyHistory({ engine, note }: { readonly engine: Engine; note(message: string): void }): Promise<void> {
    this.copying = this.copying.then(async () => {
      const events = this.uncopied
      if (events.length === 0) return
      try {
        await copyEvents(engine, this.run, events)
        if (!isEnded(this.run)) this.uncopied = this.uncopied.filter((event) => !events.includes(event))
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) note(`the history could not be copied: ${String(error)}`)
      }
    })
    return this.copying
  }
}
