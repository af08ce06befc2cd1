import { systemClock } from '../lib/adapters/system-clock.ts'
import { defaultConfig } from '../lib/config.ts'
import type { Engine } from '../lib/engine/engine.ts'
import type { Cluster, Store } from '../lib/ports.ts'

/** An engine as the command has it, on the time of day, that tells no one. */
export function benchEngine(store: Store, cluster: Cluster, observe: Engine['observe'] = () => undefined): Engine {
  return {
    store,
    connect: async () => cluster,
    // None of the suites here has a probe.
    probes: () => ({ ask: async () => ({ value: 0, message: '' }) }),
    clock: systemClock,
    config: defaultConfig,
    owner: 'bench',
    isDead: () => false,
    notifiers: [],
    sink: null,
    report: null,
    observe,
  }
}
