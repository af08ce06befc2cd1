import { KubernetesError } from '../../domain/errors.ts'
import type { TargetEvent } from '../../domain/injection.ts'
import type { Node, Pod } from '../../domain/kube.ts'
import { compileSelector } from '../../domain/label-selector.ts'
import { runLabel } from '../../domain/labels.ts'
import { stepOf } from '../../domain/run.ts'
import type { PodBefore } from '../../domain/target-changes.ts'
import { nodeChanges, podBefore, podChanges } from '../../domain/target-changes.ts'
import type { Driver } from './driver.ts'

/** Faults that delete or restart pods themselves: what becomes of their targets is their own effect, and their evidence tells it. */
const takesPods: readonly string[] = ['pod-delete', 'pod-kill', 'crashloop', 'node-drain']

/**
 * Looks, while a fault is held, at what becomes of its targets, their nodes and the pods around them, and records what is new. Evidence
 * beside the fault's own; a look that fails tells nothing and stops nothing.
 */
export class TargetWatch {
  #step: number | null = null
  #before: readonly PodBefore[] = []
  #told = new Set<string>()

  async look(driver: Driver): Promise<void> {
    const step = stepOf(driver.run)
    if (step === null || driver.run.status !== 'holding') return
    const [pods, nodes] = await Promise.all([selectedPods(driver, step), listNodes(driver)])
    if (driver.run.status !== 'holding' || stepOf(driver.run) !== step) return
    if (this.#step !== step) this.#begin(driver, step, pods)
    const at = driver.engine.clock.now()
    const found = [
      ...podChanges(this.#before, pods, { at, isCovered: coversNew(driver) }),
      ...nodeChanges(nodesOf(driver), nodes ?? [], at),
    ].filter(({ code }) => code !== 'node_lost' || nodes !== null)
    const fresh = found.filter((change) => !this.#told.has(keyOf(change)))
    if (fresh.length === 0) return
    for (const change of fresh) this.#told.add(keyOf(change))
    await driver.record({ type: 'targets_changed', changes: fresh })
  }

  #begin(driver: Driver, step: number, pods: readonly Pod[]): void {
    const targets = driver.stepInjections.filter(({ fault }) => !takesPods.includes(fault)).flatMap((injection) => injection.targets)
    const uids = new Set(targets.map(({ uid }) => uid))
    this.#step = step
    this.#told = new Set()
    const seen = pods.map((pod) => podBefore(pod, uids.has(pod.metadata.uid ?? '')))
    const gone = targets.filter(({ kind, uid }) => kind === 'Pod' && !seen.some((pod) => pod.uid === uid))
    this.#before = targets.length === 0 ? [] : [...seen, ...gone.map(({ name, uid }) => ({ name, uid, restarts: 0, isTarget: true }))]
  }
}

/** Pods that the step might have hit; none for a fault that takes pods itself. */
async function selectedPods(driver: Driver, step: number): Promise<readonly Pod[]> {
  if (driver.stepInjections.every(({ fault }) => takesPods.includes(fault))) return []
  const matches = compileSelector(driver.run.suite.steps[step]?.targets.selector ?? driver.run.suite.selector)
  const uids = new Set(driver.stepInjections.flatMap(({ targets }) => targets.map(({ uid }) => uid)))
  const pods = await driver.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: driver.run.namespace })
  return pods.filter(
    ({ metadata }) => metadata.labels?.[runLabel] === undefined && (matches(metadata.labels) || uids.has(metadata.uid ?? '')),
  )
}

function coversNew({ stepInjections }: Driver): boolean {
  return stepInjections.some(({ undo }) => undo.kind === 'policy' && undo.selector !== undefined)
}

/** Null without the right to list nodes. */
async function listNodes(driver: Driver): Promise<readonly Node[] | null> {
  try {
    return await driver.cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden') return null
    throw error
  }
}

function nodesOf(driver: Driver): readonly string[] {
  return [...new Set(driver.stepInjections.flatMap(({ targets }) => targets.map(({ node }) => node)))].filter((node) => node !== '')
}

function keyOf({ target, code }: TargetEvent): string {
  return `${code} ${target}`
}
