/** The parts of Kubernetes objects that decisions are made on (https://kubernetes.io/docs/reference/kubernetes-api/). */
export interface ObjectRef {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export interface ObjectMeta {
  readonly name: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
  readonly managedFields?: readonly ManagedFields[]
}

/** Which fields a client was the last to set, and when it last changed one of them. */
export interface ManagedFields {
  readonly manager?: string
  readonly time?: string
  readonly fieldsV1?: object
}

export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
}

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

interface Probe {
  readonly httpGet?: { readonly port: number | string; readonly path?: string }
  readonly tcpSocket?: { readonly port: number | string }
}

export interface Container {
  readonly name: string
  readonly image?: string
  readonly restartPolicy?: string
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: string }[]
  readonly readinessProbe?: Probe
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> }
  readonly securityContext?: { readonly readOnlyRootFilesystem?: boolean }
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly readOnly?: boolean }[]
}

export interface ContainerStatus {
  readonly name: string
  readonly containerID?: string
  readonly ready: boolean
  readonly restartCount: number
  readonly state?: {
    readonly running?: { readonly startedAt?: string }
    readonly waiting?: { readonly reason?: string; readonly message?: string }
    readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string; readonly signal?: number }
  }
  readonly lastState?: { readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly signal?: number } }
}

export interface Pod extends KubeObject {
  readonly spec: {
    readonly nodeName?: string
    readonly hostNetwork?: boolean
    readonly restartPolicy?: string
    readonly terminationGracePeriodSeconds?: number
    readonly containers: readonly Container[]
    readonly initContainers?: readonly Container[]
    readonly ephemeralContainers?: readonly Container[]
    readonly volumes?: readonly {
      readonly name: string
      readonly emptyDir?: { readonly sizeLimit?: string; readonly medium?: string }
      readonly hostPath?: object
    }[]
  }
  readonly status?: {
    readonly phase?: string
    readonly reason?: string
    readonly message?: string
    readonly podIP?: string
    /** Of a dual-stack pod one of each family; the first is `podIP`. */
    readonly podIPs?: readonly { readonly ip: string }[]
    readonly conditions?: readonly Condition[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
  }
}

export interface Node extends KubeObject {
  readonly spec: {
    readonly unschedulable?: boolean
    readonly taints?: readonly { readonly key: string; readonly effect: string }[]
    readonly providerID?: string
  }
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly nodeInfo?: { readonly bootID?: string; readonly operatingSystem?: string }
    readonly capacity?: Readonly<Record<string, string>>
  }
}

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[]
}

export interface NetworkPolicy extends KubeObject {
  readonly spec: {
    readonly podSelector?: LabelSelector
    readonly policyTypes?: readonly string[]
    readonly ingress?: readonly { readonly from?: readonly object[]; readonly ports?: readonly object[] }[]
    readonly egress?: readonly object[]
  }
}

export interface Job extends KubeObject {
  readonly spec: {
    readonly parallelism?: number
    readonly suspend?: boolean
    readonly activeDeadlineSeconds?: number
    readonly ttlSecondsAfterFinished?: number
    readonly backoffLimit?: number
    readonly template: { readonly metadata?: Partial<ObjectMeta>; readonly spec: object }
  }
  readonly status?: {
    readonly startTime?: string
    readonly active?: number
    readonly ready?: number
    readonly succeeded?: number
    readonly failed?: number
    readonly conditions?: readonly Condition[]
  }
}

export interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: string }
}

/** A pod's Ready condition is True and it is not being deleted. */
export function isReady(pod: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp === undefined && (pod.status?.conditions ?? []).some((c) => c.type === 'Ready' && c.status === 'True')
  )
}

/** The controller that would replace the object, if it has one. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true)
}

/** Reference to an object that was read from the cluster. */
export function refOf(object: KubeObject): ObjectRef {
  const { name, namespace } = object.metadata
  return { apiVersion: object.apiVersion, kind: object.kind, name, ...(namespace === undefined ? {} : { namespace }) }
}
