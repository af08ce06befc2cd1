import { KubernetesError } from '../domain/errors.ts'
import type { FuseRef } from '../domain/injection.ts'
import type { Condition, Job, KubeObject } from '../domain/kube.ts'
import { managedBy, managedByLabel, runLabel, stepLabel } from '../domain/labels.ts'
import type { Cluster } from '../ports.ts'
import { parseIso } from '../time.ts'
import type { FaultContext } from './fault.ts'
import { jobRef, podReserveMs } from './fuse-job.ts'

/** Whose fuse it must be. */
export interface FuseIdentity {
  readonly runId: string
  /** Null for the beacon. */
  readonly step: number | null
}

/** `never`: it will not become an armed fuse by waiting; `early`: it burns, but too soon; `starting`: it does not count its time yet. */
export type Inspection =
  | { readonly armed: FuseRef }
  | { readonly armed: null; readonly why: string; readonly fault: 'never' | 'starting' }
  | { readonly armed: null; readonly why: string; readonly fault: 'early'; readonly fuse: FuseRef }

/** Conditions under which a Job no longer counts its deadline (batch/v1 JobStatus). */
const over = ['Failed', 'FailureTarget', 'Complete', 'SuccessCriteriaMet']

/** The start of a Job is told in whole seconds, and two clocks that NTP keeps differ by less. */
export const toleratedSkewMs = 5_000

/**
 * Whether a Job that was read back really burns as our fuse until at least `neededUntil`. A suspended Job never burns, a burnt one
 * still answers for seconds, and one without `startTime` has not begun to count
 * (https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup).
 */
export function inspectFuse(job: Job, identity: FuseIdentity, neededUntil: number): Inspection {
  const never = (why: string) => ({ armed: null, why, fault: 'never' }) as const
  const { labels = {}, uid, namespace, name, deletionTimestamp, finalizers = [] } = job.metadata
  if (labels[managedByLabel] !== managedBy || labels[runLabel] !== identity.runId)
    return never('a Job of that name belongs to another owner')
  if (identity.step !== null && labels[stepLabel] !== String(identity.step)) return never('it belongs to another step')
  if (deletionTimestamp !== undefined) return never('it is being deleted')
  const ended = endOf(job)
  if (ended !== undefined) return never(`it has burnt already (condition ${ended.type})`)
  if (finalizers.length > 0) return never(`its finalizers (${finalizers.join(', ')}) would keep it, and what it owns, after it burnt`)
  if (job.spec.suspend === true) return never('it is suspended (a queueing webhook?) and would never burn')
  const startTime = parseIso(job.status?.startTime)
  if (startTime === undefined) return { armed: null, why: 'the Job controller has not started it (no status.startTime)', fault: 'starting' }
  if (job.spec.activeDeadlineSeconds === undefined) return never('its activeDeadlineSeconds was removed')
  if (uid === undefined || namespace === undefined) return never('it has no UID')
  const burnsAt = startTime + job.spec.activeDeadlineSeconds * 1000 - reserveOf(job)
  const fuse = { namespace, name, uid, burnsAt }
  if (burnsAt >= neededUntil) return { armed: fuse }
  return { armed: null, why: `it burns ${Math.ceil((neededUntil - burnsAt) / 1000)} s too early`, fault: 'early', fuse }
}

/** How long after its fuse has burnt the Job itself is ended: a fuse with a pod needs time for another pod. */
export function reserveOf(job: Pick<Job, 'spec'>): number {
  return job.spec.parallelism === 0 ? 0 : podReserveMs
}

/** `burnt`: by itself, at its deadline; `removed`: by a person or another client, before it. */
export type FuseState = 'burning' | 'burnt' | 'removed'

/**
 * What became of the very fuse that was armed. One that is gone is told by its time, then by the event that the Job controller leaves
 * (https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup: reason `DeadlineExceeded`); without the
 * right to read events, one that is gone before its time counts as removed.
 */
export async function fuseState(context: Pick<FaultContext, 'cluster' | 'clock'>, fuse: FuseRef): Promise<FuseState> {
  const at = context.clock.now()
  const job = await context.cluster.objects.get<Job>(jobRef(fuse))
  const ours = job?.metadata.uid === fuse.uid ? job : undefined
  if (ours !== undefined && endOf(ours) !== undefined) return 'burnt'
  if (ours !== undefined && isBurning(ours)) {
    noteBurning(context, ours, at)
    return 'burning'
  }
  if (context.clock.now() >= fuse.burnsAt - toleratedSkewMs) return 'burnt'
  return (await endedByItself(context, fuse)) ? 'burnt' : 'removed'
}

/** A fuse as this process last read it burning: of what was so then or later, `at` is ms since epoch. */
interface SeenBurning {
  readonly at: number
  readonly job: Pick<Job, 'status' | 'spec'>
}

/** By UID, which never comes back. */
const burning = new WeakMap<Cluster, Map<string, SeenBurning>>()

export function noteBurning({ cluster }: Pick<FaultContext, 'cluster'>, { metadata: { uid }, spec, status }: Job, at: number): void {
  if (uid === undefined) return
  const seen = burning.get(cluster) ?? new Map<string, SeenBurning>()
  burning.set(cluster, seen.set(uid, { at, job: { spec, ...(status === undefined ? {} : { status }) } }))
}

/** Undefined where this process did not see it burn, or saw it gone. */
export function seenBurning({ cluster }: Pick<FaultContext, 'cluster'>, { uid }: Pick<FuseRef, 'uid'>): SeenBurning | undefined {
  return burning.get(cluster)?.get(uid)
}

export function forgetBurning({ cluster }: Pick<FaultContext, 'cluster'>, { uid }: Pick<FuseRef, 'uid'>): void {
  burning.get(cluster)?.delete(uid)
}

/** Neither over nor being deleted. */
export function isBurning(job: Job): boolean {
  return endOf(job) === undefined && job.metadata.deletionTimestamp === undefined
}

function endOf(job: Job): Condition | undefined {
  return job.status?.conditions?.find((c) => over.includes(c.type) && c.status === 'True')
}

interface Event extends KubeObject {
  readonly reason?: string
}

async function endedByItself({ cluster }: Pick<FaultContext, 'cluster'>, { namespace, uid }: FuseRef): Promise<boolean> {
  try {
    const events = await cluster.objects.list<Event>(
      { apiVersion: 'v1', kind: 'Event' },
      { namespace, fieldSelector: `involvedObject.kind=Job,involvedObject.uid=${uid}` },
    )
    return events.some(({ reason = '' }) => ['DeadlineExceeded', 'Completed'].includes(reason))
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden') return false
    throw error
  }
}
