import type { Config } from '../../config.ts'
import { KubernetesError } from '../../domain/errors.ts'
import type { Injection, TargetEvent } from '../../domain/injection.ts'
import type { Node, Pod } from '../../domain/kube.ts'
import { isReady } from '../../domain/kube.ts'
import { compileSelector } from '../../domain/label-selector.ts'
import { runLabel } from '../../domain/labels.ts'
import type { Run } from '../../domain/run.ts'
import { stepOf } from '../../domain/run.ts'
import type { RunEvent } from '../../domain/run-event.ts'
import type { PodBefore } from '../../domain/target-changes.ts'
import { nodeChanges, podBefore, podChanges } from '../../domain/target-changes.ts'
import type { Clock, Cluster } from '../../ports.ts'

/** Faults that delete or restart pods themselves: what becomes of their targets is their own effect, and their evidence tells it. */
const takesPods: readonly string[] = ['pod-delete', 'pod-kill', 'crashloop', 'node-drain']

/** What the watch needs of the driver that it looks for. */
export interface WatchedDriver {
  readonly run: Run
  readonly cluster: Cluster
  readonly engine: { readonly clock: Clock; readonly config: Pick<Config, 'sampleMs'> }
  readonly stepInjections: readonly Injection[]
  record(event: RunEvent): Promise<void>
}

/** What became of a step's targets when its time was over. */
export interface EndLook {
  /** Not told before. */
  readonly changes: readonly TargetEvent[]
  /** Targets that are gone, or are going: the fault ended with them. */
  readonly ended: readonly TargetEvent[]
}

/** What takes a target away with all that was done to it; a container that restarts does not, of some faults. */
const takesTarget: readonly string[] = ['deleted', 'evicted']

/**
 * Looks, while a fault is held, at what becomes of its targets, their nodes and the pods around them, and records what is new. Evidence
 * beside the fault's own; a look that fails tells nothing and stops nothing.
 */
export class TargetWatch {
  #planned: { readonly step: number; readonly pods: readonly Pod[] } | null = null
  #step: number | null = null
  #lookedAt = 0
  #before: readonly PodBefore[] = []
  #told = new Set<string>()

  /** The pods that the step was planned from: what joins while it is injected has joined since. */
  planned(step: number, pods: readonly Pod[]): void {
    this.#planned = { step, pods }
  }

  /** The evidence that the fault bites was a look at its targets; the first one beside it is due a while later. */
  dueAt({ stepInjections, engine }: WatchedDriver): number {
    const bites = stepInjections.flatMap(({ evidence }) => evidence.filter(({ phase }) => phase === 'during').map(({ at }) => at))
    return Math.max(0, this.#lookedAt, ...bites) + engine.config.sampleMs
  }

  async look(driver: WatchedDriver): Promise<void> {
    const step = stepOf(driver.run)
    if (step === null || driver.run.status !== 'holding') return
    // What was deleted is gone: no node takes it away.
    if (driver.stepInjections.every(({ fault }) => fault === 'pod-delete')) return
    this.#lookedAt = driver.engine.clock.now()
    const pods = await listedPods(driver)
    const nodes = areWell(driver, pods) ? null : await listNodes(driver)
    if (driver.run.status !== 'holding' || stepOf(driver.run) !== step) return
    const at = driver.engine.clock.now()
    const found = [...this.#podChanges(driver, step, pods), ...(nodes === null ? [] : nodeChanges(nodesOf(driver), nodes, at))]
    const fresh = this.#fresh(found)
    if (fresh.length > 0) await driver.record({ type: 'targets_changed', changes: fresh })
  }

  /** Looks once more as the step's time is over, beside its undo, which neither waits for it nor takes pods away that it looks for. */
  async lookAtEnd(driver: WatchedDriver, step: number): Promise<EndLook> {
    const found = this.#podChanges(driver, step, await listedPods(driver))
    return { changes: this.#fresh(found), ended: found.filter(({ code }) => takesTarget.includes(code)) }
  }

  #podChanges(driver: WatchedDriver, step: number, listed: readonly Pod[]): readonly TargetEvent[] {
    const pods = selected(driver, step, listed)
    if (this.#step !== step) this.#begin(driver, step, this.#planned?.step === step ? selected(driver, step, this.#planned.pods) : pods)
    // What is known of them is kept; the pods themselves would be most of what a run of thousands holds.
    this.#planned = null
    return podChanges(this.#before, pods, { at: driver.engine.clock.now(), isCovered: coversNew(driver) })
  }

  #fresh(found: readonly TargetEvent[]): readonly TargetEvent[] {
    const fresh = found.filter((change) => !this.#told.has(keyOf(change)))
    for (const change of fresh) this.#told.add(keyOf(change))
    return fresh
  }

  #begin(driver: WatchedDriver, step: number, pods: readonly Pod[]): void {
    const targets = driver.stepInjections.filter(({ fault }) => !takesPods.includes(fault)).flatMap((injection) => injection.targets)
    const uids = new Set(targets.map(({ uid }) => uid))
    this.#step = step
    this.#told = new Set()
    const seen = pods.map((pod) => podBefore(pod, uids.has(pod.metadata.uid ?? '')))
    const there = new Set(seen.map((pod) => pod.uid))
    const gone = targets.filter(({ kind, uid }) => kind === 'Pod' && !there.has(uid))
    this.#before = targets.length === 0 ? [] : [...seen, ...gone.map(({ name, uid }) => ({ name, uid, restarts: 0, isTarget: true }))]
  }
}

/** Pods of the namespace; not asked for a fault that takes pods itself. */
async function listedPods(driver: WatchedDriver): Promise<readonly Pod[]> {
  if (driver.stepInjections.every(({ fault }) => takesPods.includes(fault))) return []
  return driver.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: driver.run.namespace })
}

/** Those that the step might have hit, or did. */
function selected(driver: WatchedDriver, step: number, pods: readonly Pod[]): readonly Pod[] {
  const matches = compileSelector(driver.run.suite.steps[step]?.targets.selector ?? driver.run.suite.selector)
  const uids = new Set(driver.stepInjections.flatMap(({ targets }) => targets.map(({ uid }) => uid)))
  return pods.filter(
    ({ metadata }) => metadata.labels?.[runLabel] === undefined && (matches(metadata.labels) || uids.has(metadata.uid ?? '')),
  )
}

function coversNew({ stepInjections }: WatchedDriver): boolean {
  return stepInjections.some(({ undo }) => undo.kind === 'policy' && undo.selector !== undefined)
}

/** All targets are pods that are Ready. Kubernetes makes those of a node that it lost not Ready, so it need not be asked for nodes. */
function areWell({ stepInjections }: WatchedDriver, pods: readonly Pod[]): boolean {
  const ready = new Set(pods.filter(isReady).map(({ metadata }) => metadata.uid))
  return stepInjections.every(({ targets }) => targets.every(({ kind, uid }) => kind === 'Pod' && ready.has(uid)))
}

/** Null without the right to list nodes. */
async function listNodes(driver: WatchedDriver): Promise<readonly Node[] | null> {
  try {
    return await driver.cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden') return null
    throw error
  }
}

function nodesOf(driver: WatchedDriver): readonly string[] {
  return [...new Set(driver.stepInjections.flatMap(({ targets }) => targets.map(({ node }) => node)))].filter((node) => node !== '')
}

function keyOf({ target, code }: TargetEvent): string {
  return `${code} ${target}`
}
