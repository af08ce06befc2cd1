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
  managedFields?: ManagedFields[]
}

/** Which fields a client set last, and when. */
export interface ManagedFields {
  manager: string
  operation: 'Update'
  apiVersion: string
  time: string
  fieldsType: 'FieldsV1'
  fieldsV1: Dict
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
