import { FaultlineError } from '../../domain/errors.ts'
import { isOptedOut } from '../../domain/guard.ts'
import { judgeSuite } from '../../domain/guard-rules.ts'
import { judgeTimes, plannedSpans } from '../../domain/guard-times.ts'
import { isUnmeasured, unmeasured } from '../../domain/hypothesis.ts'
import type { Target } from '../../domain/injection.ts'
import type { KubeObject, Pod } from '../../domain/kube.ts'
import { isReady } from '../../domain/kube.ts'
import { compileSelector } from '../../domain/label-selector.ts'
import { optOutAnnotation, runLabel } from '../../domain/labels.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded } from '../../domain/run.ts'
import type { Baseline } from '../../domain/run-facts.ts'
import type { Suite } from '../../domain/suite.ts'
import { faultName } from '../../domain/suite.ts'
import { protectedNamespaces } from '../../domain/targets.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { fuseJob } from '../../faults/fuse-job.ts'
import { mechanismOf } from '../../faults/network-partition.ts'
import { ownersOf } from '../../faults/owners.ts'
import { missing, neededAccess } from '../../faults/permissions.ts'
import { longestStepMs } from '../../faults/registry.ts'
import { tryJob } from '../../faults/try-job.ts'
import { loadJob, placeOfLoad } from '../../faults/work/load-job.ts'
import type { Cluster } from '../../ports.ts'
import { isoSeconds, parseIso } from '../../time.ts'
import type { Engine } from '../engine.ts'
import { claimOf } from '../lease/claim.ts'
import { beaconSpec } from './beacon.ts'
import { namespaceHint } from './near-misses.ts'
import { otherChaos } from './other-chaos.ts'
import type { LookUpRun } from './others.ts'
import { othersAtWork } from './others.ts'
import type { PlannedStep } from './plan.ts'
import { asRefusal, planSteps, refusalsOf, rulesOf } from './plan.ts'
import { unlessForbidden } from './unless-forbidden.ts'

/** Whether a run may start, with every reason against it, and what it would do. */
export interface Admission {
  readonly refusals: readonly Refusal[]
  /** What concerns the whole run and speaks against nothing; a step's own are with it. */
  readonly warnings: readonly string[]
  readonly baseline: Baseline
  readonly steps: readonly PlannedStep[]
}

/** Everything that is checked on the cluster before a run, reading only. `plan` prints it; a start obeys it. */
export async function examine(context: FaultContext, suite: Suite, seed: number, lookUp: LookUpRun): Promise<Admission> {
  const { namespace, config } = context
  const off = forbiddenNamespace(namespace, config.injector.namespace)
  if (off !== null) return refused(refusal('namespace', off))
  try {
    const found = await context.cluster.objects.get<KubeObject>({ apiVersion: 'v1', kind: 'Namespace', name: namespace })
    if (found === undefined)
      return refused(refusal('namespace', `namespace ${namespace} does not exist${await namespaceHint(context, namespace)}`))
    if (found.metadata.deletionTimestamp !== undefined) {
      const since = `namespace ${namespace} is being deleted since ${found.metadata.deletionTimestamp}: nothing can be made in it`
      return refused(refusal('terminating', since))
    }
    const [others, tools, health, access, quota, load, planned] = await Promise.all([
      othersAtWork(context, lookUp),
      otherChaos(context),
      checkHealth(context, suite),
      missingAccess(context, suite),
      tryFuse(context, suite),
      tryLoads(context, suite),
      planSteps(context, suite, seed),
    ])
    const isNew = (refusal: Omit<Refusal, 'step'>) => ![...access, ...quota].some((told) => isSameRefusal(told, refusal))
    const steps = planned.map((step) => ({ ...step, refusals: step.refusals.filter(isNew) }))
    const rules = rulesOf(context, suite)
    const longestMs = suite.steps.map((step, n) => longestStepMs(step, planned[n]?.injections ?? []))
    const refusals = [
      ...judgeSuite(rules, { cluster: context.clusterName ?? null, namespace }, suite),
      ...judgeTimes(rules, suite, plannedSpans(suite, context.clock.now(), longestMs)),
      ...(isOptedOut(found.metadata.annotations)
        ? [refusal('guard', `namespace ${namespace} is opted out (annotation ${optOutAnnotation})`)]
        : []),
      ...others.refusals,
      ...tools.refusals,
      ...health.refusals,
      ...access,
      ...load.filter((one) => ![...access, ...quota].some((told) => isSameRefusal(told, one))),
      ...quota.filter((one) => !access.some((right) => isSameRefusal(right, one))),
      ...refusalsOf(steps),
    ]
    return {
      refusals,
      warnings: [...(isUnmeasured(suite) ? [unmeasured] : []), ...others.warnings, ...tools.warnings],
      baseline: health.baseline,
      steps,
    }
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return refused({ ...asRefusal(error), step: null })
  }
}

function refused(why: Refusal): Admission {
  return { refusals: [why], warnings: [], baseline: { ready: 0, total: 0 }, steps: [] }
}

/** People's switches that forbid a start. */
export async function forbiddenBySwitch(engine: Engine, run: Pick<Run, 'id' | 'suite'>): Promise<readonly Refusal[]> {
  const { halt, pause, abort } = await engine.store.controls.read({ id: run.id, suite: run.suite.name })
  return [
    ...(halt === null ? [] : [refusal('halted', `everything is halted by ${halt.by}: ${halt.why}`)]),
    ...(pause === null ? [] : [refusal('paused', `suite ${run.suite.name} is paused by ${pause.by}: ${pause.why}`)]),
    ...(abort === null ? [] : [refusal('halted', `this run was aborted before it began, by ${abort.by}: ${abort.why}`)]),
  ]
}

/** One run per cluster and namespace (or node, for a drain). The lock has no expiry: it is taken over only from a run that is over. */
export async function acquireLock(engine: Engine, run: Run, node?: string): Promise<Refusal | null> {
  const key = node === undefined ? namespaceLock(run) : nodeLock(run, node)
  const holder = await engine.store.locks.acquire(key, run.id)
  if (holder === run.id) return null
  const other = await engine.store.runs.load(holder)
  if ((other === undefined || isEnded(other)) && (await engine.store.locks.takeOver(key, holder, run.id))) return null
  const place = `${node === undefined ? `namespace ${run.namespace}` : `node ${node}`} of cluster ${run.cluster.name}`
  return refusal('busy', `run ${holder}${holderText(engine, other)} holds ${place}; ${howToEnd(engine, holder, other)}`)
}

function holderText({ config }: Engine, other: Run | undefined): string {
  if (other === undefined) return ''
  const seen = other.lease === null ? '' : `, last seen alive ${isoSeconds(other.lease.until - config.leaseMs)} as ${other.lease.owner}`
  return ` (${other.status}, begun ${isoSeconds(other.requestedAt)} by ${other.trigger.by}${seen})`
}

/** A live run is waited for or aborted; a dead one blocks until it is reaped. */
function howToEnd(engine: Engine, holder: string, other: Run | undefined): string {
  if (other === undefined) return 'this store does not know it: abort or reap it where it was started'
  if (isEnded(other)) return 'it is over: start again'
  if (other.status === 'awaiting_approval') return 'it waits for an approval of its next step: approve or abort it'
  if (other.lease === null) return 'no driver has it yet, or any more: wait, or end it with "faultline reap"'
  return claimOf(other, engine) === 'held'
    ? `its driver is alive: wait until it is over, or end it with "faultline abort ${holder}"`
    : 'its driver is dead: end it with "faultline reap"'
}

/** Key of the lock of a run's namespace. */
export function namespaceLock(run: Pick<Run, 'cluster' | 'namespace'>): string {
  return `${run.cluster.uid}/${run.namespace}`
}

/** Key of the lock of a node that is being drained. */
export function nodeLock(run: Pick<Run, 'cluster'>, node: string): string {
  return `${run.cluster.uid}/node#${node}`
}

function forbiddenNamespace(namespace: string, injectors: string): string | null {
  if (protectedNamespaces.includes(namespace) || namespace.startsWith('kube-'))
    return `namespace ${namespace} belongs to the cluster itself and is never attacked`
  return namespace === injectors ? `namespace ${namespace} belongs to the injectors and is never attacked` : null
}

/** The workload before the run: what the suite's steps may hit has to be Ready. */
async function checkHealth(
  context: FaultContext,
  suite: Suite,
): Promise<{ readonly baseline: Baseline; readonly refusals: readonly Refusal[] }> {
  const pods = await workloadPods(context, suite)
  const unready = pods.filter((pod) => !isReady(pod))
  const refusals = unready.map((pod) => refusal('unhealthy', `pod ${pod.metadata.name} is not Ready before the start`))
  return { baseline: { ready: pods.length - unready.length, total: pods.length, owners: ownersOf(pods, pods) }, refusals }
}

/** Pods of the workload under test, finished ones left out; as they were seen in the last `maxAgeMs`, where they were. */
export async function workloadPods(
  { cluster, namespace, seen }: Pick<FaultContext, 'cluster' | 'namespace' | 'seen'>,
  suite: Suite,
  maxAgeMs = 0,
): Promise<readonly Pod[]> {
  const selectors = [...new Set([suite.selector, ...suite.steps.map((step) => step.targets.selector)])].map(compileSelector)
  const kind = { apiVersion: 'v1', kind: 'Pod' }
  const recent = maxAgeMs === 0 ? undefined : seen?.<Pod>(kind, { namespace }, maxAgeMs)
  const pods = recent ?? (await cluster.objects.list<Pod>(kind, { namespace }))
  return pods.filter(
    (pod) =>
      pod.metadata.labels?.[runLabel] === undefined &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed' &&
      selectors.some((matches) => matches(pod.metadata.labels)),
  )
}

/** The pods of the workload as targets of what is told about it. */
export async function workloadTargets(
  cluster: Cluster,
  { namespace, suite }: Pick<Run, 'namespace' | 'suite'>,
): Promise<readonly Target[]> {
  const pods = await workloadPods({ cluster, namespace }, suite)
  return pods.map(({ metadata: { name, uid = '' }, spec }) => ({ kind: 'Pod', namespace, name, uid, node: spec.nodeName ?? '' }))
}

async function missingAccess(context: FaultContext, suite: Suite): Promise<readonly Refusal[]> {
  const names = [...new Set(suite.steps.map((step) => faultName(step.fault)))]
  const ofProbes = suite.probes.flatMap(({ source }) => (source.type === 'job' ? [source.namespace ?? context.namespace] : []))
  const places = [...(suite.load ?? []).map((spec) => placeOfLoad(context, spec)), ...ofProbes]
  const needed = neededAccess(names, context, places)
  const allowed = await context.cluster.pods.can(needed)
  return needed.filter((_, i) => allowed[i] !== true).map(missing)
}

interface ResourceQuota extends KubeObject {
  readonly status?: { readonly hard?: Readonly<Record<string, string>>; readonly used?: Readonly<Record<string, string>> }
}

/** Beacon and fuse, refused by a missing right, a quota or an admission webhook, are found by a server-side dry run and by counting. */
async function tryFuse(context: FaultContext, suite: Suite): Promise<readonly Refusal[]> {
  const burnsAt = context.clock.now() + suite.maxDurationMs
  const beacon = fuseJob(context, beaconSpec(context), { step: null, role: 'beacon', burnsAt })
  const asked = context.clock.now()
  let skew: Refusal | null = null
  const refused = await tryJob(context, beacon, (made) => {
    skew = clocksApart(parseIso(made.metadata.creationTimestamp), {
      asked,
      answered: context.clock.now(),
      marginMs: context.config.fuse.marginMs,
    })
  })
  if (skew !== null) return [skew]
  if (refused !== null) return [{ ...refused, step: null }]
  // One Job is what the dry run tried; only a policy's fuse is beside the beacon, those of injectors are in their own namespace.
  if (!suite.steps.some((step) => step.fault.type === 'network_partition' && mechanismOf({ step, config: context.config }) === 'policy'))
    return []
  const quotas = await context.cluster.objects
    .list<ResourceQuota>({ apiVersion: 'v1', kind: 'ResourceQuota' }, { namespace: context.namespace })
    .catch(unlessForbidden<ResourceQuota>)
  return quotas.flatMap((quota) => {
    const [hard, used] = [
      Number(quota.status?.hard?.['count/jobs.batch'] ?? Number.NaN),
      Number(quota.status?.used?.['count/jobs.batch'] ?? 0),
    ]
    return hard - used >= 2 || Number.isNaN(hard)
      ? []
      : [
          refusal(
            'quota',
            `ResourceQuota ${quota.metadata.name} leaves ${hard - used} Jobs in namespace ${context.namespace}; beacon and fuse need 2`,
          ),
        ]
  })
}

/** Each load's Job, refused by a missing namespace, a quota, an admission policy or webhook. */
async function tryLoads(context: FaultContext, suite: Suite): Promise<readonly Refusal[]> {
  const endsAt = context.clock.now() + suite.maxDurationMs
  const tried = (suite.load ?? []).map(async (spec, n): Promise<readonly Refusal[]> => {
    const place = placeOfLoad(context, spec)
    const off = place === context.namespace ? null : forbiddenNamespace(place, context.config.injector.namespace)
    if (off !== null) return [refusal('namespace', `load ${spec.name}: ${off}`)]
    const why = await tryJob(context, loadJob(context, { spec, n, fuse: null, endsAt }))
    return why === null ? [] : [{ ...why, message: `load ${spec.name}: ${why.message}`, step: null }]
  })
  return (await Promise.all(tried)).flat()
}

/** Clocks this far apart move a fuse, which burns by the cluster's clock, no more than its own rounding does. */
const toleratedSkewMs = 5_000

/** A fuse burns by the cluster's clock and a run ends by ours: too far apart they end each other's work, so nothing is made. */
function clocksApart(
  made: number | undefined,
  { asked, answered, marginMs }: { readonly asked: number; readonly answered: number; readonly marginMs: number },
): Refusal | null {
  if (made === undefined) return null
  // The API server tells whole seconds: it was made at `made`, or up to a second later.
  const apartMs = made > answered ? made - answered : asked - (made + 1000)
  if (apartMs <= Math.max(toleratedSkewMs, marginMs)) return null
  const side = made > answered ? 'ahead of' : 'behind'
  return refusal('clock_skew', `the cluster's clock is ${Math.round(apartMs / 1000)} s ${side} this machine's; set the clocks`)
}

/** A missing right is found by asking for it, and again by each dry run that needs it. */
function isSameRefusal(a: Omit<Refusal, 'step'>, b: Omit<Refusal, 'step'>): boolean {
  return a.code === b.code && a.subject !== undefined && a.subject === b.subject
}

function refusal(code: Refusal['code'], message: string): Refusal {
  return { code, step: null, message }
}
