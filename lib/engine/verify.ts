import { FaultlineError } from '../domain/errors.ts'
import type { KubeObject, ObjectRef, Pod } from '../domain/kube.ts'
import { refOf } from '../domain/kube.ts'
import { roleLabel, runLabel, targetLabel } from '../domain/labels.ts'
import type { RunEvent } from '../domain/transition.ts'
import { removeFuse } from '../faults/fuse.ts'
import type { Driver } from './driver.ts'

/** Kinds of objects that a run makes. */
export const ourKinds: readonly Pick<ObjectRef, 'apiVersion' | 'kind'>[] = [
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  { apiVersion: 'batch/v1', kind: 'Job' },
  { apiVersion: 'v1', kind: 'Pod' },
]

/** The closing sweep: whatever still bears the run's label is an orphan; it is removed and counted. The beacon goes last. */
export async function verifyNothingLeft(driver: Driver): Promise<RunEvent> {
  try {
    const orphans = await sweepRun(driver)
    if (driver.run.beacon !== null) await removeFuse(driver.context(), driver.run.beacon)
    return { type: 'verified', orphans }
  } catch (error) {
    driver.throwIfLost()
    if (!(error instanceof FaultlineError)) throw error
    return { type: 'verify_failed', message: `what is left could not be told: ${error.message}` }
  }
}

async function sweepRun(driver: Driver): Promise<readonly string[]> {
  const { objects } = driver.cluster
  const { id, namespace, suite } = driver.run
  const injectors = driver.engine.config.injector.namespace
  const places = suite.steps.some((_, step) => driver.injections.some((i) => i.step === step && i.fuse?.namespace === injectors))
    ? [namespace, injectors]
    : [namespace]
  const labelSelector = `${runLabel}=${id},${roleLabel}!=beacon`
  const found = await Promise.all(
    places.flatMap((place) => ourKinds.map((kind) => objects.list<KubeObject>(kind, { namespace: place, labelSelector }))),
  )
  const alive = found.flat().filter((object) => object.metadata.deletionTimestamp === undefined)
  for (const object of alive) await objects.delete(refOf(object), object.metadata.uid === undefined ? {} : { uid: object.metadata.uid })
  await removeLabels(driver)
  return alive.map((object) => `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`)
}

/** Target labels are inert without a policy; those of this run that are left (a pod that could not be reached) go too. */
async function removeLabels(driver: Driver): Promise<void> {
  const pods = await driver.cluster.objects.list<Pod>(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: driver.run.namespace, labelSelector: targetLabel },
  )
  for (const pod of pods.filter((p) => p.metadata.labels?.[targetLabel]?.startsWith(`${driver.run.id}-`))) {
    await driver.cluster.objects.patch(refOf(pod), { metadata: { labels: { [targetLabel]: null } } })
  }
}
