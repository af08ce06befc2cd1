import { FaultlineError } from '../../domain/errors.ts'
import type { Job, Pod } from '../../domain/kube.ts'
import type { LoadEnd, LoadRecord } from '../../domain/load.ts'
import { saidIn } from '../../domain/load-figures.ts'
import { loadJobName } from '../../domain/names.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded } from '../../domain/run.ts'
import type { RunEvent } from '../../domain/run-event.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { setFuse } from '../../faults/fuse.ts'
import { jobRef } from '../../faults/fuse-job.ts'
import { endOfWork, loadLeadMs, logOfWork, selectLoad } from '../../faults/work/load-job.ts'

/** What the watch needs of the driver whose load it keeps up. */
interface LoadedDriver {
  readonly run: Run
  context(): FaultContext
  record(event: RunEvent): Promise<void>
  note(message: string): void
}

/**
 * Looks on at the load of a run beside its steps: moves its fuses ahead, and records a load that ended before the run. A run that was aborted
 * moves none: should its undo be long in coming, its load does not go on for ever. A look that fails says nothing.
 */
export class LoadWatch {
  readonly #burnsAt = new Map<string, number>()
  #isClosing = false

  /** From here on loads are ended: one that is gone did not die. */
  close(): void {
    this.#isClosing = true
  }

  async look(driver: LoadedDriver): Promise<void> {
    const running = (driver.run.loads ?? []).filter(({ end, goneAt }) => end === null && goneAt === null)
    if (running.length === 0 || isEnded(driver.run) || driver.run.abort !== null || this.#isClosing) return
    // A driver before this one may have begun to end them.
    if (driver.run.status === 'verifying' && driver.context().clock.now() >= driver.run.until) return
    await Promise.all(running.map((load) => this.#keep(driver, load)))
    await Promise.all(running.filter(({ startedAt }) => startedAt !== null).map((load) => this.#seen(driver, load)))
  }

  async #keep(driver: LoadedDriver, { fuse }: LoadRecord): Promise<void> {
    const context = driver.context()
    const now = context.clock.now()
    if ((this.#burnsAt.get(fuse.uid) ?? fuse.burnsAt) - now > loadLeadMs / 2) return
    try {
      const moved = await setFuse(context, fuse, null, now + loadLeadMs)
      this.#burnsAt.set(fuse.uid, moved.burnsAt)
    } catch (error) {
      if (!(error instanceof FaultlineError)) throw error
      driver.note(`the fuse of a load could not be moved: ${error.message}`)
    }
  }

  async #seen(driver: LoadedDriver, load: LoadRecord): Promise<void> {
    const seen = await endOfLoad(driver.context(), load)
    if (seen === null || this.#isClosing || isEnded(driver.run) || driver.run.abort !== null) return
    await driver.record({ type: 'load_ended', n: load.n, ...seen })
  }
}

/** How a load ended, when it did, with what its log said; null while it is running, or where that cannot be told. */
export async function endOfLoad(
  context: FaultContext,
  { n, namespace }: Pick<LoadRecord, 'n' | 'namespace'>,
): Promise<({ readonly end: LoadEnd } & ReturnType<typeof saidIn>) | null> {
  const at = context.clock.now()
  const pods = await podsOfLoad(context, { n, namespace })
  for (const pod of pods) {
    const phase = pod.status?.phase
    if (phase !== 'Succeeded' && phase !== 'Failed') continue
    const log = await logOfWork(context, pod)
    const end = endOfWork(pod, log, at)
    if (end !== null) return { end, ...saidIn(log) }
  }
  if (pods.some(({ metadata }) => metadata.deletionTimestamp === undefined)) return null
  const job = await context.cluster.objects.get<Job>(jobRef({ namespace, name: loadJobName(context, n) }))
  const failed = job?.status?.conditions?.find(({ type, status }) => type === 'Failed' && status === 'True')
  if (job !== undefined && job.metadata.deletionTimestamp === undefined && failed === undefined) return null
  const why = failed === undefined ? 'its Job was removed' : `its pod is gone (${failed.reason ?? 'Failed'}: ${failed.message ?? ''})`
  return { end: { at, how: 'died', detail: why }, log: '', figures: {} }
}

/** The pods of a load, finished ones too. */
export function podsOfLoad(
  { cluster, runId }: Pick<FaultContext, 'cluster' | 'runId'>,
  { n, namespace }: Pick<LoadRecord, 'n' | 'namespace'>,
): Promise<readonly Pod[]> {
  return cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: selectLoad(runId, n) })
}
