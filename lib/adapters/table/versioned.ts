import { randomUUID } from 'node:crypto'
import { VersionConflict } from '../../domain/errors.ts'
import { notThereYet, unchangedSince } from './conditions.ts'
import type { Key } from './keys.ts'
import type { Attributes, TableAccess } from './table-access.ts'

/** Attributes of an item that is saved under a version condition. */
export type VersionedAttributes = Attributes & { readonly version: number; readonly saveId: string }

/** A saved object keeps its id, so that saving it again after a lost answer is known as the same save. */
const saveIds = new WeakMap<object, string>()

/** The id under which an (immutable) record is saved. */
export function saveIdOf(record: object): string {
  const id = saveIds.get(record) ?? randomUUID()
  saveIds.set(record, id)
  return id
}

/** Puts the item if there is none. A refusal is checked: when the stored item bears our save id, an earlier attempt got through. */
export async function createOnce(table: TableAccess, item: Key & VersionedAttributes): Promise<boolean> {
  if (await table.put(item, notThereYet)) return true
  const stored = await table.get({ pk: item.pk, sk: item.sk })
  return stored?.saveId === item.saveId
}

/** Saves version n over version n - 1, or throws `VersionConflict`; told from a lost answer by the save id. */
export async function saveVersion(table: TableAccess, key: Key, attributes: VersionedAttributes): Promise<void> {
  if (await table.update(key, attributes, unchangedSince(attributes.version - 1))) return
  const stored = await table.get(key)
  if (stored?.saveId !== attributes.saveId) throw new VersionConflict(`${key.pk} / ${key.sk}`)
}
