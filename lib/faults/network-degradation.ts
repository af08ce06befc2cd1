import type { DegradationSpec } from '../domain/degradation-spec.ts'
import type { FaultSpec } from '../domain/suite.ts'
import type { Fault } from './fault.ts'
import { injectorFault } from './injector/injector-fault.ts'
import { needsTraffic } from './injector/plan.ts'

const degradation = injectorFault({
  action: () => 'degrade-network',
  container: () => null,
  env: (spec) => (spec.type === 'network_degradation' ? degradeEnvironment(spec) : {}),
  scope: (spec) => (spec.type === 'network_degradation' && spec.peersOnly ? 'peers' : null),
  against: (spec) => (spec.type === 'network_degradation' ? spec.against : undefined),
  undo: {},
})

/** Loss alone is made by netfilter, a rate alone by tbf; for the rest the node's kernel needs the module sch_netem. */
function needsNetem(spec: FaultSpec): boolean {
  if (spec.type !== 'network_degradation') return false
  const more = spec.latencyMs + spec.corruptPercent + spec.duplicatePercent
  return more > 0 || (spec.lossPercent > 0 && spec.rateKbit !== null)
}

/**
 * Latency, jitter, loss, corruption, duplication or a low rate on the targets' own interface (`tc` netem and tbf:
 * https://man7.org/linux/man-pages/man8/tc-netem.8.html).
 */
export const networkDegradation: Fault = {
  ...degradation,
  async plan(context) {
    const plan = await degradation.plan(context)
    if (plan.injections.length === 0 || !needsNetem(context.step.fault)) return plan
    const warning =
      "needs the kernel module sch_netem on the targets' nodes: only seen there; without it the step fails before anything is changed"
    return { ...plan, warnings: [...plan.warnings, warning] }
  },
}

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
    FAULTLINE_NEED_TRAFFIC: needsTraffic(spec),
  }
}
