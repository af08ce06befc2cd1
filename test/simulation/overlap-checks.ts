import type { Injection } from '../../lib/domain/injection.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { FaultName } from '../../lib/domain/suite.ts'
import { membersOf, predecessorsOf } from '../../lib/domain/together.ts'
import type { Simulation } from './simulation.ts'

/** Judges steps that overlap by what is stored of them: who shares a pod with whom, and in which order a group is undone. */
export class OverlapChecks {
  readonly #simulation: Simulation
  readonly #entries = new Map<string, Injection>()
  readonly #aborted = new Set<string>()

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  runIsStored({ id, abort }: Run): void {
    if (abort !== null) this.#aborted.add(id)
  }

  entryIsStored(entry: Injection): void {
    const key = `${entry.runId} ${entry.step}/${entry.n}`
    const before = this.#entries.get(key)
    this.#entries.set(key, entry)
    const beside = [...this.#entries.values()].filter(
      (other) => other.runId === entry.runId && other.step !== entry.step && other.status !== 'planned' && other.status !== 'reverted',
    )
    if (entry.status === 'injecting' && before?.status === 'planned') this.#sharesNothing(entry, beside)
    if (entry.status === 'reverting' && before?.status !== 'reverting') this.#isNewest(entry, beside)
  }

  /** Two faults of which neither could be told from the other, or that undo each other, have no pod in common. */
  #sharesNothing(entry: Injection, beside: readonly Injection[]): void {
    for (const other of beside) {
      const shared = entry.targets.filter((one) => other.targets.some((two) => one.uid === two.uid || isOn(one, two) || isOn(two, one)))
      if (shared.length === 0 || mayShare(entry, other)) continue
      const names = shared.map(({ name }) => name).join(', ')
      this.#simulation.violated(
        `run ${entry.runId}: ${entry.fault} of step ${entry.step} was begun on ${names} beside ${other.fault} of step ${other.step}`,
      )
    }
  }

  /** An abort undoes first what was begun last; where calls are slow the next one's turn comes before that is stored. */
  #isNewest(entry: Injection, beside: readonly Injection[]): void {
    const { plan, hasStoodStill } = this.#simulation
    const isSlow = Object.values(plan.weather).some((chance) => chance > 0) || plan.tableAway !== null || plan.clusterAway !== null
    if (!this.#aborted.has(entry.runId) || isSlow || hasStoodStill) return
    const begunAt = (step: number) =>
      Math.max(
        ...[...this.#entries.values()].flatMap((one) => (one.runId === entry.runId && one.step === step ? (one.injectingAt ?? 0) : [])),
      )
    for (const other of beside)
      if (other.status !== 'reverting' && begunAt(other.step) > begunAt(entry.step))
        this.#simulation.violated(`run ${entry.runId}: step ${entry.step} was undone before step ${other.step}, which was begun later`)
  }
}

type Target = Injection['targets'][number]

/** A pod of the drained node. */
function isOn(pod: Target, node: Target): boolean {
  return node.kind === 'Node' && pod.kind === 'Pod' && pod.node === node.name
}

const amounts: readonly FaultName[] = ['cpu-exhaustion', 'memory-exhaustion', 'disk-exhaustion']
const networks: readonly FaultName[] = ['network-partition', 'network-exhaustion', 'network-degradation']

/** Different amounts, and an amount beside rules that an injector counts. */
function mayShare(one: Injection, other: Injection): boolean {
  if (amounts.includes(one.fault) && amounts.includes(other.fault)) return one.fault !== other.fault
  const counted = ({ fault, undo }: Injection) => networks.includes(fault) && undo.kind === 'injector'
  return (amounts.includes(one.fault) && counted(other)) || (amounts.includes(other.fault) && counted(one))
}

/** Each step of a group begins when it is due, and is planned to end by its own duration. */
export function timesAreOwn(simulation: Simulation, run: Run): void {
  const { steps } = run.suite
  for (const [index, { activeAt, plannedEnd, plannedAt, name }] of run.steps.entries()) {
    const lasts = (plannedEnd ?? 0) - (activeAt ?? 0)
    if (plannedEnd !== null && activeAt !== null && lasts !== steps[index]?.durationMs)
      simulation.violated(`run ${run.id}: ${name} was planned to last ${lasts} ms, and its suite says ${steps[index]?.durationMs}`)
    const delayMs = steps[index]?.together?.delayMs ?? 0
    for (const before of predecessorsOf(steps, index)) {
      const undoneAt = run.steps[before]?.revertedAt ?? Number.POSITIVE_INFINITY
      if (plannedAt !== null && plannedAt < undoneAt + delayMs)
        simulation.violated(`run ${run.id}: ${name} began ${undoneAt + delayMs - plannedAt} ms too early after step ${before}`)
    }
    const first = membersOf(steps, index).flatMap((member) => run.steps[member]?.plannedAt ?? [])
    if (plannedAt !== null && first.length > 1 && plannedAt < Math.min(...first))
      simulation.violated(`run ${run.id}: ${name} began before its group`)
  }
}
