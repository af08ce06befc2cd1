import type { Cluster } from '../cluster.ts'
import { deleteObject } from '../deletion.ts'
import { recordEvent } from '../events.ts'
import type { Job, JobStatus } from '../kinds.ts'
import { conditionOf, isActive, isFinished, isReady } from '../pod-state.ts'
import type { Condition, Pod } from '../wire.ts'
import { createPodFor, deletePodFor, podsOf } from './pods.ts'
import { type Controller, keysOf, ownerKeys, splitKey } from './runner.ts'

const component = 'job-controller'
const stepMs = 50
const ttlReactionMs = 500
const backOffBaseMs = 10_000
const backOffCapMs = 600_000

interface Verdict {
  readonly reason: string
  readonly message: string
}

/**
 * Runs Jobs as the real controller does: startTime unless suspended, a deadline counted from it, FailureTarget first
 * and Failed once the pods are gone, Complete at enough completions, and the TTL after the end.
 */
export function jobController(cluster: Cluster): Controller {
  return {
    name: component,
    keys: (change) => [...keysOf(change, 'jobs'), ...ownerKeys(change, 'pods', 'Job')],
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const job = cluster.store.get('jobs', name, namespace)
      if (job === undefined || job.metadata.deletionTimestamp !== undefined) return undefined
      const end = endOf(job)
      return end === undefined ? work(cluster, job) : expire(cluster, job, end)
    },
  }
}

function endOf(job: Job): Condition | undefined {
  const done = (job.status?.conditions ?? []).find((one) => one.type === 'Failed' || one.type === 'Complete')
  return done?.status === 'True' ? done : undefined
}

function expire(cluster: Cluster, job: Job, end: Condition): number | undefined {
  const ttl = job.spec.ttlSecondsAfterFinished
  if (ttl === undefined) return undefined
  const due = Date.parse(end.lastTransitionTime ?? cluster.timestamp()) + ttl * 1000 + ttlReactionMs
  if (due > cluster.now()) return due
  deleteObject(cluster, job, { propagationPolicy: 'Background' })
  return undefined
}

function work(cluster: Cluster, job: Job): number | undefined {
  const target = conditionOf(job.status?.conditions, 'FailureTarget')
  if (target !== undefined) return failWhenEmpty(cluster, job, target)
  if (job.spec.suspend) return suspend(cluster, job)
  const started = ensureStarted(cluster, job)
  const deadline = deadlineOf(started)
  if (deadline !== undefined && deadline <= cluster.now()) {
    return fail(cluster, started, { reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' })
  }
  const pods = podsOf(cluster, started)
  const failed = pods.filter((pod) => pod.status.phase === 'Failed')
  if (failed.length > (started.spec.backoffLimit ?? 6) || restarts(pods) > (started.spec.backoffLimit ?? 6)) {
    return fail(cluster, started, { reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' })
  }
  const again = manage(cluster, started, pods)
  publish(cluster, started)
  return earliest(deadline, again)
}

function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const given = times.filter((time) => time !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}

function restarts(pods: readonly Pod[]): number {
  const counted = pods.filter((pod) => pod.spec.restartPolicy === 'OnFailure')
  return counted.flatMap((pod) => pod.status.containerStatuses ?? []).reduce((sum, one) => sum + one.restartCount, 0)
}

function deadlineOf({ spec, status }: Job): number | undefined {
  if (spec.activeDeadlineSeconds === undefined || status?.startTime === undefined) return undefined
  return Date.parse(status.startTime) + spec.activeDeadlineSeconds * 1000
}

function ensureStarted(cluster: Cluster, job: Job): Job {
  const now = cluster.timestamp()
  const started = cluster.modify(job, (draft) => {
    draft.status ??= {}
    draft.status.startTime ??= now
    const suspended = draft.status.conditions?.find((one) => one.type === 'Suspended')
    if (suspended?.status === 'True')
      Object.assign(suspended, { status: 'False', reason: 'JobResumed', message: 'Job resumed', lastTransitionTime: now })
  })
  return started ?? job
}

function suspend(cluster: Cluster, job: Job): undefined {
  for (const pod of podsOf(cluster, job).filter(isActive)) deletePodFor(cluster, job, pod, component)
  const now = cluster.timestamp()
  cluster.modify(job, (draft) => {
    const { startTime: _forgotten, ...rest } = draft.status ?? {}
    const others = (rest.conditions ?? []).filter((one) => one.type !== 'Suspended')
    const before = conditionOf(rest.conditions, 'Suspended')
    const since = before?.status === 'True' ? (before.lastTransitionTime ?? now) : now
    const condition: Condition = {
      type: 'Suspended',
      status: 'True',
      reason: 'JobSuspended',
      message: 'Job suspended',
      lastProbeTime: since,
      lastTransitionTime: since,
    }
    draft.status = { ...rest, conditions: [...others, condition], active: podsOf(cluster, job).filter(isActive).length }
  })
  return undefined
}

function fail(cluster: Cluster, job: Job, verdict: Verdict): number {
  addCondition(cluster, job, { type: 'FailureTarget', status: 'True', ...verdict })
  recordEvent(cluster, job, { type: 'Warning', ...verdict, component })
  for (const pod of podsOf(cluster, job).filter(isActive)) deletePodFor(cluster, job, pod, component)
  publish(cluster, job)
  return cluster.now() + stepMs
}

function addCondition(cluster: Cluster, job: Job, condition: Condition, more: Partial<JobStatus> = {}): void {
  const now = cluster.timestamp()
  cluster.modify(job, (draft) => {
    const conditions = [...(draft.status?.conditions ?? []), { ...condition, lastProbeTime: now, lastTransitionTime: now }]
    draft.status = { ...draft.status, ...more, conditions }
  })
}

function failWhenEmpty(cluster: Cluster, job: Job, target: Condition): number | undefined {
  const left = podsOf(cluster, job).filter((pod) => !isFinished(pod))
  publish(cluster, job)
  if (left.length > 0) return undefined
  const since = Date.parse(target.lastTransitionTime ?? '') + stepMs
  if (since > cluster.now()) return since
  const { reason = '', message = '' } = target
  addCondition(cluster, job, { type: 'Failed', status: 'True', reason, message })
  return undefined
}

function manage(cluster: Cluster, job: Job, pods: readonly Pod[]): number | undefined {
  const { parallelism = 1, completions } = job.spec
  const succeeded = pods.filter((pod) => pod.status.phase === 'Succeeded').length
  const active = pods.filter(isActive)
  const anyDone = completions === undefined && succeeded > 0
  if ((completions !== undefined && succeeded >= completions) || (anyDone && active.length === 0)) {
    if (completions === 0 || succeeded > 0) complete(cluster, job, active)
    return undefined
  }
  const wanted = anyDone ? active.length : Math.min(parallelism, completions === undefined ? parallelism : completions - succeeded)
  for (const pod of active.slice(wanted)) deletePodFor(cluster, job, pod, component)
  if (active.length >= wanted) return undefined
  const due = backOffEnd(pods)
  if (due > cluster.now()) return due
  for (let made = active.length; made < wanted; made++) {
    if (createPodFor(cluster, job, job.spec.template, { component }) === undefined) return cluster.now() + backOffBaseMs
  }
  return undefined
}

function backOffEnd(pods: readonly Pod[]): number {
  const failed = pods.filter((pod) => pod.status.phase === 'Failed')
  if (failed.length === 0) return 0
  const ends = failed
    .flatMap((pod) => pod.status.containerStatuses ?? [])
    .map((one) => Date.parse(one.state.terminated?.finishedAt ?? '') || 0)
  return Math.max(0, ...ends) + Math.min(backOffCapMs, backOffBaseMs * 2 ** (failed.length - 1))
}

function complete(cluster: Cluster, job: Job, active: readonly Pod[]): void {
  for (const pod of active) deletePodFor(cluster, job, pod, component)
  publish(cluster, job)
  const verdict = { reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
  addCondition(cluster, job, { type: 'SuccessCriteriaMet', status: 'True', ...verdict })
  addCondition(cluster, job, { type: 'Complete', status: 'True', ...verdict }, { completionTime: cluster.timestamp() })
  recordEvent(cluster, job, { reason: 'Completed', message: 'Job completed', component })
}

function publish(cluster: Cluster, job: Job): void {
  const pods = podsOf(cluster, job)
  const active = pods.filter(isActive)
  const counts = {
    active: active.length,
    ready: active.filter(isReady).length,
    terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isFinished(pod)).length,
    succeeded: pods.filter((pod) => pod.status.phase === 'Succeeded').length,
    failed: pods.filter((pod) => pod.status.phase === 'Failed').length,
  }
  cluster.modify(job, (draft) => {
    const status: JobStatus = { ...draft.status, ready: counts.ready, terminating: counts.terminating, uncountedTerminatedPods: {} }
    for (const field of ['active', 'succeeded', 'failed'] as const) {
      if (counts[field] > 0) status[field] = counts[field]
      else delete status[field]
    }
    draft.status = status
  })
}
