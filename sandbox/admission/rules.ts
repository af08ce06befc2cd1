import { forbidden, StatusError } from '../api/status.ts'
import type { Resource } from '../resources.ts'
import type { Dict, KubeObject } from '../wire.ts'

/** What a rule is about; a field left out means any. */
export interface RuleScope {
  /** `pods`, which includes its subresources, or one of them: `pods/eviction`. */
  readonly resource?: string
  readonly namespace?: string
  /** create, update, patch, delete, get, list, watch. */
  readonly verb?: string
}

/** A refusal like an admission webhook's. */
export interface Denial extends RuleScope {
  readonly message: string
  readonly webhook?: string
}

interface Asked {
  readonly verb: string
  readonly plural: string
  readonly subresource?: string | undefined
  readonly namespace: string | undefined
}

function covers(scope: RuleScope, asked: Asked): boolean {
  return (
    (scope.verb ?? asked.verb) === asked.verb &&
    [undefined, asked.plural, `${asked.plural}/${asked.subresource}`].includes(scope.resource) &&
    (scope.namespace ?? asked.namespace) === asked.namespace
  )
}

/** Webhooks, mutators and permissions a test asks for; each `add` returns how to take it back. */
export class Rules {
  readonly #denials = new Set<Denial>()
  readonly #forbidden = new Set<RuleScope>()
  readonly #mutators = new Set<{ plural: string; mutate: (draft: Dict) => void }>()

  addDenial(denial: Denial): () => void {
    const own = { verb: 'create', ...denial }
    this.#denials.add(own)
    return () => this.#denials.delete(own)
  }

  addForbidden(scope: RuleScope): () => void {
    const own = { ...scope }
    this.#forbidden.add(own)
    return () => this.#forbidden.delete(own)
  }

  addMutator(plural: string, mutate: (draft: Dict) => void): () => void {
    const own = { plural, mutate }
    this.#mutators.add(own)
    return () => this.#mutators.delete(own)
  }

  mutate(resource: Resource, draft: KubeObject): void {
    for (const { plural, mutate } of this.#mutators) if (plural === resource.plural) mutate(draft)
  }

  /** Throws 403 when a webhook asked for refuses this write. */
  admit(resource: Resource, verb: string, namespace: string | undefined): void {
    for (const denial of this.#denials) {
      if (!covers(denial, { verb, plural: resource.plural, namespace })) continue
      const webhook = denial.webhook ?? 'deny.faultline-sandbox.dev'
      const message = `admission webhook "${webhook}" denied the request: ${denial.message}`
      throw new StatusError({ code: 403, reason: 'Forbidden', message })
    }
  }

  isAnyForbidden(): boolean {
    return this.#forbidden.size > 0
  }

  allowed(asked: Asked): boolean {
    return ![...this.#forbidden].some((scope) => covers(scope, asked))
  }

  /** Throws 403 as RBAC does when the permission was taken away. */
  authorize(
    resource: Resource,
    verb: string,
    where: { name: string; namespace: string | undefined; subresource: string | undefined },
  ): void {
    const { namespace, subresource } = where
    if (this.allowed({ verb, plural: resource.plural, subresource, namespace })) return
    const scope = where.namespace === undefined ? 'at the cluster scope' : `in the namespace "${where.namespace}"`
    const why = `User "faultline-sandbox" cannot ${verb} resource "${subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`}" in API group "${resource.group}" ${scope}`
    throw forbidden(resource, where.name, why)
  }
}
