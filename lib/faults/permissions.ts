import type { FaultName } from '../domain/suite.ts'
import type { FaultContext } from './fault.ts'

/** One thing the credentials must be allowed to do, as a SelfSubjectAccessReview asks it. */
export interface Access {
  readonly verb: string
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
}

/** What a run of these faults needs, least privilege (deploy/rbac.yaml grants the same). */
export function neededAccess(names: readonly FaultName[], context: Pick<FaultContext, 'namespace' | 'config'>): readonly Access[] {
  const { namespace } = context
  const injectors = context.config.injector.namespace
  const always = [
    ...grant(['create', 'get', 'list', 'patch', 'delete'], { group: 'batch', resource: 'jobs', namespace }),
    ...grant(['get', 'list'], { group: '', resource: 'pods', namespace }),
  ]
  const wanted = names.flatMap((name): readonly Access[] => {
    switch (name) {
      case 'network-partition':
        return [
          ...grant(['create', 'get', 'list', 'delete'], { group: 'networking.k8s.io', resource: 'networkpolicies', namespace }),
          ...grant(['patch'], { group: '', resource: 'pods', namespace }),
          ...grant(['get'], { group: '', resource: 'pods', subresource: 'proxy', namespace }),
        ]
      case 'pod-delete':
        return grant(['delete'], { group: '', resource: 'pods', namespace })
      case 'node-drain':
        return [
          ...grant(['get', 'list', 'patch'], { group: '', resource: 'nodes' }),
          ...grant(['list'], { group: '', resource: 'pods' }),
          ...grant(['create'], { group: '', resource: 'pods', subresource: 'eviction', namespace }),
          ...grant(['create', 'get', 'delete'], { group: 'batch', resource: 'jobs', namespace: injectors }),
          ...grant(['get'], { group: '', resource: 'serviceaccounts', namespace: injectors }),
        ]
      default:
        return [
          ...grant(['create', 'get', 'list', 'patch', 'delete'], { group: 'batch', resource: 'jobs', namespace: injectors }),
          ...grant(['list'], { group: '', resource: 'pods', namespace: injectors }),
          ...grant(['get'], { group: '', resource: 'pods', subresource: 'log', namespace: injectors }),
          ...grant(['list'], { group: '', resource: 'events', namespace: injectors }),
        ]
    }
  })
  return [...new Map([...always, ...wanted].map((access) => [JSON.stringify(access), access])).values()]
}

function grant(verbs: readonly string[], on: Omit<Access, 'verb'>): readonly Access[] {
  return verbs.map((verb) => ({ verb, ...on }))
}
