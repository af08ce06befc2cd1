import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CoreV1Api, KubeConfig, type KubernetesObject, KubernetesObjectApi, loadAllYaml } from '@kubernetes/client-node'
import { loadKubeConfig } from '../../lib/adapters/kubernetes/config.ts'
import { connectCluster } from '../../lib/adapters/kubernetes/connect.ts'
import type { FaultName } from '../../lib/domain/suite.ts'
import { neededAccess } from '../../lib/faults/permissions.ts'
import { faults } from '../../lib/faults/registry.ts'
import type { Access } from '../../lib/ports.ts'
import type { Options } from './options.ts'
import { forbiddenAccess, onlyAtHome } from './rights.ts'

/** An account with the rights of deploy/rbac.yaml and no others; every scenario is run as this one. */
export interface DriverAccount {
  /** A file with its token. */
  readonly kubeconfig: string
  /** Rights it should have and lacks, and rights it has and should not; by what `kubectl auth can-i` asks. */
  wrongRights(): Promise<{ readonly asked: number; readonly wrong: readonly string[] }>
  close(): Promise<void>
}

interface Names {
  readonly namespace: string
  readonly injectors: string
}

interface Bound extends KubernetesObject {
  roleRef?: { kind: string; name: string }
  subjects?: { kind: string; name: string; namespace?: string }[]
}

/** Applies deploy/rbac.yaml for the scenarios' own namespaces, and makes a token for its service account. */
export async function makeDriverAccount(options: Options, names: Names): Promise<DriverAccount> {
  const admin = new KubeConfig()
  admin.loadFromFile(options.kubeconfig)
  if (options.context !== undefined) admin.setCurrentContext(options.context)
  const objects = KubernetesObjectApi.makeApiClient(admin)
  const made: KubernetesObject[] = []
  const forget = async () => {
    for (const object of made.toReversed()) await objects.delete(object).catch(() => undefined)
  }
  try {
    for (const manifest of manifests(names)) made.push(await objects.create(manifest))
  } catch (error) {
    await forget()
    throw error
  }
  const request = { spec: { audiences: [], expirationSeconds: 7200 } }
  const account = {
    name: 'faultline',
    namespace: names.injectors,
    body: { ...request, apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest' },
  }
  const answer = await admin.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken(account)
  const directory = mkdtempSync(join(tmpdir(), 'faultline-e2e-account-'))
  const kubeconfig = join(directory, 'kubeconfig')
  writeFileSync(kubeconfig, withToken(admin, answer.status?.token ?? ''), { mode: 0o600 })
  return {
    kubeconfig,
    wrongRights: () => wrongRights(kubeconfig, names),
    async close() {
      rmSync(directory, { recursive: true, force: true })
      await forget()
    },
  }
}

function manifests({ namespace, injectors }: Names): readonly KubernetesObject[] {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'deploy', 'rbac.yaml'), 'utf8')
  const own = (name: string) => ({ 'faultline-injectors': injectors, 'jadevectordb-system': namespace })[name] ?? name
  return (loadAllYaml(text) as Bound[])
    .filter((object) => object.kind !== 'Namespace')
    .map((object) => {
      const { metadata = {}, roleRef, subjects } = object
      // What others may have, too, has a name of this run: objects of the cluster, and of namespaces that are not ours.
      const isShared = metadata.namespace === undefined || own(metadata.namespace) === metadata.namespace
      const wide = (kind: string | undefined, name: string) => (isShared || kind?.startsWith('ClusterRole') ? `${name}-${injectors}` : name)
      const place = metadata.namespace === undefined ? {} : { namespace: own(metadata.namespace) }
      const accounts = subjects?.filter((s) => s.kind === 'ServiceAccount').map((s) => ({ ...s, namespace: own(s.namespace ?? '') }))
      return {
        ...object,
        metadata: { ...metadata, name: wide(object.kind, metadata.name ?? ''), ...place },
        ...(roleRef === undefined ? {} : { roleRef: { ...roleRef, name: wide(roleRef.kind, roleRef.name) } }),
        ...(accounts === undefined ? {} : { subjects: accounts }),
      }
    })
}

function withToken(admin: KubeConfig, token: string): string {
  const config = new KubeConfig()
  const cluster = admin.getCurrentCluster()
  if (cluster === null) throw new Error('the kubeconfig names no cluster')
  config.loadFromClusterAndUser(cluster, { name: 'faultline', token })
  return config.exportConfig()
}

async function wrongRights(kubeconfig: string, names: Names): Promise<{ readonly asked: number; readonly wrong: readonly string[] }> {
  const found = loadKubeConfig({ kubeconfig, context: undefined })
  if (found === 'none') throw new Error(`no cluster in ${kubeconfig}`)
  const cluster = connectCluster(found.config)
  const config = { injector: { namespace: names.injectors, image: 'some' } } as Parameters<typeof neededAccess>[1]['config']
  const needed = neededAccess(Object.keys(faults) as FaultName[], { namespace: names.namespace, config })
  const spaces = [{}, { namespace: names.namespace }, { namespace: names.injectors }, { namespace: 'kube-system' }]
  const forbidden = [...spaces.flatMap(forbiddenAccess), ...onlyAtHome]
  const wrong: string[] = []
  const [may, mayToo] = await Promise.all([cluster.pods.can(needed), cluster.pods.can(forbidden)])
  needed.forEach((access, i) => {
    if (may[i] !== true) wrong.push(`may not ${inWords(access)}`)
  })
  forbidden.forEach((access, i) => {
    if (mayToo[i] !== false) wrong.push(`may ${inWords(access)}`)
  })
  await cluster.close()
  return { asked: needed.length + forbidden.length, wrong }
}

function inWords({ verb, group, resource, subresource, namespace }: Access): string {
  const what = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`
  return `${verb} ${what} in ${namespace ?? 'the cluster'}`
}
