import type { Injection } from '../../domain/injection.ts'
import type { Job, KubeObject, Pod } from '../../domain/kube.ts'
import type { FaultContext } from '../fault.ts'
import { jobRef } from '../fuse-job.ts'
import { podsOfJob } from './job.ts'
import type { InjectorCode } from './protocol.ts'
import { parseInjectorLog } from './protocol.ts'
import { injectorUndo } from './undo.ts'

/** Why a kubelet does not start a container, as long as it is so: https://kubernetes.io/docs/concepts/containers/images/#imagepullbackoff */
const cannotStart: readonly string[] = [
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'ImageInspectError',
  'InvalidImageName',
  'RegistryUnavailable',
  'CreateContainerConfigError',
]

/** Why a runtime made a container whose process it could not start (containerd and CRI-O, dockershim): an image without a shell, say. */
const neverRan: readonly string[] = ['StartError', 'ContainerCannotRun']

/** The kubelet's words for why this pod's container does not start; null while it may, or once it has. */
export function startFailure(pod: Pod): string | null {
  if (wasRejected(pod)) return `${pod.status?.reason}: ${pod.status?.message}`
  const status = pod.status?.containerStatuses?.find((one) => one.name === 'injector')
  const ended = status?.state?.terminated
  if (ended?.reason !== undefined && neverRan.includes(ended.reason) && status?.restartCount === 0)
    return ended.message === undefined ? ended.reason : `${ended.reason}: ${ended.message}`
  const waiting = status?.state?.waiting
  if (waiting?.reason === undefined || !cannotStart.includes(waiting.reason) || hasRun(pod)) return null
  return waiting.message === undefined ? waiting.reason : `${waiting.reason}: ${waiting.message}`
}

/** The kubelet refused the pod itself (`OutOfcpu`, `OutOfpods`, a node under pressure): none of its containers was ever made. */
function wasRejected({ status }: Pod): boolean {
  return (
    status?.phase === 'Failed' && status.message?.startsWith('Pod was rejected') === true && (status.containerStatuses ?? []).length === 0
  )
}

function hasRun(pod: Pod): boolean {
  return (pod.status?.containerStatuses ?? []).some(
    (status) => status.restartCount > 0 || status.containerID !== undefined || status.lastState?.terminated !== undefined,
  )
}

interface Event extends KubeObject {
  readonly reason?: string
  readonly message?: string
}

/** Why a Job has no pod, in the words of what refused it (Pod Security, a quota, a webhook); null when it was not refused. */
export async function refusalOfPods(context: FaultContext, job: Job): Promise<string | null> {
  return (await eventsOf(context, job)).findLast((event) => event.reason === 'FailedCreate')?.message ?? null
}

/** By UID: the events of an earlier Job of the same name are still there. */
function eventsOf(context: FaultContext, job: Job): Promise<readonly Event[]> {
  const { namespace = '', uid = '' } = job.metadata
  const fieldSelector = `involvedObject.kind=Job,involvedObject.uid=${uid}`
  return context.cluster.objects.list<Event>({ apiVersion: 'v1', kind: 'Event' }, { namespace, fieldSelector })
}

/** An order that was dead when it was read: told with the undo, and before anything is measured or applied. */
const ofDeadOrders: readonly (InjectorCode | null)[] = ['too_early', 'too_late', 'other_boot']

/** In a pod's own words, why it applied nothing; null when it may have, or when its log is gone. */
async function deadOrderOf(context: FaultContext, { metadata }: Pod): Promise<string | null> {
  const { name, namespace = '' } = metadata
  const lines = parseInjectorLog(await context.cluster.pods.log({ namespace, name, container: 'injector' }))
  const isDead = lines.every(({ phase, code }) => phase === 'undone' && ofDeadOrders.includes(code))
  return isDead ? (lines[0]?.message ?? null) : null
}

/**
 * Why the injector never started, or applied nothing; null when it did, or when that cannot be told. Only while its Job is there (or was
 * refused, as this process saw): every pod the Job ever made must still be listed, each with the kubelet's own word that it does not
 * start, or with its own that its order was dead.
 */
export async function whyNeverStarted(context: FaultContext, injection: Injection, wasRefused: boolean): Promise<string | null> {
  const { source, job: name } = injectorUndo(injection)
  const { namespace } = source
  const job = await context.cluster.objects.get<Job>(jobRef({ namespace, name }))
  if (job === undefined) return wasRefused ? 'its Job was refused' : null
  const pods = await podsOfJob(context, namespace, { name })
  const words = await Promise.all(pods.map(async (pod) => startFailure(pod) ?? (await deadOrderOf(context, pod))))
  const over = pods.filter(({ status }, i) => (status?.phase === 'Failed' || status?.phase === 'Succeeded') && words[i] !== null)
  if ((job.status?.failed ?? 0) + (job.status?.succeeded ?? 0) > over.length) return null
  const events = await eventsOf(context, job)
  if (events.filter((event) => event.reason === 'SuccessfulCreate').length > pods.length) return null
  if (pods.length === 0) return events.findLast((event) => event.reason === 'FailedCreate')?.message ?? null
  return words.includes(null) ? null : (words[0] ?? null)
}
