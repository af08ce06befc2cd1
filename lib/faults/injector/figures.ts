import type { Injection, Measurement } from '../../domain/injection.ts'
import type { Figure, InjectorLine } from './protocol.ts'

/** What an injector measured, as figures for the ledger and the report: its own share first, context after it. A line without a value measured nothing. */
export function figures(injection: Injection, lines: readonly InjectorLine[], prefix = ''): readonly Measurement[] {
  return lines.flatMap(({ target, name, unit, value, also }) =>
    (value === '' ? [] : [{ name, unit, value }, ...also]).map(
      (figure): Measurement => ({ target: nameOf(injection, target), ...figure, name: `${prefix}${figure.name}` }),
    ),
  )
}

/** The same in one sentence, with what was asked for where that is known. */
export function describe(injection: Injection, lines: readonly InjectorLine[]): string {
  return lines.map((line) => `${placeOf(injection, line.target)}: ${withUnit(line)}${askedText(line)}`).join(', ')
}

const withUnit = ({ name, unit, value }: Pick<InjectorLine, 'name' | 'unit' | 'value'>): string =>
  `${name} ${value}${unit === '' || unit === 'count' ? '' : ` ${unit}`}`

/** A figure named `… asked` says how much was wanted of what the line measured. */
function askedText({ also }: InjectorLine): string {
  const asked = also.find((figure: Figure) => figure.name.endsWith(' asked'))
  return asked === undefined ? '' : ` of ${asked.value} asked for`
}

/** An injector knows its targets by UID, people by name. */
export function nameOf(injection: Injection, uid: string): string {
  return injection.targets.find((t) => t.uid === uid)?.name ?? uid
}

/** The pod, and which of its containers where one was chosen. */
function placeOf(injection: Injection, uid: string): string {
  const container = injection.targets.find((t) => t.uid === uid)?.container
  return container === undefined ? nameOf(injection, uid) : `${nameOf(injection, uid)} (container ${container.name})`
}
