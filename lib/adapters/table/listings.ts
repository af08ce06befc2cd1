import { isEnded, type ListedRun, type Run } from '../../domain/run.ts'
import { type Condition, notThereYet } from './conditions.ts'
import { listingKey } from './keys.ts'
import { expiry } from './run-item.ts'
import { dueIndex, type Item, suitesIndex, type TableAccess } from './table-access.ts'

/** A run lasts seven days at most and is kept for thirty: a listing whose run was never stored goes then. */
const unstoredMs = 37 * 24 * 3_600_000

/** Of two who tell at once the one with the newer run counts; an end is never taken back by what was live at that version. */
const olderThan = (version: number): Condition => [...notThereYet, { attribute: 'version', is: '<=', value: version - 1 }]
const noNewerThan = (version: number): Condition => [...notThereYet, { attribute: 'version', is: '<=', value: version }]

/**
 * What lists need of each run, in an item of its own: the only ones in the indexes, and written only when what they say changes, not with
 * each renewed lease.
 * 1. It is there before its run is, so that no live run is ever missed. 2. It tells the end of a run after that was stored. 3. One that
 * lags (its writer died in between) says that an ended run is live: who looks for live runs loads them, and sets it right.
 */
export class Listings {
  readonly #table: TableAccess
  /** What this process told last of each live run. */
  readonly #told = new Map<string, string>()

  constructor(table: TableAccess) {
    this.#table = table
  }

  /** Makes the listing of a live run, where this process does not know that there is one. */
  async begin(run: Run): Promise<void> {
    if (this.#told.has(run.id)) return
    const item = listingOf(run)
    const ttl = run.version === 1 ? Math.ceil((run.requestedAt + unstoredMs) / 1_000) : undefined
    const isNew = (await this.#table.put({ ...item, ttl }, notThereYet)) !== false
    this.#told.set(run.id, isNew && ttl === undefined ? textOf(item) : '')
  }

  /** Tells what changed. */
  async tell(run: Run): Promise<void> {
    const item = listingOf(run)
    const text = textOf(item)
    if (this.#told.get(run.id) === text) return
    await this.#table.put(item, isEnded(run) ? noNewerThan(run.version) : olderThan(run.version))
    if (isEnded(run)) this.#told.delete(run.id)
    else this.#told.set(run.id, text)
  }

  /** All that are not known to be over. */
  async live(): Promise<readonly ListedRun[]> {
    return newest(await this.#table.query({ from: dueIndex, partition: 'live' }))
  }

  /** As `RunStore.list`. */
  async list(options: { readonly suite?: string; readonly limit?: number; readonly unsettled?: boolean }): Promise<readonly ListedRun[]> {
    const { suite, limit, unsettled } = options
    const phase = (partition: string) => ({ from: dueIndex, partition, highestFirst: true }) as const
    if (unsettled === true) return newest(await this.#table.query(phase('unsettled')))
    if (suite !== undefined) return newest(await this.#table.query({ from: suitesIndex, partition: suite, highestFirst: true }, limit))
    const parts = await Promise.all([
      this.#table.query(phase('live')),
      this.#table.query(phase('unsettled')),
      this.#table.query(phase('ended'), limit),
    ])
    const all = newest(parts.flat())
    const first = new Set(all.slice(0, limit))
    return all.filter((run) => first.has(run) || !isEnded(run))
  }
}

/** An index may show a run twice, as it was and as it is, or in an item of an earlier version beside its listing: an end is final. */
function newest(items: readonly Item[]): readonly ListedRun[] {
  const byId = new Map<string, ListedRun>()
  for (const item of items) {
    const run = item.body as ListedRun
    const seen = byId.get(run.id)
    if (seen === undefined || isEnded(run)) byId.set(run.id, run)
  }
  return [...byId.values()].sort((a, b) => b.requestedAt - a.requestedAt)
}

/** `phaseAt` is what ended runs are sorted by; when a live one is due its own record says. */
function listingOf(run: Run): Item {
  const { id, status, cluster, namespace, requestedAt, version } = run
  const { name } = run.suite
  const phase = !isEnded(run) ? 'live' : run.events.length > 0 ? 'unsettled' : 'ended'
  const body = { id, status, suite: { name }, cluster, namespace, requestedAt, ...(isEnded(run) ? { endedAt: run.endedAt } : {}) }
  return { ...listingKey(id), phase, phaseAt: requestedAt, suite: name, requestedAt, version, ttl: expiry(run), body }
}

function textOf({ phase, body }: Item): string {
  return JSON.stringify([phase, body])
}
