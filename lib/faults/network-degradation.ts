import type { DegradationSpec, FaultSpec } from '../domain/suite.ts'
import { injectorFault } from './injector/injector-fault.ts'
import { peersOf } from './peers.ts'

/**
 * Latency, jitter, loss, corruption, duplication or a low rate on the targets' own interface (`tc` netem and tbf:
 * https://man7.org/linux/man-pages/man8/tc-netem.8.html).
 */
export const networkDegradation = injectorFault({
  action: 'degrade-network',
  container: () => null,
  env: (spec) => (spec.type === 'network_degradation' ? degradeEnvironment(spec) : {}),
  peers: (spec: FaultSpec, target, workload) =>
    spec.type === 'network_degradation' && spec.peersOnly ? peersOf(target, workload, 'peers') : null,
  undo: {},
  targetsMustRun: false,
})

function degradeEnvironment(spec: DegradationSpec): Readonly<Record<string, string>> {
  return {
    FAULTLINE_DELAY_MS: String(spec.latencyMs),
    FAULTLINE_JITTER_MS: String(spec.jitterMs),
    FAULTLINE_LOSS_PCT: String(spec.lossPercent),
    FAULTLINE_CORRUPT_PCT: String(spec.corruptPercent),
    FAULTLINE_DUPLICATE_PCT: String(spec.duplicatePercent),
    FAULTLINE_RATE_KBIT: String(spec.rateKbit ?? 0),
    FAULTLINE_CIDRS: spec.cidrs.join(','),
    FAULTLINE_PORTS: spec.ports.join(','),
  }
}
