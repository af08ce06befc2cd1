import type { KubeObject } from './wire.ts'

/** One resource the cluster serves; `plural` is unique here, so it is the key everywhere. */
export interface Resource {
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly singular: string
  readonly kind: string
  readonly namespaced: boolean
  readonly shortNames: readonly string[]
  readonly inAll: boolean
  readonly subresources: readonly string[]
}

interface Extras {
  short?: string
  cluster?: boolean
  all?: boolean
  sub?: string
}

const words = (text: string | undefined): readonly string[] => (text ? text.split(' ') : [])

function resource(groupVersion: string, plural: string, kind: string, extras: Extras = {}): Resource {
  const [version = '', group = ''] = groupVersion.split('/').reverse()
  const { short, cluster = false, all = false, sub } = extras
  const singular = kind.toLowerCase()
  return { group, version, plural, singular, kind, namespaced: !cluster, shortNames: words(short), inAll: all, subresources: words(sub) }
}

/** Everything that can be read and written, in the order discovery lists it. */
export const resources: readonly Resource[] = [
  resource('v1', 'namespaces', 'Namespace', { short: 'ns', cluster: true, sub: 'status finalize' }),
  resource('v1', 'nodes', 'Node', { short: 'no', cluster: true, sub: 'status' }),
  resource('v1', 'pods', 'Pod', { short: 'po', all: true, sub: 'log eviction status proxy' }),
  resource('v1', 'services', 'Service', { short: 'svc', all: true, sub: 'status proxy' }),
  resource('v1', 'configmaps', 'ConfigMap', { short: 'cm' }),
  resource('v1', 'secrets', 'Secret'),
  resource('v1', 'serviceaccounts', 'ServiceAccount', { short: 'sa' }),
  resource('v1', 'events', 'Event', { short: 'ev' }),
  resource('v1', 'endpoints', 'Endpoints', { short: 'ep' }),
  resource('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim', { short: 'pvc', sub: 'status' }),
  resource('v1', 'resourcequotas', 'ResourceQuota', { short: 'quota', sub: 'status' }),
  resource('v1', 'limitranges', 'LimitRange', { short: 'limits' }),
  resource('apps/v1', 'deployments', 'Deployment', { short: 'deploy', all: true, sub: 'status scale' }),
  resource('apps/v1', 'replicasets', 'ReplicaSet', { short: 'rs', all: true, sub: 'status scale' }),
  resource('apps/v1', 'statefulsets', 'StatefulSet', { short: 'sts', all: true, sub: 'status scale' }),
  resource('apps/v1', 'daemonsets', 'DaemonSet', { short: 'ds', all: true, sub: 'status' }),
  resource('batch/v1', 'jobs', 'Job', { all: true, sub: 'status' }),
  resource('batch/v1', 'cronjobs', 'CronJob', { short: 'cj', all: true, sub: 'status' }),
  resource('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget', { short: 'pdb', sub: 'status' }),
  resource('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy', { short: 'netpol' }),
  resource('networking.k8s.io/v1', 'ingresses', 'Ingress', { short: 'ing', sub: 'status' }),
  resource('coordination.k8s.io/v1', 'leases', 'Lease'),
  resource('admissionregistration.k8s.io/v1', 'validatingadmissionpolicies', 'ValidatingAdmissionPolicy', { cluster: true, sub: 'status' }),
  resource('admissionregistration.k8s.io/v1', 'validatingadmissionpolicybindings', 'ValidatingAdmissionPolicyBinding', { cluster: true }),
  resource('rbac.authorization.k8s.io/v1', 'roles', 'Role'),
  resource('rbac.authorization.k8s.io/v1', 'rolebindings', 'RoleBinding'),
  resource('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', { cluster: true }),
  resource('rbac.authorization.k8s.io/v1', 'clusterrolebindings', 'ClusterRoleBinding', { cluster: true }),
]

const byPlural = new Map(resources.map((one) => [one.plural, one]))
const byKind = new Map(resources.map((one) => [`${apiVersionOf(one)}/${one.kind}`, one]))

/** `apps/v1`, or `v1` for the core group. */
export function apiVersionOf(one: Pick<Resource, 'group' | 'version'>): string {
  return one.group === '' ? one.version : `${one.group}/${one.version}`
}

/** `deployments.apps`, the name that messages use. */
export function qualifiedName(one: Resource): string {
  return one.group === '' ? one.plural : `${one.plural}.${one.group}`
}

/** Looks a resource up by its plural; undefined when the cluster does not serve it. */
export function findResource(plural: string): Resource | undefined {
  return byPlural.get(plural)
}

/** The resource of a plural that must exist; throws for a programming error. */
export function resourceNamed(plural: string): Resource {
  const found = byPlural.get(plural)
  if (found === undefined) throw new Error(`the sandbox serves no resource '${plural}'; see sandbox/resources.ts`)
  return found
}

/** The resource an object or an owner reference names by apiVersion and kind. */
export function resourceOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>): Resource | undefined {
  return byKind.get(`${object.apiVersion}/${object.kind}`)
}
