import type { Access } from '../../lib/ports.ts'
import { parseRoute } from '../../sandbox/api/route.ts'
import type { SeenRequest } from '../../sandbox/api/server.ts'
import type { Sandbox } from '../../sandbox/start.ts'

/** Everything that is asked of the cluster from now on, each kind of call once, as RBAC would judge it. */
export function recordAccess(sandbox: Pick<Sandbox, 'disturb'>): readonly Access[] {
  const seen: Access[] = []
  const known = new Set<string>()
  sandbox.disturb((request) => {
    const access = accessOf(request)
    if (access !== null && !known.has(JSON.stringify(access))) {
      known.add(JSON.stringify(access))
      seen.push(access)
    }
    return undefined
  })
  return seen
}

/** Null for what every authenticated user may do (reviews, version, discovery). */
function accessOf({ method, path }: SeenRequest): Access | null {
  if (!path.startsWith('/api') || path === '/apis' || path.startsWith('/apis/authorization.k8s.io/')) return null
  const { resource, name, subresource, ...route } = parseRoute(path)
  // A namespace lies in itself, for RBAC.
  const namespace = resource.plural === 'namespaces' ? name : route.namespace
  const verbs: Readonly<Record<string, string>> = {
    GET: name === undefined ? 'list' : 'get',
    POST: 'create',
    PATCH: 'patch',
    DELETE: name === undefined ? 'deletecollection' : 'delete',
  }
  return {
    verb: verbs[method] ?? method,
    group: resource.group,
    resource: resource.plural,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === undefined ? {} : { namespace }),
  }
}
