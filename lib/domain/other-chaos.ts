import type { KubeObject } from './kube.ts'

/** An object by which another tool for chaos does its work; only what is looked at of its spec and status. */
export interface ChaosObject extends KubeObject {
  readonly spec?: {
    readonly action?: string
    readonly duration?: string
    readonly selector?: PodSelector
    readonly target?: { readonly selector?: PodSelector }
    readonly engineState?: string
    readonly appinfo?: { readonly appns?: string }
    /** Litmus: targets that are chosen in another way than by `appinfo`. */
    readonly selectors?: object
  }
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly engineStatus?: string
    readonly phase?: string
  }
}

interface PodSelector {
  readonly namespaces?: readonly string[]
  /** Names of pods by their namespace; where there are any, nothing else of the selector counts. */
  readonly pods?: Readonly<Record<string, readonly string[]>>
}

/** A tool whose chaos must not meet ours: evidence of a fault, and of its undo, would be about both. */
export interface ChaosTool {
  readonly name: string
  readonly group: string
  readonly apiVersion: string
  readonly kinds: readonly string[]
  readonly isActive: (object: ChaosObject) => boolean
  /** Namespaces that it works in; null: nodes, or it cannot be told. */
  readonly worksIn: (object: ChaosObject) => readonly string[] | null
}

const has = ({ status }: ChaosObject, type: string) => (status?.conditions ?? []).some((one) => one.type === type && one.status === 'True')

/** Of Chaos Mesh: one that names none selects in the namespace of its object. */
function namespacesOf({ pods = {}, namespaces = [] }: PodSelector, own: string): readonly string[] {
  const ofPods = Object.keys(pods)
  if (ofPods.length > 0) return ofPods
  return namespaces.length > 0 ? namespaces : [own]
}

/** Kinds and states as of Chaos Mesh 2.8, Litmus 3 and krkn-operator 0.2. */
export const chaosTools: readonly ChaosTool[] = [
  {
    name: 'Chaos Mesh',
    group: 'chaos-mesh.org',
    apiVersion: 'chaos-mesh.org/v1alpha1',
    kinds: [
      'AWSChaos',
      'AzureChaos',
      'BlockChaos',
      'DNSChaos',
      'GCPChaos',
      'HTTPChaos',
      'IOChaos',
      'JVMChaos',
      'KernelChaos',
      'NetworkChaos',
      'PhysicalMachineChaos',
      'PodChaos',
      'StressChaos',
      'TimeChaos',
    ],
    // What has no duration and ends with its deed stays in its phase for ever; all else is over once it is recovered.
    isActive: (object) => {
      const { action = '', duration } = object.spec ?? {}
      const isOneShot = duration === undefined && /(?:kill|restart|reset)$/.test(action)
      return !(isOneShot && has(object, 'AllInjected')) && !has(object, 'AllRecovered')
    },
    worksIn: ({ metadata, spec }) => {
      const selectors = [spec?.selector, spec?.target?.selector].filter((one) => one !== undefined)
      return selectors.length === 0 ? null : selectors.flatMap((one) => namespacesOf(one, metadata.namespace ?? ''))
    },
  },
  {
    name: 'Litmus',
    group: 'litmuschaos.io',
    apiVersion: 'litmuschaos.io/v1alpha1',
    kinds: ['ChaosEngine'],
    isActive: ({ spec, status }) => spec?.engineState !== 'stop' && !['completed', 'stopped'].includes(status?.engineStatus ?? ''),
    worksIn: ({ spec }) => {
      const namespace = spec?.appinfo?.appns ?? ''
      return namespace === '' || spec?.selectors !== undefined ? null : [namespace]
    },
  },
  {
    name: 'Krkn',
    group: 'krkn.krkn-chaos.dev',
    apiVersion: 'krkn.krkn-chaos.dev/v1alpha1',
    kinds: ['KrknScenarioRun'],
    isActive: ({ status }) => !['Succeeded', 'PartiallyFailed', 'Failed'].includes(status?.phase ?? ''),
    worksIn: () => null,
  },
]

/** What of a tool is at work, in words: against a start where it works in the namespace or it cannot be told; else only told. Pure. */
export function judgeOtherChaos(
  { name, isActive, worksIn }: ChaosTool,
  objects: readonly ChaosObject[],
  namespace: string,
): { readonly against: readonly string[]; readonly beside: readonly string[] } {
  const active = objects.filter(isActive).map((object) => {
    const { kind, metadata } = object
    const where = worksIn(object)
    const what = `${name} is at work in ${where === null ? 'places that its object does not name' : `namespace ${[...new Set(where)].join(', ')}`}`
    const isNear = where === null || where.includes(namespace)
    return { isNear, text: `${what} (${kind} ${metadata.namespace}/${metadata.name})` }
  })
  return {
    against: active.filter(({ isNear }) => isNear).map(({ text }) => `${text}: wait until it is over, or end it`),
    beside: active.filter(({ isNear }) => !isNear).map(({ text }) => text),
  }
}
