import * as z from 'zod'
import type { StartWindow } from '../domain/suite.ts'
import { cronProblem, rateProblem } from './cron.ts'
import { weekdays } from './cron-fields.ts'
import { nearest, quote } from './did-you-mean.ts'
import { strict, textOf } from './strict-object.ts'

const textThat = (problem: (text: string) => string | undefined) =>
  z.string().superRefine((text, context) => {
    const message = problem(text)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

/** Of any day; daylight saving time is the zone's matter. */
export const timeOfDay = textOf(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, 00:00 to 23:59')

/** A place's time zone. */
export const timezone = textThat(timezoneProblem).default('UTC').describe('IANA name; daylight saving time is observed.')

/** When a suite runs by itself, once it is deployed. */
export const scheduleSchema = strict(
  {
    cron: textThat(cronProblem)
      .optional()
      .describe('Six fields as EventBridge Scheduler has them: minutes hours day-of-month month day-of-week year.'),
    rate: textThat(rateProblem).optional().describe('Every so often instead: `7 days`.'),
    timezone,
    enabled: z.boolean().default(true).describe('false: deployed, but not started.'),
    cluster: z.string().min(1).max(63).optional().describe('Name of a cluster in faultline.config.json; default: its defaultCluster.'),
    window: strict({
      days: z.array(z.enum(weekdays)).min(1).optional().describe('Default: every day.'),
      from: timeOfDay.describe('In the schedule’s timezone.'),
      to: timeOfDay.describe('Not itself in the window; earlier than `from`: on the next day.'),
    })
      .optional()
      .describe('A scheduled start that arrives outside of it (late, or after a change of the schedule) is refused.'),
  },
  { schedule: 'the suite' },
)

/** Hours of a day and days of the week, as the judgement takes them. */
export function windowOf({
  days,
  from,
  to,
}: {
  readonly days?: readonly string[] | undefined
  readonly from: string
  readonly to: string
}): StartWindow {
  return {
    days: days === undefined ? [0, 1, 2, 3, 4, 5, 6] : weekdays.flatMap((day, n) => (days.includes(day) ? [n] : [])),
    fromMinute: minuteOf(from),
    toMinute: minuteOf(to),
  }
}

function minuteOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

/** What people mean by an abbreviation is seldom what IANA has under it: `BST` is Dhaka's, `EST` knows no daylight saving. */
const meantBy: Readonly<Record<string, string>> = {
  ACST: 'Australia/Adelaide',
  AEDT: 'Australia/Sydney',
  AEST: 'Australia/Sydney',
  AST: 'America/Halifax` or `Asia/Riyadh',
  BST: 'Europe/London',
  CDT: 'America/Chicago',
  CEST: 'Europe/Berlin',
  CET: 'Europe/Berlin',
  CST: 'America/Chicago` or `Asia/Shanghai',
  CST6CDT: 'America/Chicago',
  EDT: 'America/New_York',
  EEST: 'Europe/Athens',
  EET: 'Europe/Athens',
  EST: 'America/New_York',
  EST5EDT: 'America/New_York',
  HST: 'Pacific/Honolulu',
  IST: 'Asia/Kolkata`, `Europe/Dublin` or `Asia/Jerusalem',
  JST: 'Asia/Tokyo',
  MDT: 'America/Denver',
  MET: 'Europe/Berlin',
  MSK: 'Europe/Moscow',
  MST: 'America/Denver` or `America/Phoenix',
  MST7MDT: 'America/Denver',
  PDT: 'America/Los_Angeles',
  PRC: 'Asia/Shanghai',
  PST: 'America/Los_Angeles',
  PST8PDT: 'America/Los_Angeles',
  ROC: 'Asia/Taipei',
  ROK: 'Asia/Seoul',
  WEST: 'Europe/Lisbon',
  WET: 'Europe/Lisbon',
}

function timezoneProblem(text: string): string | undefined {
  if (text === 'UTC' || text === 'GMT') return undefined
  if (/^([A-Z]{3,5}|[A-Z]{3}\d[A-Z]{3})$/.test(text)) {
    const place = Object.hasOwn(meantBy, text) ? meantBy[text] : 'Europe/Berlin'
    return `${quote(text)} is an abbreviation, which may stand for several zones; name the place, e.g. \`${place}\``
  }
  const known = /^[A-Za-z]/.test(text) ? resolved(text) : undefined
  if (known !== undefined && known.toLowerCase() !== text.toLowerCase()) return undefined
  if (known === text) return undefined
  const meant = known ?? nearest(text, Intl.supportedValuesOf('timeZone'))
  return `${quote(text)} is not an IANA time zone${meant === undefined ? '; e.g. `Europe/Berlin`' : `: did you mean \`${meant}\`?`}`
}

/** The zone's canonical name, undefined for an unknown one. */
function resolved(timeZone: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
