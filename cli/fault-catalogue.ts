import { defaultConfig } from '../lib/config.ts'
import type { FaultName } from '../lib/domain/suite.ts'
import { faultNames } from '../lib/domain/suite.ts'
import { neededAccess } from '../lib/faults/permissions.ts'
import { type FaultParam, paramsOfFault } from '../lib/suite/fault-params.ts'

/** What a person has to know of a fault before writing a step of it. */
export interface CatalogueEntry {
  readonly name: FaultName
  readonly does: string
  readonly needs: string
  readonly params: readonly FaultParam[]
  /** Rights of the credentials beside those that every run needs, as `verb resource` and where. */
  readonly rights: readonly string[]
  /** A whole step, as it stands in `experiments`. */
  readonly example: object
}

type Told = Pick<CatalogueEntry, 'does' | 'needs'> & {
  readonly type: string
  readonly params: object
  readonly more?: object
  readonly byInjector: boolean
}

const injector = 'the injector image (--injector-image)'
const resource = (what: string, params: object, more = ''): Told => ({
  type: 'resource_exhaustion',
  does: `uses up ${what}`,
  needs: `${injector}${more}`,
  params,
  byInjector: true,
})

const told: Readonly<Record<FaultName, Told>> = {
  'network-partition': {
    type: 'network_partition',
    does: 'cuts pods off: from everything, from their peers, or apart from the rest',
    needs: `a CNI that enforces NetworkPolicies (mechanism policy), or ${injector} (mechanism netfilter)`,
    params: { partition_type: 'random', scope: 'peers', mechanism: 'netfilter' },
    byInjector: true,
  },
  'pod-delete': {
    type: 'node_failure',
    does: 'deletes pods; their controller brings new ones',
    needs: 'the Kubernetes API alone',
    params: { failure_type: 'pod-delete' },
    more: { targets: { count: 1 } },
    byInjector: false,
  },
  'pod-kill': {
    type: 'node_failure',
    does: 'signals the main process of a container, once or again and again; the pod stays',
    needs: injector,
    params: { failure_type: 'pod-kill', signal: 'KILL', repeatEvery: 20 },
    byInjector: true,
  },
  crashloop: {
    type: 'node_failure',
    does: 'kills a container at each of its starts, for the whole duration',
    needs: injector,
    params: { failure_type: 'crashloop' },
    byInjector: true,
  },
  'pod-pause': {
    type: 'node_failure',
    does: 'has all processes of a container stand still, for the whole duration or in pulses',
    needs: injector,
    params: { failure_type: 'pod-pause', every: 30, for: 10 },
    byInjector: true,
  },
  'node-drain': {
    type: 'node_failure',
    does: 'cordons nodes and evicts their pods, also those of other workloads',
    needs: 'an image with kubectl or curl for the fuse of its cordon (--fuse-image), or --accept-no-fuse',
    params: { failure_type: 'node-drain' },
    more: { targets: { count: 1 } },
    byInjector: false,
  },
  'cpu-exhaustion': resource("CPU inside a container's own cgroup", { resource_type: 'cpu', intensity: 'high' }),
  'memory-exhaustion': resource("memory inside a container's own cgroup", { resource_type: 'memory', intensity: 'medium' }),
  'disk-exhaustion': resource('the disk behind a folder of a container', { resource_type: 'disk', intensity: 'low', path: '/tmp' }),
  'network-exhaustion': resource('the network of a pod: little of its rate is left, or a load fills it', {
    resource_type: 'network',
    intensity: 'high',
    mode: 'rate',
  }),
  'network-degradation': {
    type: 'network_degradation',
    does: 'makes the network of pods slow, lossy or narrow',
    needs: `${injector}; a kernel with sch_netem (not for loss and rate)`,
    params: { degradation_type: 'latency', latency: 80, jitter: 20, ports: [5432] },
    byInjector: true,
  },
  'dns-failure': {
    type: 'dns_failure',
    does: 'makes names fail for pods: no such name, a failure, no answer, or a wrong address',
    needs: `${injector} with dnsdist, ldnsutils and conntrack`,
    params: { dns_type: 'servfail', domains: ['*.s3.amazonaws.com'], share: 50 },
    byInjector: true,
  },
  'http-fault': {
    type: 'http_fault',
    does: 'makes requests fail or slow, those that come in or those that go out',
    needs: `${injector} with haproxy and conntrack; HTTP/1 without TLS, no mesh`,
    params: { http_type: 'abort', status: 503, ports: [8080], path: '/api/*', share: 20 },
    byInjector: true,
  },
}

/** Every fault there is, in the order of the suite format. */
export function faultCatalogue(): readonly CatalogueEntry[] {
  const always = new Set(rightsOf([], false))
  return faultNames.map((name) => {
    const { type, does, needs, params, more = {}, byInjector } = told[name]
    return {
      name,
      does,
      needs,
      params: paramsOfFault(name),
      rights: rightsOf([name], byInjector).filter((right) => !always.has(right)),
      example: { name: `Try ${name}`, type, params, ...more, duration: 60, interval: 30 },
    }
  })
}

/** What every run needs, whatever its faults. */
export function rightsOfEveryRun(): readonly string[] {
  return rightsOf([], false)
}

const workload = "the workload's namespace"

function rightsOf(names: readonly FaultName[], byInjector: boolean): readonly string[] {
  const { injector: settings } = defaultConfig
  const config = { ...defaultConfig, injector: { ...settings, image: byInjector ? 'image' : null } }
  const verbs = new Map<string, string[]>()
  for (const { verb, resource: what, subresource, namespace } of neededAccess(names, { namespace: workload, config })) {
    const where = namespace === undefined ? 'cluster-wide' : namespace === workload ? `in ${workload}` : `in ${namespace}`
    const on = `${what}${subresource === undefined ? '' : `/${subresource}`} ${where}`
    verbs.set(on, [...(verbs.get(on) ?? []), verb])
  }
  return [...verbs].map(([on, all]) => `${all.join(', ')} ${on}`)
}
