import type { Dict } from './wire.ts'

/** A deep copy of plain JSON; undefined stays undefined. */
export function plainCopy<T>(value: T): T {
  return value === undefined ? value : structuredClone(value)
}

export function isDict(value: unknown): value is Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Equality of plain JSON, whatever the order of keys; a field that is undefined counts as missing. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index]))
  }
  if (!isDict(a) || !isDict(b)) return false
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].every((key) => sameJson(a[key], b[key]))
}

/** RFC 3339 to the second, as Kubernetes writes times. */
export function timestamp(epochMs: number): string {
  return new Date(epochMs).toISOString().replace(/\.\d{3}Z$/, 'Z')
}
