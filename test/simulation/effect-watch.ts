import { cordonAnnotation, managedBy, managedByLabel } from '../../lib/domain/labels.ts'
import type { Simulation } from './simulation.ts'

/** The fuse of the last way back burns this long after the planned end, by clocks that differ by 30 s, and takes this long to be obeyed. */
const slackMs = 10_000 + 30_000 + 15_000
/** From the arming of the fuse, without which nothing is made, to the fault's beginning. */
const prepareMs = 60_000

/** Sees to it that nothing bites longer than its fuse lets it, whatever becomes of drivers, reapers and the table. */
export class EffectWatch {
  readonly #simulation: Simulation
  readonly #mostMs: number
  readonly #since = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(simulation: Simulation) {
    this.#simulation = simulation
    const durations = simulation.plan.starts.flatMap(({ suite }) => suite.steps.map(({ durationMs }) => durationMs))
    this.#mostMs = prepareMs + Math.max(...durations) + slackMs
  }

  look(): void {
    const now = this.#simulation.clock.now()
    const present = new Set(this.#inPlace())
    for (const key of this.#since.keys()) if (!present.has(key)) this.#since.delete(key)
    for (const key of present) {
      const since = this.#since.get(key) ?? now
      this.#since.set(key, since)
      if (now - since <= this.#mostMs || this.#told.has(key)) continue
      this.#told.add(key)
      this.#simulation.violated(`${key} has been in place for ${now - since} ms`)
    }
  }

  #inPlace(): readonly string[] {
    const { sandbox } = this.#simulation
    return [
      ...sandbox.effects().map(({ podUid, kind, tag }) => `${kind} of ${tag} on pod ${podUid}`),
      ...sandbox
        .peek('networkpolicies')
        .filter(({ metadata }) => metadata.labels?.[managedByLabel] === managedBy)
        .map(({ metadata }) => `policy ${metadata.name}`),
      ...sandbox
        .peek('nodes')
        .filter((node) => Object(node.spec).unschedulable === true && node.metadata.annotations?.[cordonAnnotation] !== undefined)
        .map(({ metadata }) => `cordon of ${metadata.name} by ${metadata.annotations?.[cordonAnnotation]}`),
    ]
  }
}
