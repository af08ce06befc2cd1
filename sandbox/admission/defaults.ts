import type { Deployment, Job, NetworkPolicy, Service } from '../kinds.ts'
import { plainCopy } from '../plain.ts'
import type { Container, KubeObject, PodSpec, PodTemplate } from '../wire.ts'

function defaultContainer(container: Container): void {
  container.imagePullPolicy ??= 'IfNotPresent'
  container.terminationMessagePath ??= '/dev/termination-log'
  container.terminationMessagePolicy ??= 'File'
  container.resources ??= {}
  for (const port of container.ports ?? []) port.protocol ??= 'TCP'
  if (container.resources.limits) container.resources.requests ??= { ...container.resources.limits }
  const probe = container.readinessProbe
  if (probe === undefined) return
  probe.periodSeconds ??= 10
  probe.failureThreshold ??= 3
  if (probe.httpGet) probe.httpGet.path ??= '/'
}

function defaultPodSpec(spec: PodSpec | undefined): void {
  if (spec === undefined) return
  spec.restartPolicy ??= 'Always'
  spec.terminationGracePeriodSeconds ??= 30
  spec.dnsPolicy ??= 'ClusterFirst'
  spec.schedulerName ??= 'default-scheduler'
  spec.securityContext ??= {}
  for (const container of spec.containers ?? []) defaultContainer(container)
}

function defaultPod(object: KubeObject): void {
  const spec = object.spec as PodSpec | undefined
  defaultPodSpec(spec)
  if (spec === undefined) return
  spec.serviceAccountName ??= 'default'
  spec.enableServiceLinks ??= true
  object.status = { phase: 'Pending', qosClass: qosOf(spec) }
}

function qosOf(spec: PodSpec): string {
  const resources = (spec.containers ?? []).map((container) => container.resources ?? {})
  if (resources.every((one) => !one.limits && !one.requests)) return 'BestEffort'
  const same = resources.every((one) => one.limits?.cpu && one.limits.memory && JSON.stringify(one.limits) === JSON.stringify(one.requests))
  return same ? 'Guaranteed' : 'Burstable'
}

function templateOf(object: KubeObject): PodTemplate | undefined {
  return (object.spec as { template?: PodTemplate } | undefined)?.template
}

function defaultReplicas(object: KubeObject): void {
  defaultPodSpec(templateOf(object)?.spec)
  const spec = object.spec as Deployment['spec'] | undefined
  if (spec === undefined) return
  spec.replicas ??= 1
  if (object.kind !== 'Deployment') return
  spec.strategy ??= { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }
}

function defaultJob(object: KubeObject): void {
  const spec = (object as Job).spec
  if (spec === undefined) return
  spec.parallelism ??= 1
  if (spec.completions === undefined && spec.parallelism <= 1) spec.completions = 1
  spec.backoffLimit ??= 6
  spec.suspend ??= false
  Object.assign(spec, {
    completionMode: 'NonIndexed',
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: spec.manualSelector ?? false,
  })
  defaultPodSpec(spec.template?.spec)
  if (spec.template === undefined) return
  const { uid, name } = object.metadata
  const identity = { 'batch.kubernetes.io/controller-uid': uid, 'controller-uid': uid }
  spec.selector ??= { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }
  spec.template.metadata ??= {}
  spec.template.metadata.labels = {
    ...spec.template.metadata.labels,
    ...identity,
    'batch.kubernetes.io/job-name': name,
    'job-name': name,
  }
}

function defaultNetworkPolicy(object: KubeObject): void {
  const spec = (object as NetworkPolicy).spec
  spec.podSelector ??= {}
  spec.policyTypes ??= spec.egress === undefined ? ['Ingress'] : ['Ingress', 'Egress']
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
  }
}

function defaultService(object: KubeObject): void {
  const spec = (object as Service).spec
  spec.type ??= 'ClusterIP'
  spec.sessionAffinity ??= 'None'
  const tail = Number.parseInt(object.metadata.uid.slice(0, 4), 16)
  spec.clusterIP ??= `10.96.${(tail >> 8) & 0xff}.${tail & 0xff || 1}`
  for (const port of spec.ports ?? []) {
    port.protocol ??= 'TCP'
    port.targetPort ??= port.port
  }
}

function defaultNamespace(object: KubeObject): void {
  object.spec = { finalizers: ['kubernetes'] }
  object.status = { phase: 'Active' }
  object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name }
}

const defaulters: Record<string, (object: KubeObject) => void> = {
  Pod: defaultPod,
  Deployment: defaultReplicas,
  ReplicaSet: defaultReplicas,
  StatefulSet: defaultReplicas,
  DaemonSet: (object) => defaultPodSpec(templateOf(object)?.spec),
  Job: defaultJob,
  NetworkPolicy: defaultNetworkPolicy,
  Service: defaultService,
  Namespace: defaultNamespace,
}

/** Kinds whose spec counts generations. */
const generational = new Set([
  'Deployment',
  'ReplicaSet',
  'StatefulSet',
  'DaemonSet',
  'Job',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'Ingress',
  'CronJob',
  'Pod',
])

/** Fills in what a real API server would on creation; changes the draft in place. */
export function applyDefaults(draft: KubeObject): void {
  if (generational.has(draft.kind)) draft.metadata.generation = 1
  if (draft.kind !== 'Namespace' && draft.kind !== 'Node' && draft.kind !== 'Pod') {
    if (draft.status !== undefined && generational.has(draft.kind)) draft.status = {}
  }
  if (generational.has(draft.kind) || draft.kind === 'Service') draft.spec ??= {}
  defaulters[draft.kind]?.(draft)
}

/** Fills nested defaults again after an update (a patched container list, say), leaving the status alone. */
export function reapplyDefaults(draft: KubeObject): void {
  if (draft.kind === 'Namespace') return
  const status = plainCopy(draft.status)
  defaulters[draft.kind]?.(draft)
  if (status === undefined) delete draft.status
  else draft.status = status
}
