import { FaultlineError } from '../../domain/errors.ts'
import type { FuseSpec, Injection } from '../../domain/injection.ts'
import type { Job, KubeObject, Pod } from '../../domain/kube.ts'
import { refOf } from '../../domain/kube.ts'
import { roleLabel, runLabel } from '../../domain/labels.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { removeFuse } from '../../faults/fuse.ts'
import { jobRef } from '../../faults/fuse-job.ts'
import type { Driver } from '../lease/driver.ts'
import { beaconSpec } from './beacon.ts'
import { keep } from './inject.ts'
import { leftLabels, overForAll } from './left-behind.ts'
import { endLoads } from './load.ts'
import { revertAll } from './revert.ts'

/** Kubernetes collects what a deleted owner leaves within this; only then is it an orphan. */
const collectBudgetMs = 10_000
const collectPollMs = 500

/** The closing sweep: whatever still bears the run's label is an orphan; it is removed and counted. The beacon goes last. */
export async function verifyNothingLeft(driver: Driver): Promise<RunEvent> {
  const orphans: string[] = []
  try {
    await closeStrays(driver)
    const owed = await stillOwed(driver)
    if (owed.length > 0) return { type: 'verify_failed', message: `undo not proven yet: ${owed.join('; ')}`, orphans }
    const loaded = await endLoads(driver)
    if (loaded !== null) return { type: 'verify_failed', message: `load not shown to be gone yet: ${loaded}`, orphans }
    await sweepRun(driver, orphans)
    const inert = await removeLabels(driver)
    await putOutBeacon(driver)
    return { type: 'verified', orphans, inert }
  } catch (error) {
    driver.throwIfLost()
    if (!(error instanceof FaultlineError)) throw error
    return { type: 'verify_failed', message: `what is left could not be told: ${error.message}`, orphans }
  }
}

/** Entries of plans that were never sealed, and so never begun: they say so, and stay open for no reader. */
async function closeStrays(driver: Driver): Promise<void> {
  const at = driver.engine.clock.now()
  for (const stray of await driver.strays()) {
    const summary = 'it was never begun: its plan was not sealed'
    const evidence = keep(stray, { phase: 'after', at, finding: 'yes', summary, measurements: [] })
    await driver.engine.store.ledger.save({ ...stray, version: stray.version + 1, status: 'reverted', evidence })
  }
}

/** No run ends while an entry of its ledger is open, whichever way it came here; what is not proven undone. */
async function stillOwed(driver: Driver): Promise<readonly string[]> {
  if (driver.openInjections.length === 0) return []
  const outcome = await revertAll(driver)
  return outcome.type === 'undo_unproven' ? outcome.messages : []
}

/** Also a beacon whose driver died before it could record it. */
async function putOutBeacon(driver: Driver): Promise<void> {
  const spec = beaconSpec(driver.context())
  const uid = driver.run.beacon?.uid ?? (await findBeacon(driver, spec))
  if (uid !== undefined) await removeFuse(driver.context(), { namespace: spec.namespace, name: spec.name, uid, burnsAt: 0 })
}

async function findBeacon(driver: Driver, spec: FuseSpec): Promise<string | undefined> {
  const job = await driver.cluster.objects.get<Job>(jobRef(spec))
  return job?.metadata.labels?.[runLabel] === driver.run.id ? job.metadata.uid : undefined
}

/** Adds what it removes to `orphans` as it goes, so that a failure half-way forgets none. */
async function sweepRun(driver: Driver, orphans: string[]): Promise<void> {
  const { clock } = driver.engine
  let alive = await objectsLeft(driver, () => true)
  // Counted from the end of the first look: a slow one leaves the collector no less time.
  const giveUpAt = clock.now() + collectBudgetMs
  while (alive.length > 0 && alive.every((object) => object.metadata.ownerReferences !== undefined) && clock.now() < giveUpAt) {
    await clock.sleep(collectPollMs)
    const before = new Set(alive.map(placeOf))
    alive = await objectsLeft(driver, (place) => before.has(place))
  }
  for (const object of alive) {
    const precondition = object.metadata.uid === undefined ? {} : { uid: object.metadata.uid }
    // Gone already: the list was stale, and this is no orphan.
    if ((await driver.cluster.objects.delete(refOf(object), precondition)) === 'absent') continue
    if (isCheck(object)) continue
    orphans.push(`${object.kind} ${object.metadata.namespace}/${object.metadata.name}`)
  }
}

/**
 * A check only looks, and takes away what it finds; a probe's Job answers, and ends by itself within a minute or so. One that a driver sent off as it was overtaken (no owner carries it, no version fences
 * it) did nothing to anyone: it is taken away, and is no orphan.
 */
function isCheck({ metadata }: KubeObject): boolean {
  return ['check', 'probe'].includes(metadata.labels?.[roleLabel] ?? '')
}

/** A kind in a namespace, as one list shows it. */
function placeOf({ apiVersion, kind, metadata: { namespace } }: KubeObject): string {
  return `${apiVersion} ${kind} ${namespace}`
}

/**
 * Whatever bears the run's label and is not going already, the beacon apart; only in these places. It is looked for where its ledger says
 * that something of it was: a run that cut no one off by a policy has left none.
 */
async function objectsLeft(driver: Driver, isWanted: (place: string) => boolean): Promise<readonly KubeObject[]> {
  const { id, namespace } = driver.run
  const ofLoads = (driver.run.suite.load ?? []).map((load) => load.namespace ?? namespace)
  const labelSelector = `${runLabel}=${id},${roleLabel}!=beacon`
  const loads = ofLoads.flatMap((place) => [
    { ...jobKind, namespace: place },
    { ...podKind, namespace: place },
  ])
  const all = [{ ...podKind, namespace }, ...loads, ...driver.injections.flatMap(leavesBehind)]
  const places = new Map(all.map((one) => [placeOf({ ...one, metadata: { name: '', namespace: one.namespace } }), one]))
  const found = await Promise.all(
    [...places].map(([name, { namespace: place, ...kind }]) => {
      if (!isWanted(name)) return []
      const pods = kind.kind === 'Pod' ? podsJustSeen(driver, place) : undefined
      const ours = pods?.filter(({ metadata: { labels } }) => labels?.[runLabel] === id && labels[roleLabel] !== 'beacon')
      return ours ?? driver.cluster.objects.list<KubeObject>(kind, { namespace: place, labelSelector })
    }),
  )
  return found.flat().filter((object) => object.metadata.deletionTimestamp === undefined)
}

const podKind = { apiVersion: 'v1', kind: 'Pod' } as const
const jobKind = { apiVersion: 'batch/v1', kind: 'Job' } as const
const policyKind = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' } as const

/** Kinds of objects that an injection may leave, each in the namespace of its fuse; without one it makes nothing. */
function leavesBehind({ undo, fuse }: Injection) {
  if (fuse === null) return []
  const { namespace } = fuse
  return [{ ...jobKind, namespace }, undo.kind === 'policy' ? { ...policyKind, namespace } : { ...podKind, namespace }]
}

/** The workload was seen whole right before: what bears our labels among its pods was seen with them. */
const justNowMs = 500

function podsJustSeen(driver: Driver, namespace: string): readonly Pod[] | undefined {
  return driver.context().seen?.<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace }, justNowMs)
}

/**
 * Target labels are inert without a policy: those of this run that are left (a pod that could not be reached) go, and those that the fuses
 * of earlier runs left in this namespace, of this table or another. What goes of others is told, and holds nothing up.
 */
async function removeLabels(driver: Driver): Promise<readonly string[]> {
  const { run, cluster, engine } = driver
  const isOver = overForAll(cluster, (id) => engine.store.runs.load(id))
  const left = await leftLabels(cluster, async (id, namespace) => id === run.id || (await isOver(id, namespace)), {
    namespace: run.namespace,
    pods: podsJustSeen(driver, run.namespace),
  })
  const [own, others] = [left.filter(({ runId }) => runId === run.id), left.filter(({ runId }) => runId !== run.id)]
  await Promise.all(own.map((label) => label.remove()))
  const removed = await Promise.allSettled(others.map((label) => label.remove()))
  return others.filter((_, i) => removed[i]?.status === 'fulfilled').map(({ name, runId }) => `${name} of run ${runId}`)
}
