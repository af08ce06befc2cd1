import type { Injection, Measurement } from '../../domain/injection.ts'
import type { InjectorLine } from './protocol.ts'

/** What an injector measured, as figures for the ledger and the report; a line without a value measured nothing. */
export function figures(injection: Injection, lines: readonly InjectorLine[], prefix = ''): readonly Measurement[] {
  return lines
    .filter(({ value }) => value !== '')
    .map(({ target, name, unit, value }): Measurement => ({ target: nameOf(injection, target), name: `${prefix}${name}`, unit, value }))
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
