import type { Job } from '../../domain/kube.ts'
import { expiresAnnotation, managedSelector, roleLabel, runLabel } from '../../domain/labels.ts'
import { fieldManager, settersOf } from '../../domain/managed-fields.ts'
import type { Refusal } from '../../domain/refusal.ts'
import { isEnded } from '../../domain/run.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { isBurning } from '../../faults/fuse-state.ts'
import { parseIso } from '../../time.ts'
import type { Engine } from '../engine.ts'

/** What this store knows of a run. */
export type Standing = 'live' | 'over' | 'unknown'
export type LookUpRun = (runId: string) => Promise<Standing>

/** Looks a run up in the store. */
export function standingIn(engine: Pick<Engine, 'store'>): LookUpRun {
  return async (runId) => {
    const run = await engine.store.runs.load(runId)
    if (run === undefined) return 'unknown'
    return isEnded(run) ? 'over' : 'live'
  }
}

/**
 * An account that may make Jobs can put our label on one: what this store does not know counts only where it is a beacon as a run of another
 * store has it, burning, for as long as it says itself, and not known to be made by another client than ours. All else that bears our label
 * is told, and keeps no run out. Two stores share no secret, so a forger who copies all of a beacon keeps runs out until its Job is deleted
 * (or the cluster lets no other group make such Jobs): the refusal says who made it, and what ends it.
 */
export async function othersAtWork(
  context: Pick<FaultContext, 'cluster' | 'clock' | 'namespace' | 'runId'>,
  lookUp: LookUpRun,
): Promise<{ readonly refusals: readonly Refusal[]; readonly warnings: readonly string[] }> {
  const now = context.clock.now()
  const jobs = ofOthers(await ourJobs(context), context.runId, now)
  const standings = await Promise.all(jobs.map(({ metadata }) => lookUp(metadata.labels?.[runLabel] ?? '')))
  const counting = jobs.filter((job, i) => standings[i] === 'live' || (standings[i] === 'unknown' && isBeacon(job, now)))
  const strange = jobs.filter((job, i) => standings[i] === 'unknown' && !isBeacon(job, now))
  return {
    refusals: counting.map((job): Refusal => {
      const whose = standings[jobs.indexOf(job)] === 'unknown' ? notKnownHere : ''
      return { code: 'busy', step: null, message: `${atWork(job, context.namespace)}${whose}${howToEnd(job)}` }
    }),
    warnings: strange.map(
      (job) =>
        `Job ${job.metadata.name}${madeBy(job)}, bears our label, and is of no run that this store knows: it is ignored${howToEnd(job)}`,
    ),
  }
}

const notKnownHere = '; this store does not know it: it is a run of another one, or a Job that a stranger made under our label'

function atWork(job: Job, namespace: string): string {
  const { labels, name } = job.metadata
  return `run ${labels?.[runLabel] ?? 'unknown'} is at work in namespace ${namespace} (Job ${name}${madeBy(job)})`
}

/** By what name the client that made it called itself, and when. */
function madeBy(job: Job): string {
  const { creationTimestamp: at } = job.metadata
  const makers = settersOf(job, ['spec']).map(({ manager = 'an unnamed client' }) => manager)
  return `, made ${at === undefined ? '' : `${at} `}by ${makers.length === 0 ? 'a client that is not recorded' : makers.join(' and ')}`
}

function howToEnd({ metadata }: Job): string {
  return `; "kubectl delete job -n ${metadata.namespace} ${metadata.name}" ends it`
}

/** Jobs of ours in the namespace. */
export function ourJobs({ cluster, namespace }: Pick<FaultContext, 'cluster' | 'namespace'>): Promise<readonly Job[]> {
  return cluster.objects.list<Job>({ apiVersion: 'batch/v1', kind: 'Job' }, { namespace, labelSelector: managedSelector })
}

/** Those of them that are of another run and have not expired. */
function ofOthers(jobs: readonly Job[], runId: string, now: number): readonly Job[] {
  return jobs.filter(
    ({ metadata }) =>
      metadata.labels?.[runLabel] !== runId && (parseIso(metadata.annotations?.[expiresAnnotation]) ?? Number.POSITIVE_INFINITY) > now,
  )
}

/** A beacon's deadline counts from its start, which the controller may take 15 s for, by a clock up to 10 s from ours (`fuse.marginMs`). */
const toleratedMs = 30_000

/** False where it is known that no Faultline made it: each write of ours bears our field manager. */
function mayBeOurs(job: Job): boolean {
  const makers = settersOf(job, ['spec'])
  return makers.length === 0 || makers.some(({ manager }) => manager === fieldManager)
}

/** As `lightBeacon` makes one: no pod, and a deadline of its own, which is when it says that it expires. */
function isBeacon(job: Job, now: number): boolean {
  const { labels, annotations, creationTimestamp } = job.metadata
  const { activeDeadlineSeconds: seconds, parallelism, suspend } = job.spec
  const begun = parseIso(job.status?.startTime) ?? parseIso(creationTimestamp)
  const expires = parseIso(annotations?.[expiresAnnotation])
  if (labels?.[roleLabel] !== 'beacon' || parallelism !== 0 || suspend === true || !isBurning(job) || !mayBeOurs(job)) return false
  if (begun === undefined || expires === undefined || seconds === undefined) return false
  const endsAt = begun + seconds * 1000
  return endsAt > now && Math.abs(endsAt - expires) <= toleratedMs
}

/** The run of another beacon that burns beside ours, by a list of our Jobs that was read once ours stood; null when there is none. */
export async function rivalBeacon(
  context: Pick<FaultContext, 'clock' | 'runId'>,
  jobs: readonly Job[],
  lookUp: LookUpRun,
): Promise<string | null> {
  const now = context.clock.now()
  for (const job of ofOthers(jobs, context.runId, now)) {
    const run = job.metadata.labels?.[runLabel] ?? ''
    if (isBeacon(job, now) && (await lookUp(run)) !== 'over') return run === '' ? job.metadata.name : run
  }
  return null
}
