import type { Refusal } from '../domain/refusal.ts'
import type { FaultName } from '../domain/suite.ts'
import type { Access } from '../ports.ts'
import type { FaultContext } from './fault.ts'

/**
 * What a run of these faults cannot do without, least privilege (deploy/rbac.yaml grants it, and what only helps). `loads`: where the suite's
 * own Jobs are.
 */
export function neededAccess(
  names: readonly FaultName[],
  context: Pick<FaultContext, 'namespace' | 'config'>,
  loads: readonly string[] = [],
): readonly Access[] {
  const { namespace } = context
  const always = [
    ...grant(['get'], { group: '', resource: 'namespaces', namespace }),
    ...grant(['create', 'get', 'list', 'patch', 'delete'], { group: 'batch', resource: 'jobs', namespace }),
    ...grant(['get', 'list'], { group: '', resource: 'pods', namespace }),
    ...grant(['list'], { group: 'networking.k8s.io', resource: 'networkpolicies', namespace }),
  ]
  const wanted = [...names.flatMap((name) => accessOf(name, context)), ...loads.flatMap(workAccess)]
  return [...new Map([...always, ...wanted].map((access) => [JSON.stringify(access), access])).values()]
}

/** The refusal of a run that lacks a right; its subject is the right, wherever that is found. */
export function missing({ verb, resource, subresource, namespace }: Access): Refusal {
  const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`
  const where = namespace === undefined ? '' : ` in namespace ${namespace}`
  const subject = `${what}${where}`
  return { code: 'permission', step: null, subject, message: `not allowed to ${subject} (deploy/rbac.yaml grants it)` }
}

function accessOf(name: FaultName, { namespace, config }: Pick<FaultContext, 'namespace' | 'config'>): readonly Access[] {
  const injectors = config.injector.namespace
  switch (name) {
    case 'network-partition':
      return [
        ...grant(['create', 'get', 'delete'], { group: 'networking.k8s.io', resource: 'networkpolicies', namespace }),
        ...grant(['patch'], { group: '', resource: 'pods', namespace }),
        ...grant(['get'], { group: '', resource: 'pods', subresource: 'proxy', namespace }),
        ...(config.injector.image === null ? [] : injectorAccess(injectors)),
      ]
    case 'pod-delete':
      return [
        ...grant(['delete'], { group: '', resource: 'pods', namespace }),
        ...['deployments', 'replicasets', 'statefulsets'].flatMap((resource) => grant(['get'], { group: 'apps', resource, namespace })),
      ]
    case 'node-drain':
      return [
        ...grant(['get', 'list', 'patch'], { group: '', resource: 'nodes' }),
        ...grant(['list'], { group: '', resource: 'pods' }),
        ...grant(['create'], { group: '', resource: 'pods', subresource: 'eviction', namespace }),
        ...grant(['get'], { group: '', resource: 'serviceaccounts', namespace: injectors }),
        ...jobAccess(injectors),
      ]
    default:
      return injectorAccess(injectors)
  }
}

/** Jobs in the injectors' namespace, and the closing look for anything that is left there. */
function jobAccess(namespace: string): readonly Access[] {
  return [
    ...grant(['create', 'get', 'list', 'patch', 'delete'], { group: 'batch', resource: 'jobs', namespace }),
    ...grant(['list'], { group: '', resource: 'pods', namespace }),
    ...grant(['list'], { group: 'networking.k8s.io', resource: 'networkpolicies', namespace }),
  ]
}

/** Jobs of the suite's own: made, looked at, read and taken away. */
function workAccess(namespace: string): readonly Access[] {
  return [...jobAccess(namespace), ...grant(['get'], { group: '', resource: 'pods', subresource: 'log', namespace })]
}

function injectorAccess(namespace: string): readonly Access[] {
  return [
    ...jobAccess(namespace),
    ...grant(['get'], { group: '', resource: 'pods', subresource: 'log', namespace }),
    ...grant(['list'], { group: '', resource: 'events', namespace }),
  ]
}

function grant(verbs: readonly string[], on: Omit<Access, 'verb'>): readonly Access[] {
  return verbs.map((verb) => ({ verb, ...on }))
}
