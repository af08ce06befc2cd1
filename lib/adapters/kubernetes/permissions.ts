import { KubernetesError } from '../../domain/errors.ts'
import type { Access } from '../../ports.ts'
import { jsonIn } from './errors.ts'
import type { Transport } from './transport.ts'

const reviews = '/apis/authorization.k8s.io/v1'

/**
 * Whether the current credentials may do each of these.
 * 1. What concerns one namespace is looked up in the rules that hold there, one call for all of it. 2. What they do not name is asked one by
 * one: only the API server's own decision is a no. So is everything where the list says that it is incomplete: an authorizer that names no rules
 * (a webhook, as on EKS) may also forbid what another's rules allow. 3. So is what concerns the whole cluster: the rules of a namespace do not
 * tell whose they are.
 */
export async function allowed(transport: Transport, accesses: readonly Access[]): Promise<readonly boolean[]> {
  const namespaces = new Map<string, readonly Access[]>()
  for (const access of accesses) {
    if (access.namespace !== undefined) namespaces.set(access.namespace, [...(namespaces.get(access.namespace) ?? []), access])
  }
  const several = [...namespaces].filter(([, asked]) => asked.length > 1).map(([namespace]) => namespace)
  const rules = new Map(await Promise.all(several.map(async (namespace) => [namespace, await rulesIn(transport, namespace)] as const)))
  return Promise.all(
    accesses.map((access) => (rules.get(access.namespace ?? '') ?? []).some((rule) => grants(rule, access)) || ask(transport, access)),
  )
}

interface Rule {
  readonly verbs?: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** None where there is no answer, or not all of it. */
async function rulesIn(transport: Transport, namespace: string): Promise<readonly Rule[]> {
  const tried = `ask what is allowed in namespace ${namespace}`
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } }
  const request = { method: 'POST', path: `${reviews}/selfsubjectrulesreviews`, body, tried, repeat: 'always' } as const
  try {
    const review = jsonIn(tried, await transport.send(request)) as {
      status?: { resourceRules?: readonly Rule[] | null; incomplete?: unknown }
    }
    return review.status?.incomplete === false ? (review.status.resourceRules ?? []) : []
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.code === 'unavailable') throw error
    return []
  }
}

/** As RBAC matches (k8s.io/kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go); a rule for objects of some names is no right to all. */
function grants(rule: Rule, { verb, group, resource, subresource }: Access): boolean {
  const names = (list: readonly string[] | undefined, ...wanted: readonly string[]) => wanted.some((one) => list?.includes(one))
  const resources = subresource === undefined ? [resource] : [`${resource}/${subresource}`, `*/${subresource}`]
  return (
    (rule.resourceNames ?? []).length === 0 &&
    names(rule.verbs, '*', verb) &&
    names(rule.apiGroups, '*', group) &&
    names(rule.resources, '*', ...resources)
  )
}

async function ask(transport: Transport, access: Access): Promise<boolean> {
  const tried = `ask whether it is allowed to ${access.verb} ${access.resource}`
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: access } }
  const request = { method: 'POST', path: `${reviews}/selfsubjectaccessreviews`, body, tried, repeat: 'always' } as const
  const review = jsonIn(tried, await transport.send(request)) as { status?: { allowed?: unknown } }
  if (typeof review.status?.allowed !== 'boolean')
    throw new KubernetesError('unavailable', 200, `${tried}: the review came back without an answer`)
  return review.status.allowed
}
