import type { Injection } from '../domain/injection.ts'
import type { FaultSpec } from '../domain/suite.ts'
import type { Fault, PlanContext } from './fault.ts'
import { injectorFault } from './injector/injector-fault.ts'
import { needsTraffic } from './injector/plan.ts'
import { policyPartition } from './policy-partition/policy-partition.ts'

/** Drops inside the targets' own network namespaces: any CNI, established connections too. */
export const netfilterPartition = injectorFault({
  action: () => 'cut-network',
  container: () => null,
  env: (spec) => cutEnvironment(spec),
  scope: (spec) => (spec.type === 'network_partition' && spec.scope !== 'isolate' ? spec.scope : null),
  against: (spec) => (spec.type === 'network_partition' ? spec.against : undefined),
  undo: { mechanism: 'netfilter' },
})

/** Cuts pods off, by netfilter where an injector is configured (or asked for), else by a NetworkPolicy; the ledger knows which. */
export const networkPartition: Fault = {
  plan: (context) => (mechanismOf(context) === 'netfilter' ? netfilterPartition : policyPartition).plan(context),
  inject: (context, injection) => chosen(injection).inject(context, injection),
  evidence: (context, injection, phase) => chosen(injection).evidence(context, injection, phase),
  endSaid: async (context, injection) => (await chosen(injection).endSaid?.(context, injection)) ?? [],
  biteShows: (injection) => chosen(injection).biteShows?.(injection),
  lastLook: async (context, injection) => (await chosen(injection).lastLook?.(context, injection)) ?? null,
  revert: (context, injection) => chosen(injection).revert(context, injection),
  undone: (context, injection) => chosen(injection).undone(context, injection),
}

export function mechanismOf({ step, config }: Pick<PlanContext, 'step' | 'config'>): 'policy' | 'netfilter' {
  const wanted = step.fault.type === 'network_partition' ? step.fault.mechanism : 'auto'
  if (wanted !== 'auto') return wanted
  return config.injector.image === null ? 'policy' : 'netfilter'
}

function chosen(injection: Injection): Fault {
  return injection.undo.kind === 'injector' ? netfilterPartition : policyPartition
}

function cutEnvironment(spec: FaultSpec): Readonly<Record<string, string>> {
  if (spec.type !== 'network_partition') return {}
  return {
    FAULTLINE_DIRECTION: spec.direction,
    FAULTLINE_CIDRS: spec.cidrs.join(','),
    FAULTLINE_PORTS: spec.ports.join(','),
    FAULTLINE_KEEP_PROBES: spec.keepProbes ? '1' : '0',
    FAULTLINE_NEED_TRAFFIC: needsTraffic(spec),
  }
}
