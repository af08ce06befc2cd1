import type { Comparison } from './conditions.ts'
import type { Key } from './keys.ts'
import type { Attributes, Item } from './table-access.ts'

/** As in DynamoDB, an update makes the item where there is none, and leaves what it does not name. */
export function merged({ pk, sk }: Key, stored: Item | undefined, attributes: Attributes): Item {
  const named = Object.entries(attributes).filter(([, value]) => value !== undefined)
  return { ...stored, ...Object.fromEntries(named), pk, sk }
}

/** What is there with the amounts added; a number that is not there counts as none. */
export function sums(stored: Item | undefined, amounts: Readonly<Record<string, number>>): Attributes {
  return Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, Number(stored?.[name] ?? 0) + amount]))
}

/** Whether a comparison is true of an item, or of none; values of two types are not compared. */
export function holds(comparison: Comparison, stored: Item | undefined): boolean {
  const value = stored?.[comparison.attribute]
  if (comparison.is === 'absent') return value === undefined
  if (comparison.is === 'present') return value !== undefined
  if (value === undefined) return false
  if (comparison.is === '=') return value === comparison.value
  if (comparison.is === '<>') return value !== comparison.value
  return typeof value === typeof comparison.value && (value as string | number) <= comparison.value
}
