import { FaultlineError, KubernetesError, VersionConflict } from '../domain/errors.ts'
import type { KubeObject, Node, Pod } from '../domain/kube.ts'
import { refOf } from '../domain/kube.ts'
import { cordonAnnotation, expiresAnnotation, managedSelector, roleLabel, runLabel, targetLabel } from '../domain/labels.ts'
import type { Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import type { Cluster } from '../ports.ts'
import { parseIso } from '../time.ts'
import type { DriveOptions } from './drive.ts'
import { claimOn, drive } from './drive.ts'
import type { Engine } from './engine.ts'
import { ourKinds } from './verify.ts'

/** What one round of the reaper did. */
export interface Reaped {
  /** Runs whose driver was gone, as they are now. */
  readonly runs: readonly Run[]
  /** Runs that somebody still drives. */
  readonly alive: readonly Run[]
  readonly errors: readonly { readonly runId: string; readonly message: string }[]
}

/** Ends what dead drivers left: every run whose lease is over without a hand-over is reverted and ends `aborted`. */
export async function reapRuns(engine: Engine, runs: readonly Run[], options: DriveOptions = {}): Promise<Reaped> {
  const ended: Run[] = []
  const alive: Run[] = []
  const errors: { runId: string; message: string }[] = []
  for (const stale of runs) {
    try {
      const run = await engine.store.runs.load(stale.id)
      if (run === undefined || isEnded(run) || run.status === 'awaiting_approval') continue
      if (claimOn(run, engine) === 'held') alive.push(run)
      else ended.push(await drive(engine, run.id, options))
    } catch (error) {
      if (!(error instanceof FaultlineError)) throw error
      if (error instanceof VersionConflict || error.code === 'lease_lost') continue
      errors.push({ runId: stale.id, message: error.message })
    }
  }
  return { runs: ended, alive, errors }
}

/**
 * Removes objects of ours whose run is over or unknown and whose `expires-at` has passed. Goes by label, never by owner. Objects of
 * a run that is over are orphans at once; those of an unknown run (another table's) only when they have expired.
 */
export async function sweepOrphans(engine: Engine, cluster: Cluster): Promise<readonly string[]> {
  const found = await Promise.all(ourKinds.map((kind) => cluster.objects.list<KubeObject>(kind, { labelSelector: managedSelector })))
  const known = new Map<string, Run | undefined>()
  const lookUp = async (id: string) => {
    if (!known.has(id)) known.set(id, await engine.store.runs.load(id))
    return known.get(id)
  }
  const removed: string[] = []
  for (const object of found.flat()) {
    const { labels = {}, annotations, uid, deletionTimestamp } = object.metadata
    if (deletionTimestamp !== undefined || (object.kind === 'Pod' && object.metadata.ownerReferences !== undefined)) continue
    const run = await lookUp(labels[runLabel] ?? '')
    const expired = (parseIso(annotations?.[expiresAnnotation]) ?? Number.POSITIVE_INFINITY) < engine.clock.now()
    if (run === undefined ? !expired : !isEnded(run)) continue
    await cluster.objects.delete(refOf(object), uid === undefined ? {} : { uid })
    removed.push(`${object.kind} ${object.metadata.namespace}/${object.metadata.name} (${labels[roleLabel] ?? 'unknown role'})`)
  }
  return [...removed, ...(await sweepLabels(cluster, lookUp)), ...(await sweepCordons(cluster, lookUp))]
}

type LookUp = (runId: string) => Promise<Run | undefined>

/** A target label of a run that is over: inert, but ours to take away. */
async function sweepLabels(cluster: Cluster, lookUp: LookUp): Promise<readonly string[]> {
  const pods = await cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { labelSelector: targetLabel })
  const removed: string[] = []
  for (const pod of pods) {
    const run = await lookUp((pod.metadata.labels?.[targetLabel] ?? '').replace(/-\d+$/, ''))
    if (run === undefined || !isEnded(run)) continue
    await cluster.objects.patch(refOf(pod), { metadata: { labels: { [targetLabel]: null } } })
    removed.push(`label on Pod ${pod.metadata.namespace}/${pod.metadata.name}`)
  }
  return removed
}

/** A cordon of a run that is over; one of an unknown run is left to its fuse. */
async function sweepCordons(cluster: Cluster, lookUp: LookUp): Promise<readonly string[]> {
  const nodes = await cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' }).catch((error: unknown): readonly Node[] => {
    if (error instanceof KubernetesError && error.code === 'forbidden') return []
    throw error
  })
  const removed: string[] = []
  for (const node of nodes) {
    const match = /^faultline-(.+)-\d+-n\d+$/.exec(node.metadata.annotations?.[cordonAnnotation] ?? '')
    const run = match?.[1] === undefined ? undefined : await lookUp(match[1])
    if (run === undefined || !isEnded(run)) continue
    const { resourceVersion } = node.metadata
    await cluster.objects.patch(refOf(node), {
      metadata: { resourceVersion, annotations: { [cordonAnnotation]: null } },
      spec: { unschedulable: null },
    })
    removed.push(`cordon of Node ${node.metadata.name}`)
  }
  return removed
}
