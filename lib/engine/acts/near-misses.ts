import type { Inventory } from '../../domain/inventory.ts'
import { controllersOf, isOwnedBy } from '../../domain/inventory.ts'
import type { KubeObject, Pod } from '../../domain/kube.ts'
import { selectorObject } from '../../domain/label-selector.ts'
import { managedBy, managedByLabel } from '../../domain/labels.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Selection } from '../../domain/suite.ts'
import type { FaultContext } from '../../faults/fault.ts'
import { nearest } from '../../suite/did-you-mean.ts'
import { unlessForbidden } from './unless-forbidden.ts'

/** More of what a namespace holds does not help a person who looks for one name. */
const mostShown = 5

/** What a namespace that is not there was probably meant to be; '' where namespaces may not be listed. Asked only for a refusal. */
export async function namespaceHint({ cluster }: Pick<FaultContext, 'cluster'>, wanted: string): Promise<string> {
  const found = await cluster.objects.list<KubeObject>({ apiVersion: 'v1', kind: 'Namespace' }).catch(unlessForbidden)
  const names = (found as readonly KubeObject[]).map(({ metadata }) => metadata.name)
  const meant = nearest(wanted, names)
  return meant === undefined ? '' : `: did you mean ${meant}?`
}

/** Refusals of a step that found no targets, with what is there instead: from the pods that were read already. */
export function withHints(
  refusals: readonly Omit<Refusal, 'step'>[],
  selection: Selection,
  inventory: Inventory,
): readonly Omit<Refusal, 'step'>[] {
  if (!refusals.some(({ code }) => code === 'no_targets')) return refusals
  const hint = selectionHint(selection, inventory)
  return refusals.map((refusal) => {
    if (refusal.code !== 'no_targets') return refusal
    const pod = (selection.names ?? []).find((name) => refusal.message.startsWith(`pod ${name} is not among`))
    const told = pod === undefined ? hint : nameHint(pod, inventory)
    return told === '' ? refusal : { ...refusal, message: `${refusal.message}; ${told}` }
  })
}

const foreign = ({ pods }: Inventory): readonly Pod[] => pods.filter(({ metadata }) => metadata.labels?.[managedByLabel] !== managedBy)

function nameHint(name: string, inventory: Inventory): string {
  const meant = nearest(
    name,
    foreign(inventory).map(({ metadata }) => metadata.name),
  )
  return meant === undefined ? '' : `did you mean ${meant}?`
}

/** The first condition that no pod meets, and what pods have in its place. */
function selectionHint({ selector, owner, nodeSelector }: Selection, inventory: Inventory): string {
  const pods = foreign(inventory)
  if (pods.length === 0) return 'there are no pods'
  const labels = labelsHint(selector, pods, 'pods there')
  if (labels !== '') return labels
  const owned = owner === null ? '' : ownerHint(owner, pods, inventory)
  if (owned !== '' || nodeSelector === undefined) return owned
  return inventory.nodes.length === 0
    ? 'nodes may not be listed, so none is known by its labels (deploy/rbac.yaml)'
    : labelsHint(nodeSelector, inventory.nodes, 'nodes')
}

/** The first condition of the selector that none of these objects meets, and what they have in its place; '' when each is met. */
function labelsHint(selector: string, objects: readonly KubeObject[], who: string): string {
  for (const { key, operator, values = [] } of selectorObject(selector)?.matchExpressions ?? []) {
    const there = [...new Set(objects.flatMap(({ metadata }) => metadata.labels?.[key] ?? []))].sort()
    if (there.length === 0) return labelHint(key, objects, who)
    if (operator !== 'In' || values.some((value) => there.includes(value))) continue
    const meant = values.flatMap((value) => nearest(value, there) ?? [])[0]
    return meant === undefined ? `${who} have ${shown(there.map((value) => `${key}=${value}`))}` : `did you mean ${key}=${meant}?`
  }
  return ''
}

function labelHint(key: string, objects: readonly KubeObject[], who: string): string {
  const keys = [...new Set(objects.flatMap(({ metadata }) => Object.keys(metadata.labels ?? {})))].sort()
  const meant = nearest(key, keys)
  if (meant !== undefined) return `did you mean the label ${meant}?`
  return keys.length === 0 ? `the ${who} have no labels` : `${who} have the labels ${shown(keys)}`
}

function ownerHint(owner: string, pods: readonly Pod[], inventory: Inventory): string {
  const { parents, ancestors = new Map(), unreadOwners = [] } = inventory
  if (pods.some((pod) => isOwnedBy(pod, owner, inventory))) return ''
  if (unreadOwners.length > 0)
    return `what controls ${shown(unreadOwners)} could not be read (that needs the right to get it), and may be it`
  const chains = pods.flatMap((pod) => controllersOf(pod, new Map([...ancestors, ...parents])))
  const owners = [...new Set(chains.map(({ kind, name }) => `${kind.toLowerCase()}/${name}`))].sort()
  const meant = nearest(owner, owners)
  if (meant !== undefined) return `did you mean ${meant}?`
  return owners.length === 0 ? 'no controller owns a pod there' : `pods there belong to ${shown(owners)}`
}

function shown(words: readonly string[]): string {
  const more = words.length - mostShown
  return more > 0 ? `${words.slice(0, mostShown).join(', ')} and ${more} more` : words.join(', ')
}
