import type { Config } from '../../config.ts'
import { FaultlineError } from '../../domain/errors.ts'
import type { FuseRef, Target } from '../../domain/injection.ts'
import type { Job, KubeObject, Pod } from '../../domain/kube.ts'
import { expiresAnnotation, ourLabels, stepTag } from '../../domain/labels.ts'
import { isoSeconds } from '../../time.ts'
import type { FaultContext } from '../fault.ts'
import { jobRef, ownedBy } from '../fuse.ts'
import type { InjectorAction } from './protocol.ts'

/** Everything one injector is told; reaches its script as environment, never as script text. */
export interface InjectorOrder {
  readonly runId: string
  readonly step: number
  readonly name: string
  readonly node: string
  readonly action: InjectorAction
  readonly targets: readonly Target[]
  /** Addresses that concern one target only, by its UID. */
  readonly peers: Readonly<Record<string, readonly string[]>>
  /** When it undoes by itself, ms since epoch. */
  readonly endsAt: number
  readonly env: Readonly<Record<string, string>>
}

/** Kubernetes kills the Job this long after the injector's own end. */
const deadlineMarginSeconds = 15

/** The privileged Job that works on one node; owned by the step's fuse, so that it goes with it. */
export function injectorJob(
  order: InjectorOrder,
  options: { readonly config: Config; readonly now: number; readonly fuse: FuseRef | null },
): Job {
  const { config, now, fuse } = options
  const labels = ourLabels({ runId: order.runId, step: order.step, role: order.action === 'check' ? 'check' : 'injector' })
  const seconds = Math.max(1, Math.ceil((order.endsAt - now) / 1000))
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: order.name,
      namespace: config.injector.namespace,
      labels,
      annotations: { [expiresAnnotation]: isoSeconds(order.endsAt + deadlineMarginSeconds * 1000) },
      ...(fuse === null ? {} : { ownerReferences: ownedBy(fuse) }),
    },
    spec: {
      parallelism: 1,
      backoffLimit: order.action === 'check' ? 0 : 3,
      activeDeadlineSeconds: seconds + deadlineMarginSeconds,
      ttlSecondsAfterFinished: 60,
      template: { metadata: { labels }, spec: injectorPod(order, config) },
    },
  }
}

function injectorPod(order: InjectorOrder, config: Config): object {
  return {
    restartPolicy: 'Never',
    nodeName: order.node,
    hostPID: true,
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 30,
    tolerations: [{ operator: 'Exists' }],
    containers: [
      {
        name: 'injector',
        image: config.injector.image ?? '',
        imagePullPolicy: config.injector.pullPolicy,
        securityContext: { privileged: true },
        env: Object.entries(environment(order)).map(([name, value]) => ({ name, value })),
        resources: { requests: { cpu: '50m', memory: '32Mi' } },
      },
    ],
  }
}

function environment(order: InjectorOrder): Readonly<Record<string, string>> {
  const lines = order.targets.map((t) => targetLine(t, order.peers[t.uid] ?? []))
  return {
    FAULTLINE_ACTION: order.action,
    FAULTLINE_TARGETS: lines.join('\n'),
    FAULTLINE_ENDS_AT: String(Math.ceil(order.endsAt / 1000)),
    FAULTLINE_TAG: stepTag(order.runId, order.step),
    ...order.env,
  }
}

/** `<pod UID> <container ID> <namespace>/<pod>/<container> [address,address…]` */
function targetLine(target: Target, peers: readonly string[]): string {
  const id = (target.container?.id ?? '').replace(/^.*:\/\//, '')
  return `${target.uid} ${id} ${target.namespace}/${target.name}/${target.container?.name ?? ''} ${peers.join(',')}`.trimEnd()
}

/** Creates the Job, or finds the one of that name that is ours already. */
export async function ensureJob(context: FaultContext, job: Job, ownerUid: string | null): Promise<Job> {
  try {
    return await context.cluster.objects.create(job)
  } catch (error) {
    if (!(error instanceof FaultlineError && error.code === 'already_exists')) throw error
    const { name, namespace = '' } = job.metadata
    const found = await context.cluster.objects.get<Job>(jobRef({ namespace, name }))
    const ours = ownerUid === null || (found?.metadata.ownerReferences ?? []).some((owner) => owner.uid === ownerUid)
    if (found === undefined || !ours || found.metadata.deletionTimestamp !== undefined) throw error
    return found
  }
}

/** The pods of all Jobs of that name, or only those of the Job with that UID; newest last. */
export async function podsOfJob(
  context: FaultContext,
  namespace: string,
  job: { readonly name: string; readonly uid?: string | undefined },
): Promise<readonly Pod[]> {
  const labelSelector = `job-name=${job.name}${job.uid === undefined ? '' : `,controller-uid=${job.uid}`}`
  const pods = await context.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector })
  return pods.toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1))
}

interface Event extends KubeObject {
  readonly reason?: string
  readonly message?: string
}

/** Why a Job has no pod, in the words of whoever refused it (Pod Security, a quota, a webhook); null when nobody did. */
export async function refusalOfPods(context: FaultContext, namespace: string, job: string): Promise<string | null> {
  const events = await context.cluster.objects.list<Event>(
    { apiVersion: 'v1', kind: 'Event' },
    { namespace, fieldSelector: `involvedObject.kind=Job,involvedObject.name=${job}` },
  )
  return events.findLast((event) => event.reason === 'FailedCreate')?.message ?? null
}
