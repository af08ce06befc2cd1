import type { KubeObject, Node } from '../domain/kube.ts'
import { refOf } from '../domain/kube.ts'
import { cordonAnnotation, expiresAnnotation, managedSelector, roleLabel, runLabel } from '../domain/labels.ts'
import { parseCordonFuse } from '../domain/names.ts'
import type { Run } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import { liftOf } from '../faults/node-drain/cordon.ts'
import type { Cluster } from '../ports.ts'
import { parseIso } from '../time.ts'
import { type LookUp, leftLabels, ourKinds, overForAll } from './acts/left-behind.ts'
import { unlessForbidden } from './acts/unless-forbidden.ts'
import type { DriveOptions } from './drive.ts'
import { drive } from './drive.ts'
import type { Engine } from './engine.ts'
import { isAwaiting, isWaitOver } from './lease/awaiting.ts'
import { claimOf, isTaken } from './lease/claim.ts'

/** What one round of the reaper did. */
export interface Reaped {
  /** Runs whose driver was gone, as they are now. */
  readonly runs: readonly Run[]
  /** Runs that have a driver. */
  readonly alive: readonly Run[]
  readonly errors: readonly { readonly runId: string; readonly message: string }[]
}

/**
 * Ends what dead drivers left: every run whose lease is over without a hand-over is reverted and ends `aborted`. Side by side, so that
 * one that cannot be proven undone holds up no other; what goes wrong with one is told and concerns no other.
 */
export async function reapRuns(engine: Engine, runs: readonly Pick<Run, 'id'>[], options: DriveOptions = {}): Promise<Reaped> {
  const ended: Run[] = []
  const alive: Run[] = []
  const errors: { runId: string; message: string }[] = []
  await Promise.all(
    runs.map(async ({ id }) => {
      try {
        const run = await engine.store.runs.load(id)
        if (run === undefined || isEnded(run)) return
        if (isAwaiting(run) && !(await isWaitOver(engine, run))) return
        if (claimOf(run, engine) === 'held') alive.push(run)
        else ended.push(await drive(engine, id, options))
      } catch (error) {
        if (isTaken(error)) return
        errors.push({ runId: id, message: error instanceof Error ? error.message : String(error) })
      }
    }),
  )
  return { runs: ended, alive, errors }
}

/** What a sweep found, what it took away, and what it could not. */
export interface Swept {
  readonly found: readonly string[]
  /** Objects that had an effect, or could have: 0 is the only good number. */
  readonly removed: readonly string[]
  /** What does nothing to anyone: labels of targets that nothing selects, beacons, Jobs of probes. */
  readonly inert: readonly string[]
  readonly failed: readonly string[]
}

/**
 * Removes objects of ours whose run is over or unknown and whose `expires-at` has passed. Goes by label, never by owner. Objects of
 * a run that is over are orphans at once; those of an unknown run (another table's) only when they have expired.
 */
export async function sweepOrphans(engine: Engine, cluster: Cluster): Promise<Swept> {
  const found = await orphansOn(engine, cluster)
  const results = await Promise.allSettled(found.map((orphan) => orphan.remove()))
  const failed = results.flatMap((result, i) => (result.status === 'rejected' ? [`${found[i]?.name}: ${String(result.reason)}`] : []))
  const isRemoved = (result: PromiseSettledResult<unknown> | undefined) => result?.status === 'fulfilled' && result.value !== 'absent'
  const gone = found.filter((_, i) => isRemoved(results[i]))
  const names = (isInert: boolean) => gone.filter((orphan) => orphan.isInert === isInert).map(({ name }) => name)
  return { found: found.map(({ name }) => name), removed: names(false), inert: names(true), failed }
}

/** What a sweep would find; takes nothing away. */
export async function listOrphans(engine: Engine, cluster: Cluster): Promise<readonly string[]> {
  return (await orphansOn(engine, cluster)).map(({ name }) => name)
}

async function orphansOn(engine: Engine, cluster: Cluster): Promise<readonly Orphan[]> {
  const known = new Map<string, Promise<Run | undefined>>()
  const lookUp: LookUp = (id) => {
    const run = known.get(id) ?? engine.store.runs.load(id)
    known.set(id, run)
    return run
  }
  return [
    ...(await orphanedObjects(engine, cluster, lookUp)),
    ...(await leftLabels(cluster, overForAll(cluster, lookUp))),
    ...(await leftCordons(cluster, lookUp)),
  ]
}

/** An object that no live run looks after, and how to take it away. */
interface Orphan {
  readonly name: string
  readonly isInert: boolean
  readonly remove: () => Promise<unknown>
}

async function orphanedObjects(engine: Engine, cluster: Cluster, lookUp: LookUp): Promise<readonly Orphan[]> {
  const lists = await Promise.all(ourKinds.map((kind) => cluster.objects.list<KubeObject>(kind, { labelSelector: managedSelector })))
  const orphans: Orphan[] = []
  for (const object of lists.flat()) {
    const { labels = {}, annotations, uid, deletionTimestamp } = object.metadata
    if (deletionTimestamp !== undefined || (object.kind === 'Pod' && object.metadata.ownerReferences !== undefined)) continue
    const run = await lookUp(labels[runLabel] ?? '')
    const expired = (parseIso(annotations?.[expiresAnnotation]) ?? Number.POSITIVE_INFINITY) < engine.clock.now()
    if (run === undefined ? !expired : !isEnded(run)) continue
    orphans.push({
      name: `${object.kind} ${object.metadata.namespace}/${object.metadata.name} (${labels[roleLabel] ?? 'unknown role'})`,
      isInert: ['beacon', 'probe'].includes(labels[roleLabel] ?? ''),
      remove: () => cluster.objects.delete(refOf(object), uid === undefined ? {} : { uid }),
    })
  }
  return orphans
}

/** A cordon of a run that is over; one of an unknown run is left to its fuse. */
async function leftCordons(cluster: Cluster, lookUp: LookUp): Promise<readonly Orphan[]> {
  const nodes = await cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' }).catch(unlessForbidden<Node>)
  const orphans: Orphan[] = []
  for (const node of nodes) {
    const whose = parseCordonFuse(node.metadata.annotations?.[cordonAnnotation] ?? '')
    const run = whose === null ? undefined : await lookUp(whose.runId)
    if (run === undefined || !isEnded(run)) continue
    const { resourceVersion } = node.metadata
    const lift = { metadata: { resourceVersion, annotations: { [cordonAnnotation]: null } }, spec: liftOf(node) }
    orphans.push({ name: `cordon of Node ${node.metadata.name}`, isInert: false, remove: () => cluster.objects.patch(refOf(node), lift) })
  }
  return orphans
}
