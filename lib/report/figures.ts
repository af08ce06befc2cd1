import type { Measurement } from '../domain/injection.ts'
import { beforePrefix, heldFor } from '../domain/injection.ts'

/** Figures of many targets in a few words: `canary open`, `restarts 1–3`, `pod 2 gone, 1 terminating`; how long an effect is held is no figure of it. */
export function figuresInShort(measurements: readonly Measurement[]): string {
  const byName = new Map<string, Measurement[]>()
  for (const measurement of measurements.filter(({ name }) => name !== heldFor))
    byName.set(measurement.name, [...(byName.get(measurement.name) ?? []), measurement])
  return [...byName].map(([name, same]) => `${name} ${valuesInShort(same)}`).join(', ')
}

/** Values of one figure of many targets: the value all have, a range, or how many have which. */
export function valuesInShort(same: readonly Pick<Measurement, 'unit' | 'value'>[]): string {
  const unit = same[0]?.unit ?? ''
  const values = same.map((m) => m.value)
  const distinct = [...new Set(values)]
  const numbers = values.filter((value) => typeof value === 'number')
  if (distinct.length === 1) return withUnit(asText(distinct[0] ?? ''), unit)
  if (numbers.length === values.length) return withUnit(`${asText(Math.min(...numbers))}–${asText(Math.max(...numbers))}`, unit)
  return distinct.map((value) => `${values.filter((v) => v === value).length} ${withUnit(asText(value), unit)}`).join(', ')
}

/** Figures from before the fault apart from those since. */
export function splitBefore(measurements: readonly Measurement[]): {
  readonly before: readonly Measurement[]
  readonly now: readonly Measurement[]
} {
  const before = measurements.filter((m) => m.name.startsWith(beforePrefix)).map((m) => ({ ...m, name: m.name.slice(beforePrefix.length) }))
  return { before, now: measurements.filter((m) => !m.name.startsWith(beforePrefix)) }
}

/** Figures for one line: `memory 276 MiB (before: memory 20 MiB)`. */
export function figuresWithBefore(measurements: readonly Measurement[]): string {
  const { before, now } = splitBefore(measurements)
  return before.length === 0 ? figuresInShort(now) : `${figuresInShort(now)} (before: ${figuresInShort(before)})`
}

/** A sentence with its figures in one line, those that it says itself not again: `db-0: memory 276 MiB (before: memory 20 MiB)`. */
export function withFigures(sentence: string, measurements: readonly Measurement[]): string {
  const { before, now } = splitBefore(measurements)
  const [figures, earlier] = [figuresInShort(now), figuresInShort(before)]
  return [
    sentence,
    ...(figures === '' || sentence.includes(figures) ? [] : [`[${figures}]`]),
    ...(earlier === '' ? [] : [`(before: ${earlier})`]),
  ].join(' ')
}

function withUnit(value: string, unit: string): string {
  return unit === '' || unit === 'count' ? value : `${value} ${unit}`
}

function asText(value: number | string): string {
  if (typeof value === 'string') return value
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(3)))
}
