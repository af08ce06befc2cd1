import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import { abortRun, askAbort } from '../../lib/engine/control.ts'
import { isAwaiting } from '../../lib/engine/lease/awaiting.ts'
import { haltAll, resumeAll } from '../../lib/engine/switches.ts'
import { loadRuns } from '../../lib/load-runs.ts'
import { auditLine } from '../../lib/report/audit-line.ts'
import { recordOf } from '../../lib/report/record.ts'
import { switching } from '../commands/halt.ts'
import type { Composition } from '../compose.ts'
import { osActor } from '../owner.ts'
import { giveUpAfterMs, isAbandoned, unfinishedRuns } from '../reaping.ts'
import { writeReports } from '../reports.ts'
import type { BoardSource } from './source.ts'

/** The ledger of a state directory, with the undos that this process has begun itself. */
export interface LocalSource extends BoardSource {
  /** Resolves when all of them have ended. */
  settled(): Promise<unknown>
}

/** As many as a page holds. */
const newestDeeds = 500

/** A person sees no difference to less, and it is one read of the ledger. */
const pauseMs = 500

/** Looks into the ledger that all commands of this machine share; a word of a person is stored there, and drivers see it in seconds. */
export function localSource(composition: Composition, name: string, say: (line: string) => void): LocalSource {
  const { store, clock, stateDir } = composition
  const begun = new Set<Promise<unknown>>()
  const undoHere = (run: Run, why: string) => {
    const undo = abortRun(composition.engine(run.cluster), run.id, { who: osActor(), why }, { giveUpAfterMs })
      .then(async ({ run: ended, driven }) => {
        if (driven === 'here') await writeReports(await recordOf(store, ended), { stateDir, warn: say })
        say(`run ${run.id} is ${ended.status}`)
      })
      .catch((error: unknown) => say(`run ${run.id} is not undone yet: ${error instanceof Error ? error.message : String(error)}`))
      .finally(() => begun.delete(undo))
    begun.add(undo)
  }
  return {
    name,
    pauseMs,
    now: () => clock.now(),
    live: async () => loadRuns(store, await unfinishedRuns(composition)),
    runs: async (limit) => loadRuns(store, await store.runs.list({ limit })),
    async record(runId) {
      const run = await store.runs.load(runId)
      return run === undefined ? undefined : recordOf(store, run)
    },
    halted: async () => (await store.controls.read({ id: '-', suite: '-' })).halt,
    async halt(why) {
      const { isAudited } = await haltAll(switching(composition), osActor(), why)
      if (!isAudited) say('the halt holds; its entry in the audit trail could not be written: "faultline reap" does it')
      for (const run of await unfinishedRuns(composition)) if (isAwaiting(run) || isAbandoned(composition, run)) undoHere(run, why)
    },
    async resume(why) {
      await resumeAll(switching(composition), osActor(), why)
    },
    audit: async () => (await store.audit.newest(newestDeeds)).map(auditLine),
    async abort(runId, why) {
      const run = await store.runs.load(runId)
      if (run === undefined) throw new FaultlineError('not_found', `there is no run ${runId}`)
      if (isAwaiting(run) || isAbandoned(composition, run)) undoHere(run, why)
      else await askAbort({ store, clock, notifiers: composition.engine(run.cluster).notifiers }, run, { who: osActor(), why })
    },
    settled: () => Promise.all(begun),
  }
}
