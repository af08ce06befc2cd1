import type { Injection } from '../../lib/domain/injection.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { Deed } from './deeds.ts'
import type { Simulation } from './simulation.ts'

/** Judges each deed as it reaches the API server, and keeps what was done. */
export class DeedChecks {
  readonly done: Deed[] = []
  readonly #simulation: Simulation
  readonly #firstSent = new Map<string, number>()
  readonly #late: Promise<void>[] = []
  /** Policies that came when their entry was proven undone: their fuse is gone, and Kubernetes takes them along. */
  readonly #fenced = new Set<string>()
  readonly #takenAway = new Set<string>()

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  /** Nothing is done before what undoes it is stored, after a stop that its driver has read, after its run's end, or beside another run. */
  async arrives(deed: Deed): Promise<void> {
    const { store } = this.#simulation
    const runs = await store.runs.list()
    const ledgers = await Promise.all(runs.map(async (run) => ({ run, entries: await store.ledger.list(run.id) })))
    const own = ledgers.find(({ entries }) => entries.some((entry) => entry.status !== 'planned' && covers(entry, deed)))
    // What stands still past all that it had looked at sends what nothing can call back: a UID is all that still guards a pod.
    const isZombies = deed.sentAt === this.#simulation.wokeAt.get(deed.sender) && deed.kind !== 'cordon'
    const what = `${deed.sender} did ${deed.kind} ${deed.name}`
    if (own === undefined) return this.#simulation.violated(`${what} before its undo was stored`)
    this.#checkStop(deed, own.run.id, what)
    if (isZombies) return
    const isUndone = own.entries.filter((entry) => covers(entry, deed)).every(({ status }) => status === 'reverted')
    if (isUndone && deed.kind === 'policy') this.#fenced.add(keyOf(deed))
    if (isUndone && (deed.kind === 'delete' || deed.kind === 'eviction'))
      this.#simulation.violated(`${what} after it was proven undone (its run is ${own.run.status})`)
    for (const { run, entries } of ledgers) {
      const isActive = !isEnded(run) && entries.some(({ status }) => status !== 'planned' && status !== 'reverted')
      if (run.id !== own.run.id && isActive && !isEnded(own.run))
        this.#simulation.violated(`${what} while run ${run.id} had faults in place`)
    }
  }

  isDone(deed: Deed): void {
    const isAgain =
      deed.kind === 'policy' &&
      !this.#fenced.has(keyOf(deed)) &&
      !this.#takenAway.has(deed.name) &&
      this.done.some(({ kind, name }) => kind === deed.kind && name === deed.name)
    if (isAgain) this.#simulation.violated(`${deed.sender} did ${deed.kind} ${deed.name} a second time`)
    this.done.push(deed)
    if (deed.kind === 'cordon') this.#late.push(this.#cordonIsInTime(deed))
  }

  /** A person took a policy of ours away: who goes on with a fault that is being put in place cannot tell that from one that never came. */
  policyWasDeleted(name: string): void {
    this.#takenAway.add(name)
  }

  /** What was looked at beside all else. */
  async settled(): Promise<void> {
    await Promise.all(this.#late)
  }

  /** A cordon that comes when it was proven undone must be refused: nothing would lift it any more. */
  async #cordonIsInTime(deed: Deed): Promise<void> {
    const { store } = this.#simulation
    const runs = await store.runs.list()
    const entries = (await Promise.all(runs.map((run) => store.ledger.list(run.id)))).flat().filter((entry) => covers(entry, deed))
    if (entries.length > 0 && entries.every(({ status }) => status === 'reverted'))
      this.#simulation.violated(`${deed.sender} did cordon ${deed.name} after it was proven undone`)
  }

  #checkStop(deed: Deed, runId: string, what: string): void {
    const { stops } = this.#simulation
    const key = `${deed.sender} ${deed.kind} ${deed.name} ${deed.uid}`
    const sentAt = this.#firstSent.get(key) ?? deed.sentAt
    this.#firstSent.set(key, sentAt)
    const [readAt, storedAt] = [stops.readAt(deed.sender, runId), stops.storedAt(runId)]
    if (readAt !== null && sentAt > readAt)
      this.#simulation.violated(`${what} ${sentAt - readAt} ms after it had read that the run is stopped`)
    if (storedAt !== null && sentAt > storedAt && this.#readsAtOnce())
      this.#simulation.violated(`${what} ${sentAt - storedAt} ms after the stop was stored`)
  }

  /** Where the table answers at once, the read that gates a deed is of the same moment. */
  #readsAtOnce(): boolean {
    const { plan, hasStoodStill } = this.#simulation
    return plan.weather.storeSlow === 0 && plan.tableAway === null && !hasStoodStill
  }
}

/** Whether a ledger entry is there to undo what is done. */
function covers({ undo, targets }: Injection, { kind, name, uid }: Deed): boolean {
  switch (kind) {
    case 'policy':
      return undo.kind === 'policy' && undo.policy === name
    case 'injector':
      return undo.kind === 'injector' && undo.job === name
    case 'cordon':
      return undo.kind === 'cordon' && targets.some((target) => target.name === name)
    case 'eviction':
      return undo.kind === 'cordon'
    case 'delete':
      return undo.kind === 'deletion' && targets.some((target) => target.uid === uid)
  }
}

/** One sending of a deed. */
function keyOf({ sender, kind, name, sentAt }: Deed): string {
  return `${sender} ${kind} ${name} ${sentAt}`
}
