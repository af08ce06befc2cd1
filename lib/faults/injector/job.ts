import type { Config } from '../../config.ts'
import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import type { FuseRef, Target } from '../../domain/injection.ts'
import type { Job, Pod } from '../../domain/kube.ts'
import { expiresAnnotation, ourLabels, runLabel } from '../../domain/labels.ts'
import { stepTag } from '../../domain/names.ts'
import { isoSeconds } from '../../time.ts'
import type { FaultContext } from '../fault.ts'
import { jobRef, ownedBy } from '../fuse-job.ts'
import { injectorStartMs } from './bite-time.ts'
import type { InjectorAction } from './protocol.ts'
import { injectorScript } from './script/injector-script.ts'

/** Everything one injector is told; reaches its script as environment, never as script text. */
export interface InjectorOrder {
  readonly runId: string
  readonly step: number
  readonly name: string
  readonly node: string
  readonly source: InjectorSource
  readonly action: InjectorAction
  readonly targets: readonly Target[]
  /** Addresses that concern one target only, by its UID. */
  readonly peers: Readonly<Record<string, readonly string[]>>
  /** When it undoes by itself, ms since epoch. */
  readonly endsAt: number
  /** The node's boot that it is meant for; empty: any. */
  readonly bootId: string
  /** When it was given, ms since epoch by the node's clock as far as that is known: it must be carried out right after. */
  readonly givenAt: number
  readonly env: Readonly<Record<string, string>>
  /** What is run in place of the injector's script. @default injectorScript */
  readonly script?: string
}

/** Where injectors of a step come from and live; stored with its undo data, so that a revert needs no configuration. */
export type InjectorSource = Config['injector'] & { readonly image: string }

/** The script makes it once every target bites, or has failed. */
const readyFile = '/tmp/faultline-ready'

/**
 * The Job controller makes a replacement pod no sooner than this after the first one failed
 * (https://kubernetes.io/docs/concepts/workloads/controllers/job/#pod-backoff-failure-policy).
 */
const jobBackOffMs = 10_000

/** How far the node's clock may be behind; also told to the injector, which does not begin before its order was given. */
export const orderSkewMs = 1_000

/**
 * An order dies this long after it was given, so that no replacement pod can still carry it out, remember what it may: one made after the
 * back-off, by a clock that is behind as far as is tolerated, comes too late. Long enough for a pod whose image is there: Kubernetes' own
 * objective is 5 s (https://github.com/kubernetes/community/blob/master/sig-scalability/slos/pod_startup_latency.md). Where it must be
 * pulled first, the living driver gives the order anew.
 */
export const orderLivesMs = jobBackOffMs - orderSkewMs

/** A pod that Kubernetes itself calls the first of its Job cannot be a replacement: it may take its time to start, and some seconds more. */
const firstOrderLivesMs = injectorStartMs + 5_000

/**
 * How often the pod's index failed before it, told by the Job controller of Indexed Jobs with a back-off per index: from Kubernetes 1.29 on,
 * absent before (https://kubernetes.io/docs/concepts/workloads/controllers/job/#backoff-limit-per-index).
 */
const failureCount = "metadata.annotations['batch.kubernetes.io/job-index-failure-count']"

/** A pod of an Indexed Job is named after it with its index, and that must be a DNS label: 63 characters. */
const longestIndexedName = 63 - '-0'.length

/** Kubernetes kills the Job this long after the injector's own end. */
const deadlineMarginSeconds = 15

/** The privileged Job that works on one node; owned by the step's fuse, so that it goes with it. */
export function injectorJob(order: InjectorOrder, options: { readonly now: number; readonly fuse: FuseRef | null }): Job {
  const { now, fuse } = options
  const labels = ourLabels({ runId: order.runId, step: order.step, role: order.action === 'check' ? 'check' : 'injector' })
  const seconds = Math.max(1, Math.ceil((order.endsAt - now) / 1000))
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: order.name,
      namespace: order.source.namespace,
      labels,
      annotations: { [expiresAnnotation]: isoSeconds(order.endsAt + deadlineMarginSeconds * 1000) },
      ...(fuse === null ? {} : { ownerReferences: ownedBy(fuse) }),
    },
    spec: {
      parallelism: 1,
      backoffLimit: order.action === 'check' ? 0 : replacements,
      ...(isIndexed(order) ? { completionMode: 'Indexed', completions: 1, backoffLimitPerIndex: replacements } : {}),
      activeDeadlineSeconds: seconds + deadlineMarginSeconds,
      ttlSecondsAfterFinished: 60,
      template: { metadata: { labels }, spec: injectorPod(order) },
    },
  }
}

/** Replacements only clean; three of them outlast a node whose kubelet is restarted meanwhile. */
const replacements = 3

const isIndexed = ({ action, name }: InjectorOrder): boolean => action !== 'check' && name.length <= longestIndexedName

function injectorPod(order: InjectorOrder): object {
  const twin = order.action === 'check' ? [] : [container(order, 'twin')]
  return {
    restartPolicy: 'Never',
    nodeName: order.node,
    hostPID: true,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 30,
    tolerations: order.source.tolerations,
    imagePullSecrets: order.source.pullSecrets.map((name) => ({ name })),
    containers: [container(order, 'main'), ...twin],
  }
}

/** The script itself is the command, so that image and version never disagree; the twin watches the main one and undoes when it dies. */
function container(order: InjectorOrder, role: 'main' | 'twin'): object {
  const env = { ...environment(order), FAULTLINE_ROLE: role }
  const isReady = { exec: { command: ['test', '-e', readyFile] }, periodSeconds: 1, timeoutSeconds: 5 }
  return {
    name: role === 'main' ? 'injector' : 'twin',
    image: order.source.image,
    imagePullPolicy: order.source.pullPolicy,
    command: ['sh', '-c', order.script ?? injectorScript],
    securityContext: { privileged: true },
    env: [
      ...Object.entries(env).map(([name, value]) => ({ name, value: literal(value) })),
      ...(isIndexed(order) ? [{ name: 'FAULTLINE_FAILURES', valueFrom: { fieldRef: { fieldPath: failureCount } } }] : []),
    ],
    resources: resourcesOf(order),
    ...(role === 'main' && order.action !== 'check' ? { readinessProbe: isReady } : {}),
  }
}

/** The kubelet turns a pod away whose requests its node has not got left; a proof must not fail for that. */
function resourcesOf({ action, source: { resources } }: InjectorOrder): object {
  if (action !== 'check') return resources
  const names = Object.keys({ ...resources.limits, ...resources.requests })
  return { ...resources, requests: Object.fromEntries(names.map((name) => [name, '0'])) }
}

function environment(order: InjectorOrder): Readonly<Record<string, string>> {
  const lines = order.targets.map((t) => targetLine(t, order.peers[t.uid] ?? []))
  return {
    FAULTLINE_ACTION: order.action,
    FAULTLINE_TARGETS: lines.join('\n'),
    FAULTLINE_ENDS_AT: String(Math.ceil(order.endsAt / 1000)),
    FAULTLINE_APPLY_FROM: String(Math.floor((order.givenAt - orderSkewMs) / 1000)),
    FAULTLINE_APPLY_BY: String(Math.floor((order.givenAt + orderLivesMs) / 1000)),
    FAULTLINE_APPLY_BY_FIRST: String(Math.floor((order.givenAt + firstOrderLivesMs) / 1000)),
    FAULTLINE_BOOT_ID: order.bootId,
    FAULTLINE_TAG: stepTag(order.runId, order.step),
    ...order.env,
  }
}

/** Kubernetes expands `$(VAR)` in values; `$$` is a plain `$` (https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/). */
function literal(value: string): string {
  return value.replaceAll('$', '$$$$')
}

/** `<pod UID> <container ID> <namespace>/<pod>/<container> [address,address…]` */
function targetLine(target: Target, peers: readonly string[]): string {
  const id = (target.container?.id ?? '').replace(/^.*:\/\//, '')
  return `${target.uid} ${id} ${target.namespace}/${target.name}/${target.container?.name ?? ''} ${peers.join(',')}`.trimEnd()
}

/** Creates the Job, or finds the one of that name that is ours already. */
export async function ensureJob(context: FaultContext, job: Job, ownerUid: string | null): Promise<Job> {
  try {
    return await context.cluster.objects.create(job, { until: context.interrupt })
  } catch (error) {
    if (!(error instanceof FaultlineError && error.code === 'already_exists')) throw error
    const { name, namespace = '' } = job.metadata
    const found = await context.cluster.objects.get<Job>(jobRef({ namespace, name }))
    const ours = ownerUid === null || (found?.metadata.ownerReferences ?? []).some((owner) => owner.uid === ownerUid)
    if (found === undefined || !ours || found.metadata.deletionTimestamp !== undefined) throw error
    return found
  }
}

/** The API server said no to a Job, so that there is none: not an answer that was lost. */
export function isRefusal(error: unknown): error is KubernetesError {
  return error instanceof KubernetesError && ['forbidden', 'invalid', 'not_found'].includes(error.code)
}

/** What selects the pods of all Jobs of that name, or only those of the Job with that UID. */
function selectPods(namespace: string, job: { readonly name: string; readonly uid?: string | undefined }) {
  return { namespace, labelSelector: `job-name=${job.name}${job.uid === undefined ? '' : `,controller-uid=${job.uid}`}` }
}

/** The same pods, as they are followed: among all of the run in that namespace, so that one watch is enough for all of its Jobs. */
export function followPods(runId: string, namespace: string, job: { readonly name: string; readonly uid?: string | undefined }) {
  const isOf = ({ metadata: { labels } }: Pod) =>
    labels?.['job-name'] === job.name && (job.uid === undefined || labels['controller-uid'] === job.uid)
  return { namespace, labelSelector: `${runLabel}=${runId}`, isOf }
}

/** A list of what is in a cluster's namespace takes less than a second. */
const listedMs = 2_000

/**
 * The pods of a Job as they are followed at this moment, which takes no call; listed where nothing is. For what proves nothing by itself: whom
 * to end, whose log to read.
 */
export async function podsFollowed(context: FaultContext, runId: string, namespace: string, name: string): Promise<readonly Pod[]> {
  if (context.keep?.aborted !== false) return podsOfJob(context, namespace, { name })
  const { isOf, ...selected } = followPods(runId, namespace, { name })
  let found: readonly Pod[] = []
  const look = (pods: readonly Pod[]) => {
    found = pods.filter(isOf)
    return true
  }
  const kind = { apiVersion: 'v1', kind: 'Pod' }
  const seen = await context.cluster.awaitList?.<Pod>(kind, { ...selected, maxMs: listedMs, keep: context.keep }, look)
  return seen === 'there' ? inOrder(found) : podsOfJob(context, namespace, { name })
}

/** The pods of all Jobs of that name, or only those of the Job with that UID; newest last. */
export async function podsOfJob(
  context: FaultContext,
  namespace: string,
  job: { readonly name: string; readonly uid?: string | undefined },
): Promise<readonly Pod[]> {
  const pods = await context.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, selectPods(namespace, job))
  return inOrder(pods)
}

function inOrder(pods: readonly Pod[]): readonly Pod[] {
  return pods.toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1))
}
