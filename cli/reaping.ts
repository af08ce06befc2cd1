import type { Run } from '../lib/domain/run.ts'
import type { Progress } from '../lib/engine/engine.ts'
import { isAwaiting } from '../lib/engine/lease/awaiting.ts'
import { claimOf } from '../lib/engine/lease/claim.ts'
import type { Reaped } from '../lib/engine/reap.ts'
import { reapRuns } from '../lib/engine/reap.ts'
import { loadRuns } from '../lib/load-runs.ts'
import { recordOf } from '../lib/report/record.ts'
import type { Composition } from './compose.ts'
import { writeReports } from './reports.ts'
import { eventLines } from './view/event-lines.ts'
import { advance, initialState, type RunState } from './view/run-state.ts'

/** A driver leaves a run whose undo it cannot prove for this long; the next reaper goes on. */
export const giveUpAfterMs = 300_000

/** Runs that are not over, the first to wake first. */
export async function unfinishedRuns({ store }: Composition): Promise<readonly Run[]> {
  const due = await store.runs.due(Number.MAX_SAFE_INTEGER)
  return loadRuns(store, due)
}

/** True when the run has lost its driver, or no person approved it in time. */
export function isAbandoned(composition: Composition, run: Run): boolean {
  if (isAwaiting(run)) return composition.clock.now() >= run.expiresAt
  return claimOf(run, composition.engine(run.cluster)) !== 'held'
}

/** Reverts and ends runs whose driver is gone, side by side, and writes their reports. */
export async function reapAll(composition: Composition, runs: readonly Run[], say: (line: string) => void): Promise<Reaped> {
  const all = await Promise.all(runs.map((run) => reapOne(composition, run, runs.length > 1 ? (line) => say(`${run.id}: ${line}`) : say)))
  return { runs: all.flatMap((r) => r.runs), alive: all.flatMap((r) => r.alive), errors: all.flatMap((r) => r.errors) }
}

async function reapOne(composition: Composition, run: Run, say: (line: string) => void): Promise<Reaped> {
  if (isAbandoned(composition, run)) say(`run ${run.id} (${run.status}) has lost its driver: undoing it`)
  const known = { ...initialState(run), injections: await composition.store.ledger.list(run.id) }
  const reaped = await reapRuns(composition.engine(run.cluster, teller(known, composition, say)), [run], { giveUpAfterMs })
  for (const ended of reaped.runs) {
    await writeReports(await recordOf(composition.store, ended), { stateDir: composition.stateDir, warn: say })
  }
  return reaped
}

/** Prints the reaper's doings as a pipe gets them; what the dead driver did was told in its time. */
function teller(known: RunState, composition: Composition, say: (line: string) => void): (progress: Progress) => void {
  let state = known
  return (progress) => {
    for (const line of eventLines(state, progress, composition.clock.now())) say(line)
    state = advance(state, progress)
  }
}
