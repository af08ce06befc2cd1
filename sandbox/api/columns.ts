import type { Deployment, DisruptionBudget, Job, KubeEvent, Namespace, NetworkPolicy, Node, ReplicaSet, Service } from '../kinds.ts'
import type { Resource } from '../resources.ts'
import type { KubeObject, LabelSelector, Labels, Pod } from '../wire.ts'

/** One column of a printed table. */
export interface Column {
  readonly name: string
  readonly type?: string
  readonly wide?: boolean
  readonly value: (object: KubeObject, now: number) => unknown
}

/** `5s`, `3m10s`, `2h`, `4d`: how kubectl writes ages. */
function humanDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`
}

function column<T extends KubeObject>(
  name: string,
  value: (object: T, now: number) => unknown,
  more: { type?: string; wide?: boolean } = {},
): Column {
  return { name, value: value as Column['value'], ...more }
}

const since = (time: string | undefined, now: number) => (time === undefined ? '<unknown>' : humanDuration(now - Date.parse(time)))
const name = column('Name', ({ metadata }) => metadata.name)
const age = column('Age', ({ metadata }, now) => since(metadata.creationTimestamp, now))
const wide = { wide: true }
const integer = { type: 'integer' }

function pairs(labels: Labels | undefined): string {
  const text = Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  return text === '' ? '<none>' : text
}

const selectorText = (selector: LabelSelector | undefined): string => pairs(selector?.matchLabels)

function podStatus(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (pod.status.reason) return pod.status.reason
  for (const { state } of pod.status.containerStatuses ?? []) {
    if (state.waiting) return state.waiting.reason
    if (state.terminated && pod.status.phase !== 'Running') return state.terminated.reason
    if (state.terminated) return state.terminated.reason
  }
  return pod.status.phase ?? 'Unknown'
}

function restarts(pod: Pod, now: number): string {
  const statuses = pod.status.containerStatuses ?? []
  const total = statuses.reduce((sum, one) => sum + one.restartCount, 0)
  const last = statuses
    .map((one) => one.lastState.terminated?.finishedAt)
    .filter((time) => time !== undefined)
    .sort()
    .at(-1)
  return total > 0 && last !== undefined ? `${total} (${since(last, now)} ago)` : String(total)
}

function nodeStatus(node: Node): string {
  const ready = node.status.conditions?.find((one) => one.type === 'Ready')?.status === 'True' ? 'Ready' : 'NotReady'
  return node.spec.unschedulable ? `${ready},SchedulingDisabled` : ready
}

function jobState(job: Job): string {
  const done = job.status?.conditions?.filter((one) => one.status === 'True').map((one) => one.type) ?? []
  if (job.metadata.deletionTimestamp) return 'Terminating'
  return ['Complete', 'Failed', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find((type) => done.includes(type)) ?? 'Running'
}

const templateColumns = [
  column<ReplicaSet>('Containers', ({ spec }) => spec.template.spec.containers.map((one) => one.name).join(','), wide),
  column<ReplicaSet>('Images', ({ spec }) => spec.template.spec.containers.map((one) => one.image).join(','), wide),
  column<ReplicaSet>('Selector', ({ spec }) => selectorText(spec.selector), wide),
]
const daemon = (field: string) => (object: KubeObject) => (object.status as Record<string, number> | undefined)?.[field] ?? 0

const tables: Readonly<Record<string, readonly Column[]>> = {
  pods: [
    name,
    column<Pod>(
      'Ready',
      ({ spec, status }) => `${(status.containerStatuses ?? []).filter((one) => one.ready).length}/${spec.containers.length}`,
    ),
    column<Pod>('Status', podStatus),
    column<Pod>('Restarts', restarts),
    age,
    column<Pod>('IP', ({ status }) => status.podIP ?? '<none>', wide),
    column<Pod>('Node', ({ spec }) => spec.nodeName ?? '<none>', wide),
    column('Nominated Node', () => '<none>', wide),
    column('Readiness Gates', () => '<none>', wide),
  ],
  nodes: [
    name,
    column<Node>('Status', nodeStatus),
    column('Roles', () => '<none>'),
    age,
    column('Version', () => 'v1.34.0+faultline-sandbox'),
    column<Node>('Internal-IP', ({ status }) => status.addresses?.[0]?.address ?? '<none>', wide),
    column('OS-Image', () => 'simulated', wide),
  ],
  deployments: [
    name,
    column<Deployment>('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    column<Deployment>('Up-to-date', ({ status }) => status?.updatedReplicas ?? 0, integer),
    column<Deployment>('Available', ({ status }) => status?.availableReplicas ?? 0, integer),
    age,
    ...templateColumns,
  ],
  replicasets: [
    name,
    column<ReplicaSet>('Desired', ({ spec }) => spec.replicas ?? 0, integer),
    column<ReplicaSet>('Current', ({ status }) => status?.replicas ?? 0, integer),
    column<ReplicaSet>('Ready', ({ status }) => status?.readyReplicas ?? 0, integer),
    age,
    ...templateColumns,
  ],
  statefulsets: [
    name,
    column<ReplicaSet>('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`),
    age,
    ...templateColumns.slice(0, 2),
  ],
  daemonsets: [
    name,
    column('Desired', daemon('desiredNumberScheduled'), integer),
    column('Current', daemon('currentNumberScheduled'), integer),
    column('Ready', daemon('numberReady'), integer),
    column('Up-to-date', daemon('updatedNumberScheduled'), integer),
    column('Available', daemon('numberAvailable'), integer),
    column('Node Selector', (object) => pairs((object as ReplicaSet).spec.template.spec.nodeSelector)),
    age,
    ...templateColumns,
  ],
  jobs: [
    name,
    column<Job>('Status', jobState),
    column<Job>('Completions', ({ spec, status }) => `${status?.succeeded ?? 0}/${spec.completions ?? 1}`),
    column<Job>('Duration', ({ status }, now) =>
      status?.startTime === undefined
        ? ''
        : humanDuration((status.completionTime ? Date.parse(status.completionTime) : now) - Date.parse(status.startTime)),
    ),
    age,
    ...templateColumns,
  ],
  services: [
    name,
    column<Service>('Type', ({ spec }) => spec.type ?? 'ClusterIP'),
    column<Service>('Cluster-IP', ({ spec }) => spec.clusterIP ?? 'None'),
    column('External-IP', () => '<none>'),
    column<Service>('Port(s)', ({ spec }) => (spec.ports ?? []).map((one) => `${one.port}/${one.protocol ?? 'TCP'}`).join(',')),
    age,
    column<Service>('Selector', ({ spec }) => pairs(spec.selector), wide),
  ],
  networkpolicies: [name, column<NetworkPolicy>('Pod-Selector', ({ spec }) => selectorText(spec.podSelector)), age],
  poddisruptionbudgets: [
    name,
    column<DisruptionBudget>('Min Available', ({ spec }) => spec.minAvailable ?? 'N/A'),
    column<DisruptionBudget>('Max Unavailable', ({ spec }) => spec.maxUnavailable ?? 'N/A'),
    column<DisruptionBudget>('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed ?? 0, integer),
    age,
  ],
  events: [
    column<KubeEvent>('Last Seen', (event, now) => since(event.lastTimestamp, now)),
    column<KubeEvent>('Type', (event) => event.type),
    column<KubeEvent>('Reason', (event) => event.reason),
    column<KubeEvent>('Object', (event) => `${(event.involvedObject.kind ?? '').toLowerCase()}/${event.involvedObject.name ?? ''}`),
    column<KubeEvent>('Message', (event) => event.message),
    { ...name, wide: true },
  ],
  namespaces: [name, column<Namespace>('Status', ({ status }) => status?.phase ?? 'Active'), age],
}

/** The columns of a resource; name and age for those without a table of their own. */
export function columnsOf(resource: Resource): readonly Column[] {
  return tables[resource.plural] ?? [name, { ...age, name: resource.plural.endsWith('roles') ? 'Created At' : 'Age' }]
}
