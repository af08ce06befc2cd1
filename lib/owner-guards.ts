import * as z from 'zod'
import type { GuardRule } from './domain/guard-rules.ts'
import type { Calendar } from './domain/hours.ts'
import { guardLimits, normaliseLimits } from './guard-settings.ts'
import { gateSpec } from './suite/normalise-probes.ts'
import { gate } from './suite/probes-schema.ts'
import { timezone } from './suite/schedule-schema.ts'
import { strict, textOf } from './suite/strict-object.ts'

const pattern = textOf(/^[A-Za-z0-9*][\w.:/@*-]{0,252}$/, 'a name, or a pattern in which "*" stands for anything')

/** The rules of an installation's owner; all that bind a run hold together. */
export const guardsSchema = z
  .array(
    strict({
      for: strict({ cluster: pattern.optional(), namespace: pattern.optional() }).optional(),
      clusters: z.array(pattern).min(1).optional(),
      namespaces: z.array(pattern).min(1).optional(),
      optIn: textOf(/^[A-Za-z0-9][\w./-]*(=[\w.-]*)?$/, 'a label: KEY or KEY=VALUE').optional(),
      freezeCalendar: strict({
        file: textOf(/^\w[\w-]*\.ics$/, 'the name of an iCalendar file beside this one: freezes.ics'),
        timezone,
      }).optional(),
      gates: z.array(gate).min(1).max(20).optional(),
      ...guardLimits,
    }),
  )
  .max(100)

/** What a rule says of its calendar: a file beside the configuration, and the zone of entries that name none. */
export type CalendarFile = NonNullable<z.output<typeof guardsSchema>[number]['freezeCalendar']>

/** Rules as the judgement takes them. `read` is told a calendar's place in the file. */
export function guardRules(
  file: z.output<typeof guardsSchema>,
  read: (calendar: CalendarFile, path: string) => Calendar,
): readonly GuardRule[] {
  return file.map(({ freezeCalendar, gates, ...rule }, n) => ({
    ...normaliseLimits(rule),
    ...(gates === undefined ? {} : { gates: gates.map(gateSpec) }),
    ...(freezeCalendar === undefined ? {} : { calendars: [read(freezeCalendar, `guards.${n}.freezeCalendar`)] }),
  }))
}

/** Reads every calendar of the rules, before anything is begun that they could stand against. @throws FaultlineError `bad_input` of the first that cannot be read */
export function readCalendars(rules: readonly GuardRule[]): void {
  for (const { calendars = [] } of rules) for (const calendar of calendars) calendar.during({ from: 0, to: 0 })
}
