import { FaultlineError } from '../domain/errors.ts'
import type { Pod } from '../domain/kube.ts'
import { isReady } from '../domain/kube.ts'
import { runLabel } from '../domain/labels.ts'
import type { KubernetesSource } from '../domain/probe.ts'
import type { Cluster, ProbeReading } from '../ports.ts'

export interface KubernetesOptions {
  readonly cluster: Pick<Cluster, 'objects'>
  readonly namespace: string
  /** Where restarts are counted from. */
  readonly memory: Map<string, unknown>
}

/** Asks the state of pods; finished ones and Faultline's own do not count. @throws KubernetesError when the API server does not say */
export async function askKubernetes(source: KubernetesSource, { cluster, namespace, memory }: KubernetesOptions): Promise<ProbeReading> {
  const found = await cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace, labelSelector: source.selector })
  const pods = found.filter(
    (pod) => pod.metadata.labels?.[runLabel] === undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed',
  )
  const going = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined)
  const ready = pods.filter(isReady).length
  const message = `${ready} of ${going.length} pods are ready`
  const { read } = source
  switch (read.what) {
    case 'ready':
      return { value: ready, message }
    case 'ready_ratio':
      if (going.length === 0) throw new FaultlineError('not_found', `no pod matches ${source.selector} in namespace ${namespace}`)
      return { value: Math.round((1000 * ready) / going.length) / 1000, message }
    case 'restarts':
      return { value: restartsSince(memory, pods), message }
    case 'condition':
      return {
        value: going.filter((pod) => !(pod.status?.conditions ?? []).some((c) => c.type === read.condition && c.status === read.status))
          .length,
        message,
      }
  }
}

/** Restarts of every container since the first look; those of pods that have gone since are still counted. */
function restartsSince(memory: Map<string, unknown>, pods: readonly Pod[]): number {
  const isFirst = !memory.has('seen')
  memory.set('seen', true)
  for (const pod of pods) {
    for (const { name, restartCount } of pod.status?.containerStatuses ?? []) {
      const key = `${pod.metadata.uid} ${name}`
      const before = memory.get(key) as Restarts | undefined
      memory.set(key, { from: before?.from ?? (isFirst ? restartCount : 0), now: restartCount } satisfies Restarts)
    }
  }
  return [...memory.values()].reduce((sum: number, value) => sum + (isRestarts(value) ? value.now - value.from : 0), 0)
}

interface Restarts {
  readonly from: number
  readonly now: number
}

function isRestarts(value: unknown): value is Restarts {
  return typeof value === 'object' && value !== null && 'from' in value
}
