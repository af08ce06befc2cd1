import { apiVersionOf, type Resource, resources } from '../resources.ts'
import type { Dict } from '../wire.ts'

/** What `/version` says; the build metadata makes plain that the cluster is simulated. */
export const versionInfo = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0+faultline-sandbox',
  gitCommit: 'simulated',
  gitTreeState: 'clean',
  buildDate: '2026-01-01T00:00:00Z',
  goVersion: 'simulated',
  compiler: 'simulated',
  platform: 'linux/amd64',
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const reviews: Readonly<Record<string, readonly [string, string][]>> = {
  'authorization.k8s.io/v1': [
    ['selfsubjectaccessreviews', 'SelfSubjectAccessReview'],
    ['selfsubjectrulesreviews', 'SelfSubjectRulesReview'],
  ],
  'authentication.k8s.io/v1': [['selfsubjectreviews', 'SelfSubjectReview']],
}

/** The group versions served, the core one first. */
export const groupVersions: readonly string[] = [...new Set([...resources.map(apiVersionOf), ...Object.keys(reviews)])]

function subresourceEntry(one: Resource, sub: string): Dict {
  const name = `${one.plural}/${sub}`
  const base = { name, singularName: '', namespaced: one.namespaced }
  if (sub === 'scale') return { ...base, group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: ['get', 'patch', 'update'] }
  if (sub === 'eviction') return { ...base, group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] }
  if (sub === 'proxy') return { ...base, kind: `${one.kind}ProxyOptions`, verbs: ['create', 'delete', 'get', 'patch', 'update'] }
  return { ...base, kind: one.kind, verbs: sub === 'log' ? ['get'] : ['get', 'patch', 'update'] }
}

function entries(one: Resource): Dict[] {
  const own: Dict = { name: one.plural, singularName: one.singular, namespaced: one.namespaced, kind: one.kind, verbs }
  if (one.shortNames.length > 0) own.shortNames = one.shortNames
  if (one.inAll) own.categories = ['all']
  return [own, ...one.subresources.map((sub) => subresourceEntry(one, sub))]
}

function resourceList(groupVersion: string): Dict {
  const stored = resources.filter((one) => apiVersionOf(one) === groupVersion).flatMap(entries)
  const created = (reviews[groupVersion] ?? []).map(([name, kind]) => ({
    name,
    singularName: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ['create'],
  }))
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [...stored, ...created] }
}

function group(groupVersion: string): Dict {
  const [name, version] = groupVersion.split('/')
  const entry = { groupVersion, version }
  return { name, versions: [entry], preferredVersion: entry }
}

/** The discovery document of a path, if it is one. */
export function discoveryFor(path: string, address: string): Dict | undefined {
  const groups = groupVersions.filter((one) => one.includes('/'))
  if (path === '/api')
    return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }] }
  if (path === '/apis') return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(group) }
  const trimmed = path.replace(/^\/(api|apis)\//, '')
  if (path === '/api/v1' || (path.startsWith('/apis/') && groups.includes(trimmed))) return resourceList(trimmed)
  const named = groups.find((one) => path === `/apis/${one.split('/')[0]}`)
  return named === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...group(named) }
}
