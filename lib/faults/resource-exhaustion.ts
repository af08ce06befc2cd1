import { amountText, type ExactAmount, leastMillicores } from '../domain/exact-amount.ts'
import type { Node, Pod } from '../domain/kube.ts'
import { cores, mebibytes } from '../domain/quantity.ts'
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

const limitNames: Partial<Record<ResourceKind, string>> = { cpu: 'cpu', memory: 'memory', disk: 'ephemeral-storage' }

/** Stress inside the target's own cgroup, volume or network namespace, so that it counts against the target alone. */
export function resourceExhaustion(kind: ResourceKind): Fault {
  return injectorFault({
    action: (spec) => (isLoad(spec) ? 'load-network' : actions[kind]),
    container: (spec) => (spec.type === 'resource_exhaustion' ? spec.container : null),
    env: (spec, pods) => ({
      ...amountEnv(kind, spec, pods),
      ...(spec.type === 'resource_exhaustion' && spec.path !== null ? { FAULTLINE_PATH: spec.path } : {}),
      ...(kind === 'network' && !isLoad(spec) ? { FAULTLINE_NEED_TRAFFIC: needsTraffic(spec) } : {}),
    }),
    unfit: (spec, pod, on) => whyUnfit(kind, spec, { pod, on }),
  })
}

/** An exact CPU is given in thousandths of a core, and the busy loops that it takes; exact MiB hold whatever the limit is. */
export function amountEnv(kind: ResourceKind, spec: FaultSpec, pods: readonly Pod[]): Readonly<Record<string, string>> {
  const value = amount(kind, spec, pods)
  const exact = exactOf(spec)
  if (kind === 'cpu' && exact !== undefined)
    return { FAULTLINE_AMOUNT: String(Math.ceil(value / 1000)), FAULTLINE_MILLICORES: String(value) }
  const isOfLimit = kind === 'memory' && (exact === undefined || exact.unit === 'percent')
  return { FAULTLINE_AMOUNT: String(value), ...(isOfLimit ? { FAULTLINE_PERCENT: String(percentOf(spec)) } : {}) }
}

function exactOf(spec: FaultSpec): ExactAmount | undefined {
  return spec.type === 'resource_exhaustion' ? spec.amount : undefined
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
  const why = spec.amount === undefined ? null : whyNoAmount(kind, spec.amount, { pod, container })
  if (why !== null) return why
  switch (kind) {
    case 'memory': {
      const limit = mebibytes(chooseContainer(pod, container).spec?.resources?.limits?.memory ?? '')
      const isAbsolute = limit === undefined || spec.amount?.unit === 'MiB'
      const mib = isAbsolute ? amount(kind, spec, [pod]) : (limit * percentOf(spec)) / 100
      return whyNoMemory(pod, on.node, { container, mib })
    }
    case 'disk':
      return whyNoDisk(pod, spec.path ?? defaultPath, { container, mib: amount(kind, spec, on.pods) })
    case 'cpu':
    case 'network':
      return null
  }
}

/** Why an exact amount cannot be had of this container: a share of a limit that it has not, or more CPU than its limit ever gives. */
export function whyNoAmount(
  kind: ResourceKind,
  exact: ExactAmount,
  { pod, container }: { readonly pod: Pod; readonly container: string | null },
): string | null {
  const limit = limitOf(kind, pod, container)
  if (exact.unit === 'percent') {
    if (limit === undefined) return `its container has no ${limitNames[kind]} limit that ${amountText(exact)} could be taken of`
    const isTooLittle = kind === 'cpu' && Math.floor((limit * exact.value) / 100) < leastMillicores
    return isTooLittle ? `${amountText(exact)} of its container's CPU limit are less than 0.1 cores, which cannot be measured` : null
  }
  if (kind === 'cpu' && limit !== undefined && exact.value > limit)
    return `${amountText(exact)} are more than its container's CPU limit ever gives (${amountText({ unit: 'millicores', value: limit })})`
  return null
}

/** MiB of memory or disk, thousandths of a core; undefined where there is no limit. */
function limitOf(kind: ResourceKind, pod: Pod, container: string | null): number | undefined {
  const name = limitNames[kind]
  const text = name === undefined ? undefined : chooseContainer(pod, container).spec?.resources?.limits?.[name]
  if (text === undefined) return undefined
  const found = kind === 'cpu' ? cores(text) : mebibytes(text)
  return found === undefined ? undefined : kind === 'cpu' ? Math.floor(found * 1000) : found
}

function isLoad(spec: FaultSpec): boolean {
  return spec.type === 'resource_exhaustion' && spec.kind === 'network' && spec.mode === 'load'
}

/** Memory is raised to this share of each container's own limit; the amount counts where there is none. */
function percentOf(spec: FaultSpec): number {
  if (spec.type !== 'resource_exhaustion') return ofLimit.low
  return spec.amount?.unit === 'percent' ? spec.amount.value : ofLimit[spec.intensity ?? 'low']
}

/** MiB for memory and disk, kbit/s for network; for cpu workers, or thousandths of a core where it is exact. The smallest limit of the pods decides. */
export function amount(kind: ResourceKind, spec: FaultSpec, pods: readonly Pod[]): number {
  if (spec.type !== 'resource_exhaustion') return 0
  const { intensity = 'low', amount: exact, container } = spec
  if (exact !== undefined && exact.unit !== 'percent') return exact.value
  if (isLoad(spec)) return load[intensity]
  // A whole number of busy loops, whatever the limit: they are to use it up.
  const isShare = exact !== undefined || kind !== 'cpu'
  const limits = isShare ? pods.flatMap((pod) => limitOf(kind, pod, container) ?? []) : []
  if (limits.length === 0) return absolute[kind][intensity]
  return Math.max(1, Math.floor((Math.min(...limits) * percentOf(spec)) / 100))
}
