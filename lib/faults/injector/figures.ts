import type { Injection, Measurement } from '../../domain/injection.ts'
import type { InjectorLine } from './protocol.ts'

/** What an injector measured, as figures for the ledger and the report. */
export function figures(injection: Injection, lines: readonly InjectorLine[], prefix = ''): readonly Measurement[] {
  return lines.map(
    (line): Measurement => ({ target: nameOf(injection, line.target), name: `${prefix}${line.name}`, unit: line.unit, value: line.value }),
  )
}

/** The same in one sentence. */
export function describe(injection: Injection, lines: readonly InjectorLine[]): string {
  return lines
    .map((line) => `${nameOf(injection, line.target)}: ${line.name} ${line.value}${line.unit === '' ? '' : ` ${line.unit}`}`)
    .join(', ')
}

/** An injector knows its targets by UID, people by name. */
export function nameOf(injection: Injection, uid: string): string {
  return injection.targets.find((t) => t.uid === uid)?.name ?? uid
}
