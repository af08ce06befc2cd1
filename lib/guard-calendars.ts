import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readCalendar } from './adapters/ical/calendar.ts'
import { FaultlineError } from './domain/errors.ts'
import type { Calendar } from './domain/hours.ts'
import type { CalendarFile } from './owner-guards.ts'

/**
 * What reads the calendars that the rules of that configuration file name: they lie beside it, so that they are deployed with it. Each is
 * read when it is asked for the first time, so that one that cannot be read stands against a start, and never against an end.
 */
export function calendarsBeside(configuration: string): (calendar: CalendarFile, path: string) => Calendar {
  return (calendar, path) => {
    let known: Calendar | undefined
    return {
      name: calendar.file,
      during: (span) => {
        known ??= readBeside(configuration, calendar, path)
        return known.during(span)
      },
    }
  }
}

function readBeside(configuration: string, { file, timezone }: CalendarFile, path: string): Calendar {
  const name = `${configuration}, ${path}: ${file}`
  let text: string
  try {
    text = readFileSync(join(dirname(configuration), file), 'utf8')
  } catch (error) {
    throw new FaultlineError('bad_input', `${name} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  return readCalendar(text, { name, timezone })
}
