import type { FuseRef, FuseSpec } from '../../domain/injection.ts'
import type { Job, Pod } from '../../domain/kube.ts'
import { loadLabel, ourLabels, runLabel } from '../../domain/labels.ts'
import type { LoadEnd } from '../../domain/load.ts'
import { lastLine } from '../../domain/load-figures.ts'
import type { LoadSpec } from '../../domain/load-spec.ts'
import { loadFuseName, loadJobName } from '../../domain/names.ts'
import { cutTo } from '../../domain/text.ts'
import type { FaultContext } from '../fault.ts'
import { stateOf } from '../pod-messages.ts'
import { workContainer, workJob } from './work-job.ts'

/**
 * A load's fuse burns this long after its driver last moved it: so long load goes on when every process of ours is gone. A driver that is
 * alive moves it once half of it is used up, so an API server may be away for a minute and a half.
 */
export const loadLeadMs = 180_000

type Place = Pick<FaultContext, 'runId' | 'nonce' | 'namespace'>

/** Where a load's Jobs are. */
export function placeOfLoad({ namespace }: Pick<Place, 'namespace'>, spec: LoadSpec): string {
  return spec.namespace ?? namespace
}

/** The fuse of a load: without a pod, it owns the load's Job. */
export function loadFuse(context: Place, spec: LoadSpec, n: number): FuseSpec {
  return { namespace: placeOfLoad(context, spec), name: loadFuseName(context, n), pod: null }
}

/** What the pods of a load bear. */
export function selectLoad(runId: string, n?: number): string {
  return `${runLabel}=${runId},${loadLabel}${n === undefined ? '' : `=${n}`}`
}

/** The Job of a load; `endsAt`: when the run must be over. */
export function loadJob(
  context: Place & Pick<FaultContext, 'clock'>,
  { spec, n, fuse, endsAt }: { readonly spec: LoadSpec; readonly n: number; readonly fuse: FuseRef | null; readonly endsAt: number },
): Job {
  const labels = { ...ourLabels({ runId: context.runId, step: null, role: 'load' }), [loadLabel]: `${n}` }
  return workJob(spec, {
    namespace: placeOfLoad(context, spec),
    name: loadJobName(context, n),
    labels,
    now: context.clock.now(),
    endsAt,
    fuse,
    graceSeconds: spec.graceSeconds,
  })
}

/** The log's last lines; what cannot be read is empty. `lines`: k6 sums up on some 600 lines. */
export async function logOfWork({ cluster }: Pick<FaultContext, 'cluster'>, pod: Pod, lines = 1_000): Promise<string> {
  const { name, namespace = '' } = pod.metadata
  return cluster.pods.log({ namespace, name, container: workContainer, tailLines: lines })
}

/** How the pod's work ended by itself; null while it has not. */
export function endOfWork(pod: Pod, log: string, at: number): LoadEnd | null {
  const phase = pod.status?.phase
  if (phase !== 'Succeeded' && phase !== 'Failed') return null
  const how = phase === 'Succeeded' ? 'by_itself' : 'died'
  const state = phase === 'Succeeded' ? 'it ended with exit code 0' : (stateOf(pod) ?? 'its pod failed')
  const line = lastLine(log)
  return { at, how, detail: line === '' ? state : `${state}; it said last: ${cutTo(line, 300)}` }
}
