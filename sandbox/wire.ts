/** Any JSON object, as it travels. */
export type Dict = Record<string, unknown>
export type Labels = Record<string, string>

/** Names who an object belongs to; the garbage collector goes by `uid`. */
export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

export interface ObjectMeta {
  name: string
  generateName?: string
  namespace?: string
  uid: string
  resourceVersion: string
  generation?: number
  creationTimestamp: string
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Labels
  annotations?: Labels
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
}

/** A stored object in its wire form (timestamps are strings). */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: unknown
  status?: unknown
  [field: string]: unknown
}

/** What a caller hands in: everything but the kind and the name may be missing. */
export interface Manifest {
  apiVersion?: string
  kind?: string
  metadata?: Partial<ObjectMeta>
  [field: string]: unknown
}

export interface Condition {
  type: string
  status: 'True' | 'False' | 'Unknown'
  reason?: string
  message?: string
  lastTransitionTime?: string
  lastProbeTime?: string | null
  lastUpdateTime?: string
}

export interface LabelSelector {
  matchLabels?: Labels
  matchExpressions?: { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] }[]
}

export interface Container {
  name: string
  image: string
  env?: { name: string; value?: string }[]
  ports?: { name?: string; containerPort: number; protocol?: string }[]
  resources?: { limits?: Labels; requests?: Labels }
  readinessProbe?: { httpGet?: { path?: string; port: number | string }; periodSeconds?: number; failureThreshold?: number }
  securityContext?: Dict
  [field: string]: unknown
}

export interface Toleration {
  key?: string
  operator?: string
  value?: string
  effect?: string
}

export interface PodSpec {
  containers: Container[]
  initContainers?: Container[]
  nodeName?: string
  nodeSelector?: Labels
  tolerations?: Toleration[]
  restartPolicy?: string
  terminationGracePeriodSeconds?: number
  serviceAccountName?: string
  hostPID?: boolean
  hostNetwork?: boolean
  hostIPC?: boolean
  securityContext?: Dict
  volumes?: Dict[]
  [field: string]: unknown
}

export interface Terminated {
  exitCode: number
  signal?: number
  reason: string
  message?: string
  startedAt: string
  finishedAt: string
  containerID: string
}

export interface ContainerState {
  waiting?: { reason: string; message?: string }
  running?: { startedAt: string }
  terminated?: Terminated
}

export interface ContainerStatus {
  name: string
  image: string
  imageID: string
  containerID?: string
  ready: boolean
  started: boolean
  restartCount: number
  state: ContainerState
  lastState: ContainerState
}

export interface PodStatus {
  phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed'
  conditions?: Condition[]
  podIP?: string
  podIPs?: { ip: string }[]
  hostIP?: string
  startTime?: string
  reason?: string
  message?: string
  qosClass?: string
  containerStatuses?: ContainerStatus[]
}

export interface Pod extends KubeObject {
  spec: PodSpec
  status: PodStatus
}

export interface PodTemplate {
  metadata?: Partial<ObjectMeta>
  spec: PodSpec
}

export interface Node extends KubeObject {
  spec: { unschedulable?: boolean; taints?: { key: string; value?: string; effect: string }[]; podCIDR?: string }
  status: { conditions?: Condition[]; addresses?: { type: string; address: string }[]; [field: string]: unknown }
}

interface ReplicaCounts {
  replicas?: number
  readyReplicas?: number
  availableReplicas?: number
  updatedReplicas?: number
  unavailableReplicas?: number
  fullyLabeledReplicas?: number
  currentReplicas?: number
  currentRevision?: string
  updateRevision?: string
  observedGeneration?: number
  conditions?: Condition[]
}

export interface Deployment extends KubeObject {
  spec: {
    replicas?: number
    selector: LabelSelector
    template: PodTemplate
    paused?: boolean
    strategy?: { type?: string; rollingUpdate?: { maxSurge?: number | string; maxUnavailable?: number | string } }
  }
  status?: ReplicaCounts
}

export interface ReplicaSet extends KubeObject {
  spec: { replicas?: number; selector: LabelSelector; template: PodTemplate }
  status?: ReplicaCounts
}

export interface StatefulSet extends KubeObject {
  spec: { replicas?: number; selector: LabelSelector; template: PodTemplate; podManagementPolicy?: string; serviceName?: string }
  status?: ReplicaCounts
}

export interface DaemonSet extends KubeObject {
  spec: { selector: LabelSelector; template: PodTemplate }
  status?: Dict
}

export interface JobStatus {
  startTime?: string
  completionTime?: string
  active?: number
  ready?: number
  terminating?: number
  succeeded?: number
  failed?: number
  conditions?: Condition[]
  uncountedTerminatedPods?: Dict
}

export interface Job extends KubeObject {
  spec: {
    parallelism?: number
    completions?: number
    backoffLimit?: number
    activeDeadlineSeconds?: number
    ttlSecondsAfterFinished?: number
    suspend?: boolean
    manualSelector?: boolean
    selector?: LabelSelector
    template: PodTemplate
  }
  status?: JobStatus
}

export interface DisruptionBudget extends KubeObject {
  spec: { minAvailable?: number | string; maxUnavailable?: number | string; selector?: LabelSelector }
  status?: {
    currentHealthy: number
    desiredHealthy: number
    disruptionsAllowed: number
    expectedPods: number
    observedGeneration: number
    conditions?: Condition[]
    disruptedPods?: Labels
  }
}

export interface PolicyPeer {
  ipBlock?: { cidr: string; except?: string[] }
  podSelector?: LabelSelector
  namespaceSelector?: LabelSelector
}

export interface PolicyRule {
  from?: PolicyPeer[]
  to?: PolicyPeer[]
  ports?: { protocol?: string; port?: number | string; endPort?: number }[]
}

export interface NetworkPolicy extends KubeObject {
  spec: { podSelector: LabelSelector; policyTypes?: string[]; ingress?: PolicyRule[]; egress?: PolicyRule[] }
}

export interface Service extends KubeObject {
  spec: {
    selector?: Labels
    type?: string
    clusterIP?: string
    ports?: { name?: string; port: number; targetPort?: number | string; protocol?: string }[]
    [field: string]: unknown
  }
}

export interface Quota extends KubeObject {
  spec: { hard?: Labels }
  status?: { hard?: Labels; used?: Labels }
}

export interface KubeEvent extends KubeObject {
  involvedObject: { kind?: string; namespace?: string; name?: string; uid?: string; apiVersion?: string }
  type: string
  reason: string
  message: string
  count: number
  firstTimestamp: string
  lastTimestamp: string
}

export interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] }
  status?: { phase: string }
}

/** The kinds that controllers know; every other resource is plain storage. */
export interface Kinds {
  pods: Pod
  nodes: Node
  namespaces: Namespace
  services: Service
  events: KubeEvent
  resourcequotas: Quota
  deployments: Deployment
  replicasets: ReplicaSet
  statefulsets: StatefulSet
  daemonsets: DaemonSet
  jobs: Job
  poddisruptionbudgets: DisruptionBudget
  networkpolicies: NetworkPolicy
}
