import type { Node, Pod } from '../domain/kube.ts'
import { mebibytes } from '../domain/quantity.ts'
import type { FaultSpec, Intensity, ResourceKind } from '../domain/suite.ts'
import { chooseContainer } from './container.ts'
import type { Fault } from './fault.ts'
import { injectorFault } from './injector/injector-fault.ts'
import { needsTraffic } from './injector/plan.ts'
import type { InjectorAction } from './injector/protocol.ts'
import { whyNoDisk, whyNoMemory } from './injector/unfit.ts'

const actions = {
  cpu: 'stress-cpu',
  memory: 'stress-memory',
  disk: 'fill-disk',
  network: 'limit-network',
} as const satisfies Record<ResourceKind, InjectorAction>

/** What is taken where the container has no limit: workers, MiB, MiB, and the rate that is left in kbit/s. */
const absolute = {
  cpu: { low: 2, medium: 4, high: 8 },
  memory: { low: 100, medium: 500, high: 1024 },
  disk: { low: 100, medium: 500, high: 1024 },
  network: { low: 10_000, medium: 1_000, high: 100 },
} as const satisfies Record<ResourceKind, Record<Intensity, number>>

/** The load in kbit/s, where a network is used up by one. */
const load = { low: 10_000, medium: 50_000, high: 100_000 } as const satisfies Record<Intensity, number>

/** What is taken of a limit, in percent. */
const ofLimit = { low: 50, medium: 75, high: 95 } as const satisfies Record<Intensity, number>

const limitNames: Partial<Record<ResourceKind, string>> = { memory: 'memory', disk: 'ephemeral-storage' }

/** Stress inside the target's own cgroup, volume or network namespace, so that it counts against the target alone. */
export function resourceExhaustion(kind: ResourceKind): Fault {
  return injectorFault({
    action: (spec) => (isLoad(spec) ? 'load-network' : actions[kind]),
    container: (spec) => (spec.type === 'resource_exhaustion' ? spec.container : null),
    env: (spec, pods) => ({
      FAULTLINE_AMOUNT: String(amount(kind, spec, pods)),
      ...(kind === 'memory' ? { FAULTLINE_PERCENT: String(percentOf(spec)) } : {}),
      ...(spec.type === 'resource_exhaustion' && spec.path !== null ? { FAULTLINE_PATH: spec.path } : {}),
      ...(kind === 'network' && !isLoad(spec) ? { FAULTLINE_NEED_TRAFFIC: needsTraffic(spec) } : {}),
    }),
    unfit: (spec, pod, on) => whyUnfit(kind, spec, { pod, on }),
  })
}

/** Where the injector fills a disk when the suite names no path. */
const defaultPath = '/tmp'

function whyUnfit(
  kind: ResourceKind,
  spec: FaultSpec,
  { pod, on }: { readonly pod: Pod; readonly on: { readonly node: Node | undefined; readonly pods: readonly Pod[] } },
): string | null {
  if (spec.type !== 'resource_exhaustion') return null
  const { container } = spec
  switch (kind) {
    case 'memory': {
      const limit = mebibytes(chooseContainer(pod, container).spec?.resources?.limits?.memory ?? '')
      const mib = limit === undefined ? amount(kind, spec, [pod]) : (limit * percentOf(spec)) / 100
      return whyNoMemory(pod, on.node, { container, mib })
    }
    case 'disk':
      return whyNoDisk(pod, spec.path ?? defaultPath, { container, mib: amount(kind, spec, on.pods) })
    case 'cpu':
    case 'network':
      return null
  }
}

function isLoad(spec: FaultSpec): boolean {
  return spec.type === 'resource_exhaustion' && spec.kind === 'network' && spec.mode === 'load'
}

/** Memory is raised to this share of each container's own limit; the amount counts where there is none. */
function percentOf(spec: FaultSpec): number {
  return ofLimit[spec.type === 'resource_exhaustion' ? spec.intensity : 'low']
}

/** MiB for memory and disk, workers for cpu, kbit/s for network; the smallest limit of the pods decides. */
export function amount(kind: ResourceKind, spec: FaultSpec, pods: readonly Pod[]): number {
  const intensity = spec.type === 'resource_exhaustion' ? spec.intensity : 'low'
  const container = spec.type === 'resource_exhaustion' ? spec.container : null
  const limitName = limitNames[kind]
  const limits = pods.flatMap((pod) => {
    const found = chooseContainer(pod, container).spec
    const text = limitName === undefined ? undefined : found?.resources?.limits?.[limitName]
    const mib = text === undefined ? undefined : mebibytes(text)
    return mib === undefined ? [] : [mib]
  })
  if (isLoad(spec)) return load[intensity]
  if (limits.length === 0) return absolute[kind][intensity]
  return Math.max(1, Math.floor((Math.min(...limits) * ofLimit[intensity]) / 100))
}
