import type { Cluster } from '../cluster.ts'
import { recordEvent } from '../events.ts'
import type { Deployment, ReplicaSet } from '../kinds.ts'
import { plainCopy, sameJson } from '../plain.ts'
import { withCondition } from '../pod-state.ts'
import { templateHash } from '../random.ts'
import type { PodTemplate } from '../wire.ts'
import { controllerRef, ownedBy } from './pods.ts'
import { type Controller, keysOf, ownerKeys, splitKey } from './runner.ts'

const component = 'deployment-controller'
const revisionKey = 'deployment.kubernetes.io/revision'
const hashLabel = 'pod-template-hash'

/** Rolls a deployment's replica sets towards its template, within maxSurge and maxUnavailable. */
export function deploymentController(cluster: Cluster): Controller {
  return {
    name: component,
    keys: (change) => [...keysOf(change, 'deployments'), ...ownerKeys(change, 'replicasets', 'Deployment')],
    reconcile: (key) => {
      const { namespace, name } = splitKey(key)
      const deployment = cluster.store.get('deployments', name, namespace)
      if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return undefined
      const sets = setsOf(cluster, deployment)
      const current =
        sets.find((set) => sameTemplate(set, deployment)) ?? (deployment.spec.paused ? undefined : createSet(cluster, deployment, sets))
      if (current !== undefined)
        roll(
          cluster,
          deployment,
          current,
          sets.filter((set) => set.metadata.uid !== current.metadata.uid),
        )
      publish(cluster, deployment, current)
      return undefined
    },
  }
}

function setsOf(cluster: Cluster, deployment: Deployment): ReplicaSet[] {
  const dependents = cluster.store.dependents(deployment.metadata.uid)
  return dependents.filter((one): one is ReplicaSet => one.kind === 'ReplicaSet' && ownedBy(one, deployment))
}

function bare(template: PodTemplate): PodTemplate {
  const copy = plainCopy(template)
  if (copy.metadata?.labels) delete copy.metadata.labels[hashLabel]
  return copy
}

function sameTemplate(set: ReplicaSet, deployment: Deployment): boolean {
  return sameJson(bare(set.spec.template), bare(deployment.spec.template))
}

function createSet(cluster: Cluster, deployment: Deployment, older: readonly ReplicaSet[]): ReplicaSet {
  const { name, namespace = 'default', labels } = deployment.metadata
  const hash = templateHash(deployment.spec.template)
  const template = plainCopy(deployment.spec.template)
  template.metadata = { ...template.metadata, labels: { ...template.metadata?.labels, [hashLabel]: hash } }
  const selector = plainCopy(deployment.spec.selector)
  selector.matchLabels = { ...selector.matchLabels, [hashLabel]: hash }
  const revision = String(1 + Math.max(0, ...older.map((set) => Number(set.metadata.annotations?.[revisionKey] ?? 0))))
  const set = cluster.create('replicasets', {
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: { ...labels, ...template.metadata.labels },
      annotations: { [revisionKey]: revision },
      ownerReferences: [controllerRef(deployment)],
    },
    spec: { replicas: 0, selector, template },
  })
  cluster.modify(deployment, (draft) => {
    draft.metadata.annotations = { ...draft.metadata.annotations, [revisionKey]: revision }
  })
  return set
}

function amount(value: number | string | undefined, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value
  return round((Number.parseFloat(value ?? '25%') / 100) * of)
}

function resize(cluster: Cluster, deployment: Deployment, set: ReplicaSet, replicas: number): void {
  const before = set.spec.replicas ?? 0
  if (before === replicas) return
  cluster.modify(set, (draft) => {
    draft.spec.replicas = replicas
  })
  const verb = replicas > before ? 'up' : 'down'
  const message = `Scaled ${verb} replica set ${set.metadata.name} from ${before} to ${replicas}`
  recordEvent(cluster, deployment, { reason: 'ScalingReplicaSet', message, component })
}

function roll(cluster: Cluster, deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[]): void {
  const wanted = deployment.spec.replicas ?? 1
  const { type, rollingUpdate } = deployment.spec.strategy ?? {}
  const oldTotal = old.reduce((sum, set) => sum + (set.spec.replicas ?? 0), 0)
  if (oldTotal === 0) {
    resize(cluster, deployment, current, wanted)
    return
  }
  if (type === 'Recreate') {
    for (const set of old) resize(cluster, deployment, set, 0)
    return
  }
  const surge = amount(rollingUpdate?.maxSurge, wanted, Math.ceil)
  const unavailable = amount(rollingUpdate?.maxUnavailable, wanted, Math.floor)
  const room = wanted + Math.max(surge, unavailable === 0 ? 1 : 0) - oldTotal
  resize(cluster, deployment, current, Math.max(current.spec.replicas ?? 0, Math.min(wanted, room)))
  const available = [...old, current].reduce((sum, set) => sum + (set.status?.availableReplicas ?? 0), 0)
  let removable = available - (wanted - unavailable)
  for (const set of old) {
    const replicas = set.spec.replicas ?? 0
    const broken = Math.max(0, replicas - (set.status?.availableReplicas ?? 0))
    const cut = Math.min(replicas, broken + Math.max(0, removable))
    resize(cluster, deployment, set, replicas - cut)
    removable -= cut - broken
  }
}

function publish(cluster: Cluster, deployment: Deployment, current: ReplicaSet | undefined): void {
  const sets = setsOf(cluster, deployment)
  const sum = (field: 'replicas' | 'readyReplicas' | 'availableReplicas') =>
    sets.reduce((total, set) => total + (set.status?.[field] ?? 0), 0)
  const fresh = sets.find((set) => set.metadata.uid === current?.metadata.uid)
  const now = cluster.timestamp()
  cluster.modify(deployment, (draft) => {
    const wanted = draft.spec.replicas ?? 1
    const available = sum('availableReplicas')
    const enough = available >= wanted - amount(draft.spec.strategy?.rollingUpdate?.maxUnavailable, wanted, Math.floor)
    const done = fresh?.status?.availableReplicas === wanted && sum('replicas') === wanted
    const conditions = withCondition(
      draft.status?.conditions,
      {
        type: 'Available',
        status: enough ? 'True' : 'False',
        reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        message: `Deployment ${enough ? 'has' : 'does not have'} minimum availability.`,
      },
      now,
    )
    draft.status = {
      observedGeneration: draft.metadata.generation ?? 1,
      replicas: sum('replicas'),
      updatedReplicas: fresh?.status?.replicas ?? 0,
      readyReplicas: sum('readyReplicas'),
      availableReplicas: available,
      unavailableReplicas: Math.max(0, wanted - available),
      conditions: withCondition(
        conditions,
        {
          type: 'Progressing',
          status: 'True',
          reason: done ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
          message: `ReplicaSet "${fresh?.metadata.name ?? ''}" ${done ? 'has successfully progressed' : 'is progressing'}.`,
        },
        now,
      ),
    }
  })
}
