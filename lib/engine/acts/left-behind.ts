import type { KubeObject, ObjectRef, Pod } from '../../domain/kube.ts'
import { refOf } from '../../domain/kube.ts'
import { runLabel, targetLabel } from '../../domain/labels.ts'
import { parseStepTag } from '../../domain/names.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded } from '../../domain/run.ts'
import type { Cluster } from '../../ports.ts'

/** Kinds of objects that a run makes. */
export const ourKinds: readonly Pick<ObjectRef, 'apiVersion' | 'kind'>[] = [
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'v1', kind: 'Pod' },
]

/** Whether nothing will be done for that run in that namespace any more. */
type IsOver = (runId: string, namespace: string) => Promise<boolean>

/** The run of that id, where this table knows it. */
export type LookUp = (runId: string) => Promise<Run | undefined>

/** A label of ours that nothing selects any more, and how to take it away. */
export interface LeftLabel {
  readonly name: string
  readonly runId: string
  readonly isInert: true
  readonly remove: () => Promise<unknown>
}

/**
 * Labels of a partition's targets that its fuse left (it owns the policy, not the pods), of all namespaces when none is given; among `pods`
 * where they were listed already.
 */
export async function leftLabels(
  cluster: Cluster,
  isOver: IsOver,
  { namespace, pods: listed }: { readonly namespace?: string; readonly pods?: readonly Pod[] | undefined } = {},
): Promise<readonly LeftLabel[]> {
  const options = { labelSelector: targetLabel, ...(namespace === undefined ? {} : { namespace }) }
  const marked = listed?.filter(({ metadata }) => metadata.labels?.[targetLabel] !== undefined)
  const pods = marked ?? (await cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, options))
  const left: LeftLabel[] = []
  for (const pod of pods) {
    const tag = pod.metadata.labels?.[targetLabel] ?? ''
    const runId = parseStepTag(tag)?.runId
    if (runId === undefined || !(await isOver(runId, pod.metadata.namespace ?? ''))) continue
    const path = `/metadata/labels/${targetLabel.replace('/', '~1')}`
    left.push({
      name: `label on Pod ${pod.metadata.namespace}/${pod.metadata.name}`,
      runId,
      isInert: true,
      remove: () =>
        cluster.objects.patch(refOf(pod), [
          { op: 'test', path, value: tag },
          { op: 'remove', path },
        ]),
    })
  }
  return left
}

/**
 * A run of this table is over when it ended. One of another table is when it has no object in that namespace any more: its beacon would be
 * the last.
 */
export function overForAll(cluster: Cluster, lookUp: LookUp): IsOver {
  return async (runId, namespace) => {
    const run = await lookUp(runId)
    if (run !== undefined) return isEnded(run)
    const labelSelector = `${runLabel}=${runId}`
    const objects = await Promise.all(ourKinds.map((kind) => cluster.objects.list<KubeObject>(kind, { namespace, labelSelector })))
    return objects.flat().length === 0
  }
}
