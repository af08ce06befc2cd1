import { resources } from '../resources.ts'
import type { Dict } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'

interface AccessReview {
  readonly spec?: { readonly resourceAttributes?: { verb?: string; resource?: string; subresource?: string; namespace?: string } }
}

interface RulesReview {
  readonly spec?: { readonly namespace?: string }
}

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

/** One rule for everything, or, once something was taken away, one for each resource and what is left of it. */
function rulesIn({ cluster: { rules } }: Backend, namespace: string | undefined): readonly Dict[] {
  if (!rules.isAnyForbidden()) return [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]
  return resources.flatMap(({ group, plural, subresources }) =>
    [undefined, ...subresources].map((subresource) => ({
      verbs: verbs.filter((verb) => rules.allowed({ verb, plural, subresource, namespace })),
      apiGroups: [group],
      resources: [subresource === undefined ? plural : `${plural}/${subresource}`],
    })),
  )
}

/** The review kinds that are created and answered but never stored; undefined for any other path. */
export function reviewFor(backend: Backend, exchange: Exchange): Dict | undefined {
  const kind = /^\/apis\/auth(?:orization|entication)\.k8s\.io\/v1\/(\w+)$/.exec(exchange.url.pathname)?.[1]
  if (kind === undefined || exchange.method !== 'POST') return undefined
  const body = exchange.object()
  if (kind === 'selfsubjectreviews') return { ...body, status: { userInfo: { username: 'faultline-sandbox', groups: ['system:masters'] } } }
  if (kind === 'selfsubjectrulesreviews') {
    const resourceRules = rulesIn(backend, (body as RulesReview).spec?.namespace)
    return { ...body, status: { resourceRules, nonResourceRules: [], incomplete: false } }
  }
  if (kind !== 'selfsubjectaccessreviews') return undefined
  const { verb = '*', resource = '*', subresource, namespace = '' } = (body as AccessReview).spec?.resourceAttributes ?? {}
  const allowed = backend.cluster.rules.allowed({ verb, plural: resource, subresource, namespace: namespace || undefined })
  return { ...body, status: allowed ? { allowed } : { allowed, reason: 'taken away with sandbox.forbid()' } }
}
