import type { Dict } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'

interface AccessReview {
  readonly spec?: { readonly resourceAttributes?: { verb?: string; resource?: string; subresource?: string; namespace?: string } }
}

const everything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }

/** The review kinds that are created and answered but never stored; undefined for any other path. */
export function reviewFor(backend: Backend, exchange: Exchange): Dict | undefined {
  const kind = /^\/apis\/auth(?:orization|entication)\.k8s\.io\/v1\/(\w+)$/.exec(exchange.url.pathname)?.[1]
  if (kind === undefined || exchange.method !== 'POST') return undefined
  const body = exchange.object()
  if (kind === 'selfsubjectreviews') return { ...body, status: { userInfo: { username: 'faultline-sandbox', groups: ['system:masters'] } } }
  if (kind === 'selfsubjectrulesreviews')
    return { ...body, status: { resourceRules: [everything], nonResourceRules: [], incomplete: false } }
  if (kind !== 'selfsubjectaccessreviews') return undefined
  const { verb = '*', resource = '*', subresource, namespace = '' } = (body as AccessReview).spec?.resourceAttributes ?? {}
  const allowed = backend.cluster.rules.allowed({ verb, plural: resource, subresource, namespace: namespace || undefined })
  return { ...body, status: allowed ? { allowed } : { allowed, reason: 'taken away with sandbox.forbid()' } }
}
