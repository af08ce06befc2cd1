import { quantityUnits } from '../../lib/domain/quantity.ts'
import { forbidden } from '../api/status.ts'
import type { PodIndex } from '../pod-index.ts'
import { findResource, qualifiedName, type Resource } from '../resources.ts'
import type { Store } from '../store.ts'
import type { KubeObject, Labels } from '../wire.ts'

/** What can be counted: everything that is stored, pods by whether they have finished. */
interface Counted {
  readonly store: Store
  readonly pods: PodIndex
}

/** The quota names one object of a resource counts against. */
function namesFor(resource: Resource): string[] {
  const names = [`count/${qualifiedName(resource)}`]
  if (resource.group === '') names.push(resource.plural)
  return names
}

function countOf({ store, pods }: Counted, namespace: string, plural: string): number {
  return plural === 'pods' ? pods.unfinished(namespace) : store.count(plural, namespace)
}

/** What a quota's namespace uses of everything it limits that can be counted. */
export function usedOf(cluster: Counted, namespace: string, hard: Labels): Labels {
  const used: Labels = {}
  for (const name of Object.keys(hard)) {
    const plural = name.replace(/^count\//, '').split('.')[0] ?? ''
    used[name] = findResource(plural) ? String(countOf(cluster, namespace, plural)) : '0'
  }
  return used
}

/** Throws 403 `exceeded quota` when one object more would not fit; a dry run asks the same. */
export function enforceQuota(cluster: Counted, resource: Resource, draft: KubeObject): void {
  const namespace = draft.metadata.namespace
  if (namespace === undefined) return
  for (const quota of cluster.store.each('resourcequotas', namespace)) {
    const hard = quota.spec.hard ?? {}
    for (const name of namesFor(resource)) {
      const limit = hard[name]
      if (limit === undefined) continue
      const used = countOf(cluster, namespace, resource.plural)
      if (used + 1 <= (quantityUnits(limit) ?? 0)) continue
      const why = `exceeded quota: ${quota.metadata.name}, requested: ${name}=1, used: ${name}=${used}, limited: ${name}=${limit}`
      throw forbidden(resource, draft.metadata.name, why)
    }
  }
}
