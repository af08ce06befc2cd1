/** One suite with one step; what is expected of it, and what is done to it meanwhile. */
export interface Scenario {
  readonly name: string
  readonly type: string
  readonly params: Readonly<Record<string, unknown>>
  readonly targets?: Readonly<Record<string, unknown>>
  /** It hits more than half of the workload that the cluster has for it. */
  readonly blastRadius?: 'all'
  readonly duration: number
  readonly verdict: 'succeeded' | 'no_effect' | 'aborted' | 'refused' | 'failed'
  /** A second step that overlaps with it, on other pods, and ends before it. */
  readonly beside?: {
    readonly type: string
    readonly params: Readonly<Record<string, unknown>>
    readonly targets: Readonly<Record<string, unknown>>
    readonly delay: number
    readonly duration: number
  }
  /** What happens once the fault bites, and the one beside it. */
  readonly meanwhile?: 'kill the runner' | 'delete the injector' | 'abort the run'
  /** A drain evicts the other pods of the node too, which takes rights in their namespaces too: the kubeconfig's own. */
  readonly asGiven?: true
  /** What the injectors' namespace refuses, and what the run has to say of it. */
  readonly refused?: 'jobs' | 'pods'
  readonly says?: string
}

/** The workload here has no traffic of its own: what is shown is that the rules work. */
const allowUnused = true

const partition = (params: Readonly<Record<string, unknown>>) => ({
  type: 'network_partition',
  params: { partition_type: 'random', allowUnused, ...params },
})
const failure = (failure_type: string, params: Readonly<Record<string, unknown>> = {}) => ({
  type: 'node_failure',
  params: { failure_type, ...params },
})
const exhaustion = (resource_type: string) => ({
  type: 'resource_exhaustion',
  params: { resource_type, intensity: 'low', ...(resource_type === 'network' ? { allowUnused } : {}) },
})
const degradation = (params: Readonly<Record<string, unknown>>) => ({ type: 'network_degradation', params: { allowUnused, ...params } })

const dns = (params: Readonly<Record<string, unknown>>) => ({ type: 'dns_failure', params: { allowUnused, ...params } })

const http = (params: Readonly<Record<string, unknown>>) => ({ type: 'http_fault', params: { ports: [8080], allowUnused, ...params } })

const plain = { duration: 8, verdict: 'succeeded' } as const

/** A partition that begins and ends while memory is held on another pod of the same workload. */
const memoryAndPartition = {
  ...exhaustion('memory'),
  targets: { count: 1 },
  blastRadius: 'all',
  beside: { ...partition({ mechanism: 'policy' }), targets: { count: 1 }, delay: 3, duration: 8 },
} as const

/** Every fault once, and what ends one when its keepers die. */
export const scenarios: readonly Scenario[] = [
  { name: 'partition by policy', ...partition({ mechanism: 'policy' }), ...plain, duration: 12 },
  { name: 'partition by netfilter', ...partition({ mechanism: 'netfilter' }), ...plain },
  { name: 'partition from peers', ...partition({ mechanism: 'netfilter', scope: 'peers' }), ...plain },
  {
    name: 'partition split',
    ...partition({ mechanism: 'netfilter', scope: 'split' }),
    targets: { count: 2 },
    blastRadius: 'all',
    ...plain,
  },
  { name: 'pod-delete', ...failure('pod-delete'), ...plain },
  { name: 'pod-kill TERM', ...failure('pod-kill', { signal: 'TERM', graceSeconds: 1 }), ...plain },
  { name: 'pod-kill KILL', ...failure('pod-kill', { signal: 'KILL' }), ...plain },
  { name: 'crashloop', ...failure('crashloop'), ...plain, duration: 10 },
  { name: 'pod-pause', ...failure('pod-pause'), ...plain },
  { name: 'pod-pause in pulses', ...failure('pod-pause', { every: 4, for: 2 }), ...plain, duration: 12 },
  { name: 'node-drain with a budget', ...failure('node-drain'), ...plain, blastRadius: 'all', asGiven: true },
  { name: 'memory', ...exhaustion('memory'), ...plain },
  { name: 'cpu', ...exhaustion('cpu'), ...plain },
  { name: 'disk', ...exhaustion('disk'), ...plain },
  { name: 'bandwidth', ...exhaustion('network'), ...plain },
  { name: 'network load', type: 'resource_exhaustion', params: { resource_type: 'network', intensity: 'low', mode: 'load' }, ...plain },
  { name: 'latency', ...degradation({ degradation_type: 'latency' }), ...plain },
  { name: 'jitter', ...degradation({ degradation_type: 'jitter' }), ...plain },
  { name: 'corruption', ...degradation({ degradation_type: 'corruption' }), ...plain },
  { name: 'duplication', ...degradation({ degradation_type: 'duplication' }), ...plain },
  { name: 'loss', ...degradation({ degradation_type: 'loss', loss: 40 }), ...plain },
  { name: 'rate', ...degradation({ degradation_type: 'rate' }), ...plain },
  { name: 'dns nxdomain', ...dns({ dns_type: 'nxdomain' }), ...plain },
  { name: 'dns timeout', ...dns({ dns_type: 'timeout', domains: ['*.s3.amazonaws.com'] }), ...plain },
  { name: 'dns servfail, a share', ...dns({ dns_type: 'servfail', share: 30 }), ...plain },
  { name: 'dns wrong', ...dns({ dns_type: 'wrong', domains: ['db'], addresses: ['10.9.9.9'] }), ...plain },
  { name: 'http abort', ...http({ http_type: 'abort' }), ...plain },
  { name: 'http delay, a share', ...http({ http_type: 'delay', delay: 400, share: 30 }), ...plain },
  { name: 'http reset, outwards', ...http({ http_type: 'abort', reset: true, direction: 'out' }), ...plain },
  { name: 'Jobs refused', ...exhaustion('memory'), duration: 8, verdict: 'refused', refused: 'jobs', says: 'exceeded quota: no-jobs' },
  {
    name: 'injector pods refused',
    ...exhaustion('memory'),
    duration: 8,
    verdict: 'failed',
    refused: 'pods',
    says: 'violates PodSecurity "restricted:latest"',
  },
  {
    name: 'runner killed: partition by policy',
    ...partition({ mechanism: 'policy' }),
    duration: 6,
    verdict: 'aborted',
    meanwhile: 'kill the runner',
  },
  {
    name: 'runner killed: partition by netfilter',
    ...partition({ mechanism: 'netfilter' }),
    duration: 6,
    verdict: 'aborted',
    meanwhile: 'kill the runner',
  },
  {
    name: 'runner killed: node-drain',
    ...failure('node-drain'),
    blastRadius: 'all',
    asGiven: true,
    duration: 6,
    verdict: 'aborted',
    meanwhile: 'kill the runner',
  },
  { name: 'runner killed: http', ...http({ http_type: 'abort' }), duration: 6, verdict: 'aborted', meanwhile: 'kill the runner' },
  {
    name: 'injector force-deleted: http',
    ...http({ http_type: 'abort' }),
    duration: 30,
    verdict: 'no_effect',
    meanwhile: 'delete the injector',
  },
  { name: 'runner killed: dns', ...dns({ dns_type: 'servfail' }), duration: 6, verdict: 'aborted', meanwhile: 'kill the runner' },
  {
    name: 'injector force-deleted: dns',
    ...dns({ dns_type: 'servfail' }),
    duration: 30,
    verdict: 'no_effect',
    meanwhile: 'delete the injector',
  },
  {
    name: 'runner killed: pod-pause',
    ...failure('pod-pause'),
    duration: 6,
    verdict: 'aborted',
    meanwhile: 'kill the runner',
  },
  {
    name: 'injector force-deleted: pod-pause',
    ...failure('pod-pause'),
    duration: 30,
    verdict: 'no_effect',
    meanwhile: 'delete the injector',
  },
  { name: 'injector force-deleted: memory', ...exhaustion('memory'), duration: 30, verdict: 'no_effect', meanwhile: 'delete the injector' },
  {
    name: 'injector force-deleted: netfilter',
    ...partition({ mechanism: 'netfilter' }),
    duration: 30,
    verdict: 'no_effect',
    meanwhile: 'delete the injector',
  },
  { name: 'together: memory and partition', ...memoryAndPartition, duration: 25, verdict: 'succeeded' },
  {
    name: 'runner killed: memory and partition together',
    ...memoryAndPartition,
    duration: 15,
    verdict: 'aborted',
    meanwhile: 'kill the runner',
  },
  {
    name: 'run aborted: memory and partition together',
    ...memoryAndPartition,
    beside: { ...memoryAndPartition.beside, duration: 60 },
    duration: 60,
    verdict: 'aborted',
    meanwhile: 'abort the run',
  },
]
