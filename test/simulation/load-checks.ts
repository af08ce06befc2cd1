import type { Call } from '../../lib/adapters/kubernetes/exchange.ts'
import { loadLabel, roleLabel, runLabel } from '../../lib/domain/labels.ts'
import type { Simulation } from './simulation.ts'

/** A load's fuse burns so long after it was moved last (`loadLeadMs`), by clocks that differ by 30 s, and takes this long to be obeyed. */
const fuseMs = 180_000 + 30_000 + 15_000

/** Sees to it that no load is begun before its undo is stored, and that none outlives its run, or all of ours, for longer than its fuse. */
export class LoadChecks {
  readonly #simulation: Simulation
  readonly #since = new Map<string, number>()
  readonly #told = new Set<string>()

  constructor(simulation: Simulation) {
    this.#simulation = simulation
  }

  /** Of every request that reaches the API server: a load's Job is owned by the fuse that its run's record names. */
  async arrives(sender: string, call: Call): Promise<void> {
    const { labels = {}, name = '', ownerReferences = [] } = Object(Object(call.body).metadata)
    if (call.method !== 'POST' || call.query?.dryRun !== undefined || labels[roleLabel] !== 'load') return
    const run = await this.#simulation.store.runs.load(labels[runLabel])
    const fuse = run?.loads?.find(({ n }) => `${n}` === labels[loadLabel])?.fuse
    if (fuse === undefined || ownerReferences[0]?.uid !== fuse.uid)
      this.#simulation.violated(`${sender} made load ${name} before its undo was stored`)
  }

  look(): void {
    const { clock, sandbox, began, plan } = this.#simulation
    const now = clock.now()
    const isGone = plan.goneAfterMs !== null && now > began + plan.goneAfterMs
    const alone = sandbox
      .peek('pods')
      .filter(({ metadata }) => metadata.labels?.[roleLabel] === 'load')
      .filter(({ metadata }) => isGone || this.#simulation.isOver(metadata.labels?.[runLabel] ?? ''))
      .map(({ metadata }) => metadata.name)
    for (const name of this.#since.keys()) if (!alone.includes(name)) this.#since.delete(name)
    for (const name of alone) {
      const since = this.#since.get(name) ?? now
      this.#since.set(name, since)
      if (now - since <= fuseMs || this.#told.has(name)) continue
      this.#told.add(name)
      this.#simulation.violated(`load ${name} goes on ${now - since} ms after its run, or all of ours, was gone`)
    }
  }
}
