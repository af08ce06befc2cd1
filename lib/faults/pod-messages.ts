import type { Pod } from '../domain/kube.ts'
import type { FaultContext } from './fault.ts'

/** As much of a log as a reader of one message bears. */
const maxWords = 300

/**
 * Why the newest pod of a Job is not Ready, in the kubelet's words and its own last ones: `: pod x: …`, '' when there is nothing to tell.
 * Read while the Job is still there, because its pods go with it. Best effort: what cannot be read is left out.
 */
export async function whatPodsSay(
  context: Pick<FaultContext, 'cluster'>,
  job: { readonly namespace: string; readonly name: string; readonly uid?: string | undefined },
): Promise<string> {
  try {
    const pods = await context.cluster.objects.list<Pod>(
      { apiVersion: 'v1', kind: 'Pod' },
      { namespace: job.namespace, labelSelector: `job-name=${job.name}` },
    )
    const newest = pods.toSorted((a, b) => ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1))
    const telling = newest.toReversed().find((pod) => stateOf(pod) !== null)
    if (telling === undefined) return pods.length === 0 ? ': no pod was made of it' : ''
    const said = await lastLines(context, telling)
    return `: pod ${telling.metadata.name}: ${stateOf(telling)}${said === '' ? '' : `; it said: ${said}`}`
  } catch {
    return ''
  }
}

/** `OOMKilled (exit code 137)`, `ImagePullBackOff: …`, `Unschedulable: …`, `Evicted: …`; null while all is well. */
export function stateOf(pod: Pod): string | null {
  const words = (...parts: readonly (string | undefined)[]) => parts.filter((part) => part !== undefined && part !== '').join(': ')
  for (const { state, lastState } of pod.status?.containerStatuses ?? []) {
    const ended = state?.terminated ?? lastState?.terminated
    if (ended !== undefined && ended.exitCode !== 0) return `${ended.reason ?? 'Error'} (exit code ${ended.exitCode})`
    if (state?.waiting?.reason !== undefined) return words(state.waiting.reason, state.waiting.message)
  }
  const unscheduled = pod.status?.conditions?.find((c) => c.type === 'PodScheduled' && c.status === 'False')
  if (unscheduled !== undefined) return words(unscheduled.reason, unscheduled.message)
  return pod.status?.reason === undefined ? null : words(pod.status.reason, pod.status.message)
}

async function lastLines({ cluster }: Pick<FaultContext, 'cluster'>, pod: Pod): Promise<string> {
  const { name, namespace = '' } = pod.metadata
  const container = pod.spec.containers[0]?.name ?? ''
  return lastWords(await cluster.pods.log({ namespace, name, container }))
}

/** The end of a log for people: an injector's lines for its driver (JSON) are left out, which leaves what its shell and tools complained of. */
export function lastWords(log: string): string {
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('{'))
  return lines.slice(-3).join(' / ').slice(-maxWords)
}
