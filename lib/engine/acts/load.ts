import { FaultlineError } from '../../domain/errors.ts'
import type { FuseRef } from '../../domain/injection.ts'
import type { Job } from '../../domain/kube.ts'
import { refOf } from '../../domain/kube.ts'
import { runLabel } from '../../domain/labels.ts'
import { type LoadEnd, loadOf } from '../../domain/load.ts'
import { saidIn } from '../../domain/load-figures.ts'
import type { LoadSpec } from '../../domain/load-spec.ts'
import { loadJobName } from '../../domain/names.ts'
import { deadlineOf } from '../../domain/next-action.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { armFuse, removeFuse } from '../../faults/fuse.ts'
import { jobRef } from '../../faults/fuse-job.ts'
import { ensureJob } from '../../faults/injector/job.ts'
import { pause } from '../../faults/pause.ts'
import { whatPodsSay } from '../../faults/pod-messages.ts'
import { loadFuse, loadJob, loadLeadMs, logOfWork, placeOfLoad } from '../../faults/work/load-job.ts'
import type { Driver } from '../lease/driver.ts'
import { endOfLoad, podsOfLoad } from '../lease/load-watch.ts'

/** An image of some hundred MB is pulled within this; half of the fuse's time, which is not moved meanwhile. */
const loadStartMs = 90_000
/** A pod is there 1 to 3 s after its Job. */
const startPollMs = 500
/** A container's log is gone with its pod, as soon as the kubelet's round (one each second) has seen that it stopped: so often it is read meanwhile. */
const stopPollMs = 100
/** Beyond its grace a pod takes this long to go: the kubelet's own round is a second, the collector's as much. */
const stopMarginMs = 10_000

/**
 * Starts every load of the suite, side by side; each step stored before the next begins:
 * 1. its fuse is armed; 2. its Job is made, owned by the fuse; 3. its pod is seen to run.
 * Null: all that there is to record is recorded. @throws FaultlineError when one does not start
 */
export async function startLoads(driver: Driver): Promise<null> {
  const results = await Promise.allSettled((driver.run.suite.load ?? []).map((spec, n) => startLoad(driver, spec, n)))
  driver.throwIfLost()
  const failed = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  const first = failed.find((error) => !(error instanceof FaultlineError)) ?? failed[0]
  if (first !== undefined && (driver.stop === null || !(first instanceof FaultlineError))) throw first
  return null
}

async function startLoad(driver: Driver, spec: LoadSpec, n: number): Promise<void> {
  const context = driver.interruptibleContext()
  const fuse = loadOf(driver.run, n)?.fuse ?? (await armLoadFuse(driver, spec, n))
  if (loadOf(driver.run, n)?.startedAt != null) return
  await driver.throwIfStopped()
  const job = loadJob(context, { spec, n, fuse, endsAt: deadlineOf(driver.run) + driver.engine.config.prepareMs })
  await ensureJob(context, job, fuse.uid)
  await untilRunning(context, spec, n)
  await driver.record({ type: 'load_started', n })
}

async function armLoadFuse(driver: Driver, spec: LoadSpec, n: number): Promise<FuseRef> {
  const context = driver.interruptibleContext()
  const { namespace } = loadFuse(context, spec, n)
  const burnsAt = driver.engine.clock.now() + loadLeadMs
  const fuse = await armFuse(context, loadFuse(context, spec, n), { step: null, role: 'fuse', burnsAt })
  await driver.record({ type: 'load_armed', load: { n, name: spec.name, namespace, fuse } })
  return fuse
}

/** What ended at once has begun, too: the watch tells of its end. */
async function untilRunning(context: FaultContext, spec: LoadSpec, n: number): Promise<void> {
  const namespace = placeOfLoad(context, spec)
  const giveUpAt = context.clock.now() + loadStartMs
  for (;;) {
    const pods = await podsOfLoad(context, { n, namespace })
    if (pods.some(({ status }) => ['Running', 'Succeeded', 'Failed'].includes(status?.phase ?? ''))) return
    if (context.clock.now() >= giveUpAt) {
      const said = await whatPodsSay(context, { namespace, name: loadJobName(context, n) })
      throw new FaultlineError('unavailable', `load ${spec.name} did not start within ${loadStartMs / 1000} s${said}`)
    }
    await pause(context, startPollMs, `load ${spec.name}`)
  }
}

/** Ends every load that is not shown to be gone, also one whose driver died before it stored its fuse; null when all of it is proven, else what is missing. */
export async function endLoads(driver: Driver): Promise<string | null> {
  driver.loads.close()
  const messages = await Promise.all((driver.run.suite.load ?? []).map((spec, n) => endLoad(driver, spec, n)))
  const missing = messages.filter((message) => message !== null)
  return missing.length === 0 ? null : missing.join('; ')
}

async function endLoad(driver: Driver, spec: LoadSpec, n: number): Promise<string | null> {
  const context = driver.context()
  try {
    const record = loadOf(driver.run, n)
    if (record?.goneAt != null) return null
    const fuse = record?.fuse ?? (await findLoadFuse(context, spec, n))
    if (fuse === null) return null
    const namespace = placeOfLoad(context, spec)
    const early = record?.startedAt == null || driver.run.abort !== null ? null : await endOfLoad(context, { n, namespace })
    const said = await stopLoad(context, spec, n)
    await removeFuse(context, fuse)
    const left = await podsOfLoad(context, { n, namespace })
    if (left.length > 0) return `load ${spec.name}: its pod ${left[0]?.metadata.name} is still there`
    if (record === undefined) await driver.record({ type: 'load_armed', load: { n, name: spec.name, namespace, fuse } })
    const end: LoadEnd = early?.end ?? { at: context.clock.now(), how: 'with_the_run', detail: 'it was stopped with the run' }
    const { log, figures } = said.log === '' && early !== null ? early : said
    await driver.record({ type: 'load_gone', n, end, log, figures })
    return null
  } catch (error) {
    driver.throwIfLost()
    if (!(error instanceof FaultlineError)) throw error
    return `load ${spec.name}: ${error.message}`
  }
}

/** Its Job is deleted, which tells its pod to stop; what that says as it goes is read as long as it is there. */
async function stopLoad(context: FaultContext, spec: LoadSpec, n: number): Promise<ReturnType<typeof saidIn>> {
  const { cluster, clock, runId } = context
  const namespace = placeOfLoad(context, spec)
  const job = await cluster.objects.get<Job>(jobRef({ namespace, name: loadJobName(context, n) }))
  const isOurs = job?.metadata.labels?.[runLabel] === runId && job.metadata.uid !== undefined
  if (job !== undefined && isOurs && job.metadata.uid !== undefined) await cluster.objects.delete(refOf(job), { uid: job.metadata.uid })
  const giveUpAt = clock.now() + spec.graceSeconds * 1000 + stopMarginMs
  let log = ''
  for (;;) {
    const pods = await podsOfLoad(context, { n, namespace })
    for (const pod of pods) {
      const now = await logOfWork(context, pod).catch((error: unknown) => {
        if (!(error instanceof FaultlineError)) throw error
        return ''
      })
      if (now !== '') log = now
    }
    if (pods.length === 0 || clock.now() >= giveUpAt) return saidIn(log)
    await clock.sleep(stopPollMs)
  }
}

async function findLoadFuse(context: FaultContext, spec: LoadSpec, n: number): Promise<FuseRef | null> {
  const { namespace, name } = loadFuse(context, spec, n)
  const job = await context.cluster.objects.get<Job>(jobRef({ namespace, name }))
  if (job?.metadata.uid === undefined || job.metadata.labels?.[runLabel] !== context.runId) return null
  return { namespace, name, uid: job.metadata.uid, burnsAt: 0 }
}

/** Without the store: best effort, after the faults; the fuses burn by themselves. */
export async function endLoadsFromMemory(driver: Driver): Promise<void> {
  const context = driver.context()
  const open = (driver.run.loads ?? []).filter(({ goneAt }) => goneAt === null)
  const results = await Promise.allSettled(open.map(({ fuse }) => removeFuse(context, fuse)))
  for (const result of results) if (result.status === 'rejected') driver.note(`a load could not be ended: ${String(result.reason)}`)
}
