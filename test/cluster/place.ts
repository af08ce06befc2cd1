import { setTimeout as sleep } from 'node:timers/promises'
import { loadKubeConfig } from '../../lib/adapters/kubernetes/config.ts'
import type { ConnectedCluster } from '../../lib/adapters/kubernetes/connect.ts'
import { connectCluster } from '../../lib/adapters/kubernetes/connect.ts'
import type { KubeObject, Pod } from '../../lib/domain/kube.ts'
import { isReady, refOf } from '../../lib/domain/kube.ts'
import { type Admission, applyAdmission } from './admission.ts'
import { type DriverAccount, makeDriverAccount } from './driver-account.ts'
import type { Options } from './options.ts'

/** The scenarios' own corner of the cluster. */
export interface Place {
  readonly cluster: ConnectedCluster
  readonly namespace: string
  readonly injectors: string
  pods(): Promise<readonly Pod[]>
  ready(): Promise<void>
  /** Makes the injectors' namespace one where Jobs, or their pods, are refused; and back. */
  refuse(what: 'jobs' | 'pods'): Promise<() => Promise<void>>
  readonly account: DriverAccount
  /** deploy/admission, which holds for everything that the scenarios do. */
  readonly admission: Admission
  close(): Promise<void>
}

/** Pods of the workload. */
export const replicas = 4
const patienceMs = 120_000
/** An object to be made. */
export type Manifest = KubeObject & { readonly [key: string]: unknown }

/** Makes the namespaces, the rights of deploy/rbac.yaml, and a workload with a Service in a namespace at Pod Security level `restricted`. */
export async function openPlace(options: Options): Promise<Place> {
  const found = loadKubeConfig({ kubeconfig: options.kubeconfig, context: options.context })
  if (found === 'none') throw new Error(`no cluster in ${options.kubeconfig}`)
  const cluster = connectCluster(found.config)
  const suffix = Math.random().toString(36).slice(2, 8)
  const namespace = `faultline-e2e-${suffix}`
  const injectors = `faultline-e2e-injectors-${suffix}`
  const made: KubeObject[] = []
  const forget = async () => {
    for (const object of made.toReversed()) await cluster.objects.delete(refOf(object))
  }
  const account = await (async () => {
    for (const manifest of manifests(options, { namespace, injectors })) made.push(await cluster.objects.create(manifest))
    return makeDriverAccount(options, { namespace, injectors })
  })().catch(async (error: unknown) => {
    await forget()
    throw error
  })
  const admission = await applyAdmission(options, { namespace, injectors }).catch(async (error: unknown) => {
    await account.close()
    await forget()
    throw error
  })
  const pods = async () =>
    (await cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace })).filter((p) => p.metadata.labels?.app === 'e2e')
  const ready = () =>
    until('the workload is Ready', async () => (await pods()).filter(isReady).length === replicas && (await pods()).length === replicas)
  const close = async () => {
    await admission.close()
    await account.close()
    await forget()
    await until(
      'the namespaces are gone',
      async () => (await cluster.objects.get({ apiVersion: 'v1', kind: 'Namespace', name: namespace })) === undefined,
    )
    await cluster.close()
  }
  await ready()
  await until('the admission policies hold', () => admission.holds())
  return { cluster, namespace, injectors, pods, ready, refuse: (what) => refuse(cluster, injectors, what), account, admission, close }
}

async function refuse(cluster: ConnectedCluster, injectors: string, what: 'jobs' | 'pods'): Promise<() => Promise<void>> {
  const { objects } = cluster
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: injectors }
  const level = (value: string) => objects.patch(namespace, { metadata: { labels: { 'pod-security.kubernetes.io/enforce': value } } })
  if (what === 'pods') {
    await level('restricted')
    return async () => void (await level('privileged'))
  }
  const quota: Manifest = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'no-jobs', namespace: injectors },
    spec: { hard: { 'count/jobs.batch': '0' } },
  }
  await objects.create(quota)
  await until('the quota counts', async () => {
    const found = await objects.get<KubeObject & { readonly status?: { readonly hard?: object } }>(refOf(quota))
    return found?.status?.hard !== undefined
  })
  return async () => void (await objects.delete(refOf(quota)))
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
  return [
    level(namespace, 'restricted'),
    level(injectors, 'privileged'),
    workload(options, namespace),
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'e2e', namespace },
      spec: { maxUnavailable: 2, selector: { matchLabels: { app: 'e2e' } } },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'e2e', namespace },
      spec: { selector: { app: 'e2e' }, ports: [{ port: 80, targetPort: options.workloadPort }] },
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
    resources: {
      requests: { cpu: '10m', memory: '32Mi', 'ephemeral-storage': '1Mi' },
      limits: { cpu: '500m', memory: '256Mi', 'ephemeral-storage': '600Mi' },
    },
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
