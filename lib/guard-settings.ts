import * as z from 'zod'
import { faultNames, type GuardLimits } from './domain/suite.ts'
import { weekdays } from './suite/cron-fields.ts'
import { timeOfDay, timezone, windowOf } from './suite/schedule-schema.ts'
import { strict } from './suite/strict-object.ts'

const most = strict({
  percent: z.number().min(0).max(100).optional().describe('Of the pods there, rounded down.'),
  count: z.int().min(0).optional(),
}).refine(({ percent, count }) => percent !== undefined || count !== undefined, 'expected percent, count or both')
const seconds = z.number().gt(0)

const date = z.iso.date()
const isMoment = (text: string) => {
  const [day = '', time] = text.split('T')
  return date.safeParse(day).success && (time === undefined || timeOfDay.safeParse(time).success)
}
const moment = z.string().refine(isMoment, 'expected a date, or a date and a time of day: 2026-12-20 or 2026-12-20T18:00')

/** A date alone begins and ends with its day. */
const timeOf = (text: string, ofDate: string) => (text.includes('T') ? text : `${text}T${ofDate}`)

const guardWindow = strict({
  timezone,
  days: z
    .array(z.enum(weekdays))
    .min(1)
    .optional()
    .describe('Default: every day. What goes over midnight belongs to the day on which it opens.'),
  from: timeOfDay.default('00:00'),
  to: timeOfDay.default('00:00').describe('Not itself inside; not later than `from`: on the next day.'),
  firstDate: date.optional().describe('From this date on.'),
  lastDate: date.optional().describe('To this date, itself inside.'),
})
  .refine(({ from, to }) => from !== to || from === '00:00', {
    error: 'from and to are the same: leave both out for whole days',
    path: ['to'],
  })
  .refine(({ firstDate = '', lastDate = '9999' }) => firstDate <= lastDate, { error: 'comes before firstDate', path: ['lastDate'] })

const freeze = strict({
  from: moment.describe('A date, or a date and a time of day.'),
  to: moment.describe('A date is inside to its end; a time of day is not itself inside.'),
  timezone,
  why: z.string().min(1).max(200).optional().describe('For people.'),
}).refine(({ from, to }) => timeOf(from, '00:00') < timeOf(to, '24:00'), {
  error: 'is not after from: a freeze lasts a minute at least',
  path: ['to'],
})

/** Limits that a suite may set itself, too; it is bound to all that hold. */
export const guardLimits = {
  kinds: z.array(z.enum(faultNames)).min(1).optional().describe('Kinds of faults that are allowed.'),
  perWorkload: most.optional().describe('The most pods of one workload (a controller) that a step may hit.'),
  perNamespace: most.optional().describe('The most pods of the namespace that a step may hit.'),
  perNode: most.optional().describe('The most pods of a node that a step may hit, of those in the namespace.'),
  perZone: most.optional().describe('The most pods of a zone that a step may hit, of those in the namespace.'),
  fewestReady: z.int().min(0).optional().describe('Pods of each workload that is hit which have to stay Ready.'),
  disruptionBudgets: z
    .literal(true)
    .optional()
    .describe('PodDisruptionBudgets need headroom for every step that deletes, kills or evicts, whatever its blastRadius says.'),
  images: z
    .array(z.string().min(1).max(500))
    .min(1)
    .max(100)
    .optional()
    .describe('Images that loads and Jobs of probes may run, as patterns: `registry.example/load/*`, `*@sha256:*` for digests only.'),
  longestStep: seconds.optional().describe('The longest a fault may last, in seconds.'),
  longestRun: seconds.optional().describe('The longest `maxDuration` of a suite, in seconds.'),
  windows: z
    .array(guardWindow)
    .min(1)
    .max(50)
    .optional()
    .describe('A start, by schedule or by hand, and every fault has to be inside one of them.'),
  freezes: z.array(freeze).min(1).max(500).optional().describe('Times that neither a start nor a fault may touch.'),
  latestStart: z.number().min(0).optional().describe('Seconds that a scheduled start may come after its time; never more than 900.'),
}

const limits = strict(guardLimits)

/** Limits as the judgement takes them. */
export function normaliseLimits<F extends Pick<z.output<typeof limits>, 'windows'>>({
  windows,
  ...file
}: F): Omit<F, 'windows'> & Pick<GuardLimits, 'windows'> {
  return windows === undefined
    ? file
    : {
        ...file,
        windows: windows.map(({ timezone: zone, firstDate, lastDate, ...hours }) => ({
          ...windowOf(hours),
          timezone: zone,
          firstDate,
          lastDate,
        })),
      }
}
