import { FaultlineError, FuseNotArmed } from '../domain/errors.ts'
import type { FuseRef, FuseSpec } from '../domain/injection.ts'
import type { Job, ObjectRef } from '../domain/kube.ts'
import type { Role } from '../domain/labels.ts'
import { expiresAnnotation, managedBy, managedByLabel, ourLabels, runLabel, stepLabel } from '../domain/labels.ts'
import { fuseName } from '../domain/names.ts'
import { isoSeconds, parseIso } from '../time.ts'
import type { FaultContext } from './fault.ts'
import { cordonFuseContainer } from './node-drain/cordon-fuse.ts'
import { pause } from './pause.ts'

/** Whose fuse it must be. */
export interface FuseIdentity {
  readonly runId: string
  /** Null for the beacon. */
  readonly step: number | null
}

export type Inspection = { readonly armed: FuseRef } | { readonly armed: null; readonly why: string; readonly final: boolean }

/** Conditions under which a Job no longer counts its deadline (batch/v1 JobStatus). */
const burnt = ['Failed', 'FailureTarget', 'Complete', 'SuccessCriteriaMet']
const startBudgetMs = 15_000
const podStartBudgetMs = 45_000
const goneBudgetMs = 10_000
const pollMs = 250
/** The start of a Job is told in whole seconds, and not at once. */
const toleratedSkewMs = 5_000

/** Reference of a fuse's or beacon's Job. */
export function jobRef(fuse: Pick<FuseSpec, 'namespace' | 'name'>): ObjectRef {
  return { apiVersion: 'batch/v1', kind: 'Job', namespace: fuse.namespace, name: fuse.name }
}

/** Makes an object collected by Kubernetes when the fuse is gone, also an object made too late by a driver that lost the run. */
export function ownedBy(fuse: FuseRef) {
  return [{ apiVersion: 'batch/v1', kind: 'Job', name: fuse.name, uid: fuse.uid, controller: false, blockOwnerDeletion: false }]
}

/** The usual fuse of a step: no pod, owns the step's objects in that namespace. */
export function podlessFuse(runId: string, step: number, namespace: string): FuseSpec {
  return { namespace, name: fuseName(runId, step), pod: null }
}

/**
 * Whether a Job that was read back really burns as our fuse until at least `neededUntil`. A suspended Job never burns, a burnt one
 * still answers for seconds, and one without `startTime` has not begun to count
 * (https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup).
 */
export function inspectFuse(job: Job, identity: FuseIdentity, neededUntil: number): Inspection {
  const no = (why: string, final: boolean) => ({ armed: null, why, final }) as const
  const { labels = {}, uid, namespace, name, deletionTimestamp } = job.metadata
  if (labels[managedByLabel] !== managedBy || labels[runLabel] !== identity.runId)
    return no('a Job of that name belongs to somebody else', true)
  if (identity.step !== null && labels[stepLabel] !== String(identity.step)) return no('it belongs to another step', true)
  if (deletionTimestamp !== undefined) return no('it is being deleted', true)
  const ended = job.status?.conditions?.find((c) => burnt.includes(c.type) && c.status === 'True')
  if (ended !== undefined) return no(`it has burnt already (condition ${ended.type})`, true)
  if (job.spec.suspend === true) return no('it is suspended (a queueing webhook?) and would never burn', true)
  const startTime = parseIso(job.status?.startTime)
  if (startTime === undefined) return no('the Job controller has not started it (no status.startTime)', false)
  if (job.spec.activeDeadlineSeconds === undefined) return no('its activeDeadlineSeconds was removed', true)
  if (uid === undefined || namespace === undefined) return no('it has no UID', true)
  const burnsAt = startTime + job.spec.activeDeadlineSeconds * 1000
  if (burnsAt < neededUntil) return no(`it burns ${Math.ceil((neededUntil - burnsAt) / 1000)} s too early`, true)
  return { armed: { namespace, name, uid, burnsAt } }
}

/** The Job of a fuse or beacon, as it is sent to the API server. */
export function fuseJob(
  context: Pick<FaultContext, 'config' | 'clock' | 'runId'>,
  spec: FuseSpec,
  options: { readonly step: number | null; readonly role: Role; readonly burnsAt: number },
): Job {
  const { config, clock, runId } = context
  const labels = ourLabels({ runId, step: options.step, role: options.role })
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: spec.name, namespace: spec.namespace, labels, annotations: { [expiresAnnotation]: isoSeconds(options.burnsAt) } },
    spec: {
      parallelism: spec.pod === null ? 0 : 1,
      backoffLimit: 0,
      activeDeadlineSeconds: Math.max(1, Math.ceil((options.burnsAt - clock.now()) / 1000)),
      ttlSecondsAfterFinished: 0,
      template: {
        metadata: { labels },
        spec: spec.pod === null ? idlePod(config.fuse.image) : cordonFuseContainer(spec.pod, { tag: spec.name, burnsAt: options.burnsAt }),
      },
    },
  }
}

/** A template that no policy engine objects to (Pod Security level `restricted`); no pod is ever made of it. */
function idlePod(image: string): object {
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'none',
        image,
        resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { cpu: '10m', memory: '16Mi' } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      },
    ],
  }
}

/**
 * Creates the fuse and returns it only when it was read back burning long enough. `AlreadyExists` counts when the Job there is
 * ours and burns.
 * @throws FuseNotArmed when it is suspended, burnt, somebody else's, or does not start in time; FaultlineError `refused` when the run
 *   is to stop meanwhile
 */
export async function armFuse(
  context: FaultContext,
  spec: FuseSpec,
  options: { readonly step: number | null; readonly role: Role; readonly burnsAt: number },
): Promise<FuseRef> {
  const { cluster, clock } = context
  const name = `${spec.namespace}/${spec.name}`
  let madeAt: number | null = null
  try {
    madeAt = clock.now()
    await cluster.objects.create(fuseJob(context, spec, options))
  } catch (error) {
    if (!(error instanceof FaultlineError && error.code === 'already_exists')) throw error
    madeAt = null
  }
  const giveUpAt = clock.now() + (spec.pod === null ? startBudgetMs : podStartBudgetMs)
  const neededUntil = options.burnsAt - context.config.fuse.marginMs
  for (;;) {
    const job = await cluster.objects.get<Job>(jobRef(spec))
    if (job === undefined) throw new FuseNotArmed(name, 'it vanished right after it was made')
    const apart = clocksApart(job, { madeAt, now: clock.now(), marginMs: context.config.fuse.marginMs })
    if (apart !== null) throw new FuseNotArmed(name, apart)
    const seen = inspectFuse(job, { runId: context.runId, step: options.step }, neededUntil)
    if (seen.armed !== null && (spec.pod === null || (job.status?.ready ?? 0) > 0)) return seen.armed
    const why = seen.armed === null ? seen.why : 'its pod is not Ready'
    if ((seen.armed === null && seen.final) || clock.now() >= giveUpAt) throw new FuseNotArmed(name, why)
    await pause(context, pollMs, `fuse ${name}`)
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
 * Moves the time at which an armed fuse burns, and reads it back.
 * @throws FuseNotArmed when it is no longer the fuse that was armed
 */
export async function setFuse(context: FaultContext, fuse: FuseRef, step: number, burnsAt: number): Promise<FuseRef> {
  const { objects } = context.cluster
  const name = `${fuse.namespace}/${fuse.name}`
  const job = await objects.get<Job>(jobRef(fuse))
  const startTime = parseIso(job?.status?.startTime)
  if (job === undefined || startTime === undefined || job.metadata.uid !== fuse.uid) throw new FuseNotArmed(name, 'it is gone')
  const patched = await objects.patch<Job>(jobRef(fuse), [
    { op: 'test', path: '/metadata/uid', value: fuse.uid },
    { op: 'replace', path: '/spec/activeDeadlineSeconds', value: Math.max(1, Math.ceil((burnsAt - startTime) / 1000)) },
    { op: 'add', path: `/metadata/annotations/${expiresAnnotation.replace('/', '~1')}`, value: isoSeconds(burnsAt) },
  ])
  const seen = inspectFuse(patched, { runId: context.runId, step }, burnsAt)
  if (seen.armed === null) throw new FuseNotArmed(name, seen.why)
  return seen.armed
}

/** True while the very fuse that was armed is there and burning. */
export async function fuseBurns(context: Pick<FaultContext, 'cluster'>, fuse: FuseRef): Promise<boolean> {
  const job = await context.cluster.objects.get<Job>(jobRef(fuse))
  if (job === undefined || job.metadata.uid !== fuse.uid || job.metadata.deletionTimestamp !== undefined) return false
  return !(job.status?.conditions ?? []).some((c) => burnt.includes(c.type) && c.status === 'True')
}

/** Deletes the fuse and waits until its UID is gone; from then on whatever names it as owner is collected. */
export async function removeFuse(context: FaultContext, fuse: FuseRef): Promise<void> {
  const { clock, cluster } = context
  const giveUpAt = clock.now() + goneBudgetMs
  await cluster.objects.delete(jobRef(fuse), { uid: fuse.uid }).catch((error: unknown) => {
    if (!(error instanceof FaultlineError && error.code === 'conflict')) throw error
  })
  while (!(await fuseGone(context, fuse))) {
    if (clock.now() >= giveUpAt)
      throw new FaultlineError('unavailable', `fuse ${fuse.namespace}/${fuse.name} was deleted but is still there`, { retryable: true })
    await clock.sleep(pollMs)
  }
}

/** True when no Job with the fuse's UID exists any more. */
export async function fuseGone(context: Pick<FaultContext, 'cluster'>, fuse: FuseRef): Promise<boolean> {
  const job = await context.cluster.objects.get<Job>(jobRef(fuse))
  return job === undefined || job.metadata.uid !== fuse.uid
}
