import { FaultlineError } from '../../domain/errors.ts'
import { chaosTools } from '../../domain/other-chaos.ts'

interface Resource {
  readonly plural: string
  readonly namespaced: boolean
}

/** What a REST path is made of; without a name it is the collection. */
export interface Place {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace?: string
  readonly name?: string
}

const inNamespace = (plural: string): Resource => ({ plural, namespaced: true })
const inCluster = (plural: string): Resource => ({ plural, namespaced: false })

/** Chaos Mesh's kinds have no plural of their own. */
const pluralOf = (kind: string) => (kind.endsWith('Chaos') ? kind.toLowerCase() : `${kind.toLowerCase()}s`)

/** A table instead of discovery: no call before the first call, and nothing that can be missing when a revert needs it. */
const resources: Readonly<Record<string, Resource>> = {
  Namespace: inCluster('namespaces'),
  Node: inCluster('nodes'),
  Pod: inNamespace('pods'),
  Service: inNamespace('services'),
  Event: inNamespace('events'),
  Secret: inNamespace('secrets'),
  ServiceAccount: inNamespace('serviceaccounts'),
  ResourceQuota: inNamespace('resourcequotas'),
  LimitRange: inNamespace('limitranges'),
  ConfigMap: inNamespace('configmaps'),
  Deployment: inNamespace('deployments'),
  ReplicaSet: inNamespace('replicasets'),
  StatefulSet: inNamespace('statefulsets'),
  DaemonSet: inNamespace('daemonsets'),
  Job: inNamespace('jobs'),
  CronJob: inNamespace('cronjobs'),
  NetworkPolicy: inNamespace('networkpolicies'),
  PodDisruptionBudget: inNamespace('poddisruptionbudgets'),
  ...Object.fromEntries(chaosTools.flatMap(({ kinds }) => kinds.map((kind) => [kind, inNamespace(pluralOf(kind))]))),
  SelfSubjectReview: inCluster('selfsubjectreviews'),
  ValidatingAdmissionPolicy: inCluster('validatingadmissionpolicies'),
  ValidatingAdmissionPolicyBinding: inCluster('validatingadmissionpolicybindings'),
  /** Of metrics.k8s.io: what a node uses. */
  NodeMetrics: inCluster('nodes'),
  ClusterRole: inCluster('clusterroles'),
  ClusterRoleBinding: inCluster('clusterrolebindings'),
}

/**
 * REST path of an object or a collection. Refuses (bad_input) unknown kinds, a missing namespace, and names that would
 * make it another path: a DELETE of `pods/` or `pods/..` would take the whole collection or the namespace.
 */
export function pathOf(place: Place, subresource?: string): string {
  const resource = resourceOf(place)
  const { apiVersion, kind, namespace, name } = place
  if (name !== undefined && resource.namespaced && namespace === undefined) throw badPlace(place, `a ${kind} needs a namespace`)
  const parts = [apiVersion.includes('/') ? '/apis' : '/api', ...apiVersion.split('/').map((part) => segment(place, part))]
  if (resource.namespaced && namespace !== undefined) parts.push('namespaces', segment(place, namespace))
  parts.push(resource.plural)
  if (name !== undefined) parts.push(segment(place, name))
  if (subresource !== undefined) parts.push(subresource)
  return parts.join('/')
}

/** Path a new object is posted to. */
export function collectionOf(place: Place): string {
  const { apiVersion, kind, namespace } = place
  if (resourceOf(place).namespaced && namespace === undefined) throw badPlace(place, `a ${kind} needs a namespace`)
  return pathOf({ apiVersion, kind, ...(namespace === undefined ? {} : { namespace }) })
}

/** How messages name it: `NetworkPolicy jadevectordb-system/deny`. */
export function nameOf(place: Place): string {
  const where = [place.namespace, place.name].filter((part) => part !== undefined).join('/')
  return where === '' ? place.kind : `${place.kind} ${where}`
}

function resourceOf(place: Place): Resource {
  const resource = Object.hasOwn(resources, place.kind) ? resources[place.kind] : customResource(place)
  if (resource === undefined) throw badPlace(place, `kind ${place.kind} is not known here; there are ${Object.keys(resources).join(', ')}`)
  return resource
}

/**
 * Kinds of other groups than Kubernetes' own (those have a dot) are read as owners of pods: in a namespace, their plural by the usual rule of
 * English. A wrong guess finds nothing there.
 */
function customResource({ apiVersion, kind }: Place): Resource | undefined {
  const [group = ''] = apiVersion.split('/')
  if (!group.includes('.') || group.endsWith('.k8s.io') || !/^[A-Z][A-Za-z0-9]*$/.test(kind)) return undefined
  const name = kind.toLowerCase()
  if (/(s|x|z|ch|sh)$/.test(name)) return inNamespace(`${name}es`)
  return inNamespace(/[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`)
}

function segment(place: Place, text: string): string {
  if (text === '' || text === '.' || text === '..' || text.includes('/')) throw badPlace(place, `"${text}" is not a name`)
  return encodeURIComponent(text)
}

function badPlace(place: Place, why: string): FaultlineError {
  return new FaultlineError('bad_input', `${nameOf(place)}: ${why}`)
}
