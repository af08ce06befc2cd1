import { Cron } from 'croner'
import type { FunctionShortName } from './lambda.ts'

/** A schedule as EventBridge Scheduler has it. */
export interface ScheduleSpec {
  readonly name: string
  /** `cron(…)`, `rate(…)` or `at(…)`. */
  readonly expression: string
  readonly timezone: string
  readonly target: FunctionShortName
  /** JSON; `<aws.scheduler.scheduled-time>` in it is replaced. */
  readonly input: string
}

const unitSeconds: Readonly<Record<string, number>> = { minute: 60, hour: 3_600, day: 86_400 }

/**
 * Fires like EventBridge Scheduler: its cron has no seconds, counts weekdays from 1 (Sunday) and ends with the year
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
 */
export function playSchedule(spec: ScheduleSpec, fire: (input: unknown, scheduledAt: string) => void): Cron {
  const { pattern, interval } = patternOf(spec.expression)
  const options = {
    alternativeWeekdays: true,
    sloppyRanges: true,
    timezone: spec.timezone,
    ...(interval === undefined ? {} : { interval }),
  }
  return new Cron(pattern, options, (self: Cron) => {
    const scheduledAt = `${(self.currentRun() ?? new Date()).toISOString().slice(0, 19)}Z`
    fire(JSON.parse(spec.input.replaceAll('<aws.scheduler.scheduled-time>', scheduledAt)), scheduledAt)
  })
}

/** `L` alone as day of week is the week's last day, Saturday; croner wants it as a number. */
function withLastWeekday(cron: string): string {
  return cron.replace(/^((?:\S+\s+){4})L(?=\s)/i, '$17')
}

function patternOf(expression: string): { readonly pattern: string; readonly interval?: number } {
  const [, kind, inner = ''] = /^(cron|rate|at)\((.*)\)$/.exec(expression) ?? []
  if (kind === 'cron') return { pattern: `0 ${withLastWeekday(inner)}` }
  if (kind === 'at') return { pattern: inner }
  const [count = '1', unit = ''] = inner.split(' ')
  const seconds = Number(count) * (unitSeconds[unit.replace(/s$/, '')] ?? Number.NaN)
  if (kind !== 'rate' || Number.isNaN(seconds)) throw new Error(`a schedule of the form ${expression} is not known`)
  return { pattern: '* * * * * *', interval: seconds }
}
