/**
 * Writes numbered records before, during and after faults, reads them back when it is told to stop, and says how many that the database had
 * acknowledged are lost, stale or duplicated. Needs Node 24 and nothing else; docs/checker.md has the suite. Fill in `adapter.ts`.
 */

/** What the database said to a write. Without an answer (a timeout, a broken connection) it may be there or not. */
export type Written = 'acknowledged' | 'refused' | 'unknown'

/** How this checker talks to a database. */
export interface Adapter {
  /** Sets the record's value. Answers `acknowledged` only where the database promised that it is there. */
  write(key: string, value: string): Promise<Written>
  /** Every value there is under that key, none where there is none; throws where that cannot be read now. */
  read(key: string): Promise<readonly string[]>
}

/** Time, and where figures go. */
export interface Surroundings {
  sleep(ms: number): Promise<void>
  say(line: string): void
  /** True once it is to stop writing. */
  isOver(): boolean
}

interface Entry {
  /** Versions that were tried, oldest first, and the newest that was acknowledged; 0: none. */
  readonly tried: number[]
  acknowledged: number
}

/** Every other record is written anew once so many others were: what is read then must not be the older one. */
const again = 10
const figuresEvery = 10
/** Reads side by side at the end. */
const readers = 20
const readTries = 5

/** Writes until it is over, reads everything back, and says what it found. */
export async function check(adapter: Adapter, surroundings: Surroundings, pauseMs: number): Promise<Found> {
  const entries: Entry[] = []
  let unacknowledged = 0
  const write = async (n: number, version: number) => {
    const entry = entries[n] ?? { tried: [], acknowledged: 0 }
    entries[n] = entry
    entry.tried.push(version)
    const written = await adapter.write(`record-${n}`, `${n}.${version}`).catch((): Written => 'unknown')
    if (written === 'acknowledged') entry.acknowledged = version
    else unacknowledged += 1
  }
  for (let n = 0; !surroundings.isOver(); n++) {
    await write(n, 1)
    if (n >= again && n % 2 === 0) await write(n - again, 2)
    if (n % figuresEvery === 0) surroundings.say(figures({ records: n + 1, acknowledged: countOf(entries), unacknowledged }))
    await surroundings.sleep(pauseMs)
  }
  const found = await readBack(adapter, surroundings, entries)
  surroundings.say(figures({ records: entries.length, acknowledged: countOf(entries), unacknowledged, ...found }))
  return found
}

/** Records whose acknowledged value is gone, older than acknowledged, there more than once, or could not be read. */
export interface Found {
  readonly lost: number
  readonly stale: number
  readonly duplicated: number
  readonly unread: number
}

async function readBack(adapter: Adapter, { sleep }: Surroundings, entries: readonly Entry[]): Promise<Found> {
  const found = { lost: 0, stale: 0, duplicated: 0, unread: 0 }
  let next = 0
  const reader = async () => {
    for (let n = next++; n < entries.length; n = next++) {
      const values = await patiently(() => adapter.read(`record-${n}`), sleep)
      const entry = entries[n]
      if (entry === undefined) continue
      if (values === null) found.unread += 1
      else if (values.length > 1) found.duplicated += 1
      else if (values.length === 0) found.lost += entry.acknowledged > 0 ? 1 : 0
      else if (versionOf(values[0] ?? '') < entry.acknowledged) found.stale += 1
    }
  }
  await Promise.all(Array.from({ length: readers }, reader))
  return found
}

async function patiently<T>(read: () => Promise<T>, sleep: Surroundings['sleep']): Promise<T | null> {
  for (let left = readTries; left > 0; left--) {
    try {
      return await read()
    } catch {
      await sleep(500)
    }
  }
  return null
}

const versionOf = (value: string) => Number(value.split('.')[1] ?? 0)
const countOf = (entries: readonly Entry[]) => entries.filter(({ acknowledged }) => acknowledged > 0).length
const figures = (all: object) => JSON.stringify({ figures: all })
