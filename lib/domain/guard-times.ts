import type { GuardRule } from './guard-rules.ts'
import { type Freeze, hoursText, isInside, momentText, rememberingWallClock, type Span, type WallClock, type wallClock } from './hours.ts'
import type { Refusal } from './refusal.ts'
import type { Trigger } from './run.ts'
import type { Suite } from './suite.ts'
import { plannedStarts } from './together.ts'

/** Later than this after its time a scheduled start is refused: the scheduler itself gives one up then, and a retried one must be no wider. */
export const latestStartSeconds = 900

const minuteMs = 60_000

/** The start, and each step: it begins as planned, and takes as long as it may (`longestMs` of each, with its time to bite). */
export function plannedSpans(
  suite: Suite,
  now: number,
  longestMs: readonly number[],
): readonly (Span & { readonly step: number | null })[] {
  const starts = plannedStarts(suite.steps)
  const steps = suite.steps.map(({ durationMs }, step) => {
    const from = now + suite.graceBeforeMs + (starts[step] ?? 0)
    return { step, from, to: from + Math.max(durationMs, longestMs[step] ?? 0) }
  })
  return [{ step: null, from: now, to: now }, ...steps]
}

/** Every window that these times are not inside, and every freeze that they touch; all rules hold. Pure. */
export function judgeTimes(
  rules: readonly GuardRule[],
  suite: Suite,
  spans: readonly (Span & { readonly step: number | null })[],
): readonly Refusal[] {
  const clock = rememberingWallClock()
  const times = spans.map((span) => ({ ...span, moments: moments(span) }))
  return rules.flatMap((rule) => {
    const [early, ...others] = times.flatMap((span) => outside(rule, suite, { ...span, clock }))
    // A start that is outside says it for its steps, too.
    const misses = early === undefined ? [] : early.step === null ? [early] : [early, ...others]
    return [...misses, ...frozen(rule, times, clock)]
  })
}

type Clock = typeof wallClock
/** With every minute of it. */
type Minutes = Span & { readonly moments: readonly number[] }

function outside(
  { windows }: GuardRule,
  { steps }: Suite,
  { step, moments: each, clock }: Minutes & { readonly step: number | null; readonly clock: Clock },
): readonly Refusal[] {
  if (windows === undefined) return []
  const at = each.find((moment) => !windows.some((window) => isInside(window, moment, clock)))
  if (at === undefined) return []
  const [{ timezone } = { timezone: 'UTC' }] = windows
  const what = step === null ? 'the start is' : `step ${steps[step]?.name} would be going on`
  return [refusal(step, `${what} at ${momentText(at, timezone)}; allowed: ${windows.map(hoursText).join('; or ')}`)]
}

function frozen({ freezes = [], calendars = [] }: GuardRule, spans: readonly Minutes[], clock: Clock): readonly Refusal[] {
  const listed = freezes.filter((freeze) => spans.some((span) => span.moments.some((at) => isFrozen(freeze, clock(at, freeze.timezone)))))
  const whole = { from: Math.min(...spans.map(({ from }) => from)), to: Math.max(...spans.map(({ to }) => to)) }
  const entries = calendars.flatMap((calendar) =>
    calendar
      .during(whole)
      .filter((entry) => spans.some((span) => touches(entry, span)))
      .map(({ what, from, to }) => `${what} (${calendar.name}: ${utc(from)} to ${utc(to)})`),
  )
  return [...listed.map(({ from, to, timezone, why = 'freeze' }) => `${why} (${from} to ${to} in ${timezone})`), ...new Set(entries)].map(
    (what) => refusal(null, `nothing is to be done now or before the last step is over: ${what}`),
  )
}

function touches(entry: Span, { from, to }: Span): boolean {
  return entry.from < Math.max(to, from + 1) && entry.to > from
}

function isFrozen({ from, to }: Freeze, { date, time }: WallClock): boolean {
  // As texts: a date alone comes before every time of its day.
  const now = `${date}T${time}`
  return from <= now && (to.includes('T') ? now < to : date <= to)
}

function utc(at: number): string {
  return momentText(at, 'UTC').replace(' in UTC', 'Z')
}

/** Its begin and every whole minute before its end: wall clocks and all that is compared with them go by minutes. */
function moments({ from, to }: Span): readonly number[] {
  const first = (Math.floor(from / minuteMs) + 1) * minuteMs
  return [from, ...Array.from({ length: Math.max(0, Math.ceil((to - first) / minuteMs)) }, (_, n) => first + n * minuteMs)]
}

/** Whether a scheduled start comes too late: it is refused, and never caught up. Pure. */
export function judgeLateness(rules: readonly GuardRule[], { scheduledAt }: Trigger, now: number): readonly Refusal[] {
  if (scheduledAt === undefined) return []
  const lateSeconds = Math.floor((now - scheduledAt) / 1000)
  const allowed = Math.min(latestStartSeconds, ...rules.flatMap(({ latestStart }) => latestStart ?? []))
  if (lateSeconds <= allowed) return []
  return [refusal(null, `the start comes ${lateSeconds} s after its time; allowed: ${allowed} s; it is left out`)]
}

/** Whether a scheduled start comes at a time that its schedule allows; a start by hand is not bound by that. Pure. */
export function judgeSchedule(schedule: Suite['schedule'], { kind }: Trigger, now: number): readonly Refusal[] {
  const window = schedule?.window ?? null
  if (kind !== 'schedule' || schedule === null || window === null) return []
  const hours = { ...window, timezone: schedule.timezone }
  if (isInside(hours, now)) return []
  return [refusal(null, `it is ${momentText(now, schedule.timezone)}; scheduled starts are allowed ${hoursText(hours)}`)]
}

function refusal(step: number | null, message: string): Refusal {
  return { code: 'outside_window', step, message }
}
