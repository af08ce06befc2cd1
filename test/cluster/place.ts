import { setTimeout as sleep } from 'node:timers/promises'
import { loadKubeConfig } from '../../lib/adapters/kubernetes/config.ts'
import type { ConnectedCluster } from '../../lib/adapters/kubernetes/connect.ts'
import { connectCluster } from '../../lib/adapters/kubernetes/connect.ts'
import type { KubeObject, Pod } from '../../lib/domain/kube.ts'
import { isReady, refOf } from '../../lib/domain/kube.ts'
import type { Options } from './options.ts'

/** The scenarios' own corner of the cluster. */
export interface Place {
  readonly cluster: ConnectedCluster
  readonly namespace: string
  readonly injectors: string
  pods(): Promise<readonly Pod[]>
  ready(): Promise<void>
  close(): Promise<void>
}

const replicas = 4
const patienceMs = 120_000
type Manifest = KubeObject & { readonly [key: string]: unknown }

/** Makes the namespaces, the cordon fuse's account, and a workload in a namespace at Pod Security level `restricted`. */
export async function openPlace(options: Options): Promise<Place> {
  const found = loadKubeConfig({ kubeconfig: options.kubeconfig, context: options.context })
  if (found === 'none') throw new Error(`no cluster in ${options.kubeconfig}`)
  const cluster = connectCluster(found.config)
  const suffix = Math.random().toString(36).slice(2, 8)
  const namespace = `faultline-e2e-${suffix}`
  const injectors = `faultline-e2e-injectors-${suffix}`
  const made: KubeObject[] = []
  for (const manifest of manifests(options, { namespace, injectors })) made.push(await cluster.objects.create(manifest))
  const pods = async () =>
    (await cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace })).filter((p) => p.metadata.labels?.app === 'e2e')
  const ready = () =>
    until('the workload is Ready', async () => (await pods()).filter(isReady).length === replicas && (await pods()).length === replicas)
  const close = async () => {
    for (const object of made.toReversed()) await cluster.objects.delete(refOf(object))
    await until(
      'the namespaces are gone',
      async () => (await cluster.objects.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })) === undefined,
    )
    await cluster.close()
  }
  await ready()
  return { cluster, namespace, injectors, pods, ready, close }
}

/** Polls until it holds, or fails after two minutes. */
export async function until(what: string, holds: () => Promise<boolean>, everyMs = 200): Promise<void> {
  const giveUpAt = Date.now() + patienceMs
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`waited ${patienceMs / 1000} s in vain: ${what}`)
    await sleep(everyMs)
  }
}

function manifests(options: Options, names: { readonly namespace: string; readonly injectors: string }): readonly Manifest[] {
  const { namespace, injectors } = names
  const level = (name: string, value: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': value } },
  })
  const role = `faultline-cordon-fuse-${injectors}`
  return [
    level(namespace, 'restricted'),
    level(injectors, 'privileged'),
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'faultline-cordon-fuse', namespace: injectors } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: role },
      rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: role },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: 'faultline-cordon-fuse', namespace: injectors }],
    },
    workload(options, namespace),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'e2e', namespace },
      spec: { maxUnavailable: 2, selector: { matchLabels: { app: 'e2e' } } },
    },
  ]
}

function workload(options: Options, namespace: string): Manifest {
  const labels = { app: 'e2e' }
  const container = {
    name: 'server',
    image: options.workloadImage,
    imagePullPolicy: 'IfNotPresent',
    ports: [{ containerPort: options.workloadPort }],
    readinessProbe: { tcpSocket: { port: options.workloadPort }, periodSeconds: 1 },
    resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  }
  const spec = {
    terminationGracePeriodSeconds: 2,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: labels } },
    ],
    containers: [container],
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'e2e', namespace },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
}
