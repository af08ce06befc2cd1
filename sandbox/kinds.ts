import type { Condition, Dict, KubeObject, LabelSelector, Labels, Pod, PodTemplate } from './wire.ts'

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
