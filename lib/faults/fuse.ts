import { FaultlineError, FuseNotArmed, KubernetesError } from '../domain/errors.ts'
import type { FuseRef, FuseSpec } from '../domain/injection.ts'
import type { Job } from '../domain/kube.ts'
import type { Role } from '../domain/labels.ts'
import type { Cluster } from '../ports.ts'
import { parseIso } from '../time.ts'
import type { FaultContext } from './fault.ts'
import { expiryAnnotations, fuseJob, jobRef } from './fuse-job.ts'
import { forgetBurning, inspectFuse, noteBurning, reserveOf, seenBurning, toleratedSkewMs } from './fuse-state.ts'
import { pause } from './pause.ts'
import { whatPodsSay } from './pod-messages.ts'

/** The Job controller starts a Job within a second; after a change of its leader it takes up to 15 s (its lease's duration). */
export const startBudgetMs = 15_000
/** A pod is scheduled and Ready in 1 to 3 s; the rest is for the pull of an image of some 60 MB. */
export const podStartBudgetMs = 45_000
/** An object without finalizers is gone at once; with a `kubectl delete --cascade=foreground` the garbage collector's turn comes first. */
const goneBudgetMs = 10_000
const pollMs = 250
/** The Job controller mostly starts a Job within some hundredths of a second: a look right after it was made would come too soon. */
const startsMs = 25
/** So the first looks at a new one come sooner than the others. */
const firstPollsMs = [40, 80, 160]

interface Arming {
  /** Null for the beacon. */
  readonly step: number | null
  readonly role: Role
  readonly burnsAt: number
  /** Reads the fuse back; its Job is got when left out. */
  readonly read?: () => Promise<Job | undefined>
}

/**
 * Creates the fuse and returns it only when it was read back burning long enough. `AlreadyExists` counts when the Job there is
 * ours and burns; one whose creation took long is given the time that it lacks.
 * @throws FuseNotArmed when it is suspended, burnt, another owner's, or does not start in time; FaultlineError `refused` when the run
 *   is to stop meanwhile
 */
export async function armFuse(context: FaultContext, spec: FuseSpec, options: Arming): Promise<FuseRef> {
  const { cluster, clock } = context
  const name = `${spec.namespace}/${spec.name}`
  const madeAt = await create(context, spec, options)
  const giveUpAt = clock.now() + (spec.pod === null ? startBudgetMs : podStartBudgetMs)
  const neededUntil = options.burnsAt - context.config.fuse.marginMs
  let isLengthened = false
  if (madeAt !== null) await pause(context, startsMs, `fuse ${name}`)
  for (let polls = 0; ; polls++) {
    const at = clock.now()
    const job = (await options.read?.()) ?? (await cluster.objects.get<Job>(jobRef(spec)))
    if (job === undefined) throw new FuseNotArmed(name, 'it vanished right after it was made')
    const apart = clocksApart(job, { madeAt, now: clock.now(), marginMs: context.config.fuse.marginMs })
    if (apart !== null) throw new FuseNotArmed(name, apart)
    const seen = inspectFuse(job, { runId: context.runId, step: options.step }, neededUntil)
    if (seen.armed !== null && (spec.pod === null || (job.status?.ready ?? 0) > 0)) {
      noteBurning(context, job, at)
      return seen.armed
    }
    if (seen.armed === null && seen.fault === 'early' && !isLengthened) {
      isLengthened = true
      await moveFuse(context, { job, fuse: seen.fuse }, options.burnsAt)
      continue
    }
    const why = seen.armed === null ? seen.why : 'its pod is not Ready'
    if ((seen.armed === null && seen.fault !== 'starting') || clock.now() >= giveUpAt)
      throw new FuseNotArmed(name, spec.pod === null ? why : `${why}${await whatPodsSay(context, { ...spec, uid: job.metadata.uid })}`)
    await pause(context, firstPollsMs[polls] ?? pollMs, `fuse ${name}`)
  }
}

/** When it was made, by our clock; null when a Job of that name was there already. */
async function create(context: FaultContext, spec: FuseSpec, options: Arming): Promise<number | null> {
  const madeAt = context.clock.now()
  try {
    await context.cluster.objects.create(fuseJob(context, spec, options))
    return madeAt
  } catch (error) {
    if (!(error instanceof FaultlineError && error.code === 'already_exists')) throw error
    return null
  }
}

/** A fuse burns by the cluster's clock, a run ends by ours: so far apart that the fuse would burn under the run, in words; else null. */
function clocksApart(job: Job, { madeAt, now, marginMs }: { madeAt: number | null; now: number; marginMs: number }): string | null {
  const startTime = parseIso(job.status?.startTime)
  if (startTime === undefined) return null
  const say = (ms: number, side: string) => `the cluster's clock is ${Math.round(ms / 1000)} s ${side} this machine's; set the clocks`
  if (startTime - now > Math.max(toleratedSkewMs, marginMs - toleratedSkewMs)) return say(startTime - now, 'ahead of')
  return madeAt !== null && madeAt - startTime > Math.max(toleratedSkewMs, marginMs) ? say(madeAt - startTime, 'behind') : null
}

/**
 * Moves the time at which an armed fuse burns; the answer is the fuse as it is then. It need not be read before where this process saw it
 * burn: the change is refused when it is another Job now, or began to count anew.
 * @throws FuseNotArmed when it is no longer the fuse that was armed
 */
export async function setFuse(context: FaultContext, fuse: FuseRef, step: number | null, burnsAt: number): Promise<FuseRef> {
  const name = `${fuse.namespace}/${fuse.name}`
  const at = context.clock.now()
  const patched = (await moveKnown(context, fuse, burnsAt)) ?? (await moveRead(context, fuse, burnsAt))
  const seen = inspectFuse(patched, { runId: context.runId, step }, burnsAt)
  if (seen.armed === null) throw new FuseNotArmed(name, seen.why)
  noteBurning(context, patched, at)
  return seen.armed
}

/** Undefined where nothing is known of it, or what is known does not hold any more. */
async function moveKnown(context: FaultContext, fuse: FuseRef, burnsAt: number): Promise<Job | undefined> {
  const known = seenBurning(context, fuse)
  if (known?.job.status?.startTime === undefined) return undefined
  try {
    return await moveFuse(context, { job: known.job, fuse }, burnsAt)
  } catch (error) {
    if (error instanceof KubernetesError && ['not_found', 'conflict', 'invalid'].includes(error.code)) return undefined
    throw error
  }
}

async function moveRead(context: FaultContext, fuse: FuseRef, burnsAt: number): Promise<Job> {
  const job = await context.cluster.objects.get<Job>(jobRef(fuse))
  if (job === undefined || job.metadata.uid !== fuse.uid) throw new FuseNotArmed(`${fuse.namespace}/${fuse.name}`, 'it is gone')
  return moveFuse(context, { job, fuse }, burnsAt)
}

interface Moved {
  readonly job: Pick<Job, 'spec' | 'status'>
  readonly fuse: FuseRef
}

/** Its deadline counts from its start, so that must still be the one that was read. */
function moveFuse(context: FaultContext, { job, fuse }: Moved, burnsAt: number): Promise<Job> {
  const startTime = parseIso(job.status?.startTime)
  if (startTime === undefined) throw new FuseNotArmed(`${fuse.namespace}/${fuse.name}`, 'its status.startTime is gone: it was suspended')
  const seconds = Math.max(1, Math.ceil((burnsAt + reserveOf(job) - startTime) / 1000))
  return context.cluster.objects.patch<Job>(jobRef(fuse), [
    { op: 'test', path: '/metadata/uid', value: fuse.uid },
    { op: 'test', path: '/status/startTime', value: job.status?.startTime },
    { op: 'replace', path: '/spec/activeDeadlineSeconds', value: seconds },
    ...Object.entries(expiryAnnotations(startTime + seconds * 1000 - reserveOf(job))).map(
      ([key, value]) => ({ op: 'add', path: `/metadata/annotations/${key.replace('/', '~1')}`, value }) as const,
    ),
  ])
}

/**
 * Deletes the fuse and waits until its UID is gone; from then on whatever names it as owner is collected. A finalizer that another client
 * put on it would keep it (and what it owns) for ever: it is our Job, so the finalizer goes.
 */
export async function removeFuse(context: FaultContext, fuse: FuseRef): Promise<void> {
  const { clock, cluster } = context
  const giveUpAt = clock.now() + goneBudgetMs
  const deletion = await cluster.objects.delete(jobRef(fuse), { uid: fuse.uid }).catch((error: unknown) => {
    if (!(error instanceof FaultlineError && error.code === 'conflict')) throw error
  })
  if (deletion === 'removed') return noteGone(context, fuse)
  for (;;) {
    const job = await cluster.objects.get<Job>(jobRef(fuse))
    if (job === undefined || job.metadata.uid !== fuse.uid) return noteGone(context, fuse)
    const finalizers = job.metadata.deletionTimestamp === undefined ? [] : (job.metadata.finalizers ?? [])
    if (clock.now() >= giveUpAt) {
      const held = finalizers.length === 0 ? '' : ` (finalizers ${finalizers.join(', ')} hold it)`
      throw new FaultlineError('unavailable', `fuse ${fuse.namespace}/${fuse.name} was deleted but is still there${held}`, {
        retryable: true,
      })
    }
    if (finalizers.length > 0) await dropFinalizers(context, fuse)
    await clock.sleep(pollMs)
  }
}

async function dropFinalizers(context: FaultContext, fuse: FuseRef): Promise<void> {
  const patch = [
    { op: 'test', path: '/metadata/uid', value: fuse.uid },
    { op: 'remove', path: '/metadata/finalizers' },
  ] as const
  await context.cluster.objects.patch(jobRef(fuse), patch).catch((error: unknown) => {
    if (!(error instanceof KubernetesError && ['not_found', 'conflict', 'invalid'].includes(error.code))) throw error
  })
}

/** UIDs of fuses that this process saw gone; a UID never comes back. */
const gone = new WeakMap<Cluster, Set<string>>()

function noteGone({ cluster }: Pick<FaultContext, 'cluster'>, { uid }: FuseRef): void {
  forgetBurning({ cluster }, { uid })
  gone.set(cluster, (gone.get(cluster) ?? new Set()).add(uid))
}

/** True when no Job with the fuse's UID exists any more. */
export async function fuseGone(context: Pick<FaultContext, 'cluster'>, fuse: FuseRef): Promise<boolean> {
  if (gone.get(context.cluster)?.has(fuse.uid) === true) return true
  const job = await context.cluster.objects.get<Job>(jobRef(fuse))
  return job === undefined || job.metadata.uid !== fuse.uid
}
