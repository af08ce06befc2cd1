import type { Refusal } from '../../domain/refusal.ts'
import type { Run } from '../../domain/run.ts'

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** Whether a scheduled start comes at a time that its suite allows; a start by hand is bound by no hours. */
export function outsideWindow({ suite, trigger }: Pick<Run, 'suite' | 'trigger'>, now: number): Refusal | null {
  const schedule = suite.schedule ?? null
  if (trigger.kind !== 'schedule' || schedule === null || schedule.window === null) return null
  const { fromMinute, toMinute, days } = schedule.window
  const { day, minute, text } = localTime(now, schedule.timezone)
  const yesterday = (day + 6) % 7
  const inside =
    fromMinute < toMinute
      ? days.includes(day) && minute >= fromMinute && minute < toMinute
      : (days.includes(day) && minute >= fromMinute) || (days.includes(yesterday) && minute < toMinute)
  if (inside) return null
  const allowed = `${days.map((n) => dayNames[n]).join(', ')} from ${clockText(fromMinute)} to ${clockText(toMinute)}`
  return { code: 'outside_window', step: null, message: `it is ${text} in ${schedule.timezone}; scheduled starts are allowed ${allowed}` }
}

function localTime(now: number, timeZone: string): { readonly day: number; readonly minute: number; readonly text: string } {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
  const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]))
  const minute = Number(parts.hour) * 60 + Number(parts.minute)
  return { day: dayNames.indexOf(parts.weekday ?? ''), minute, text: `${parts.weekday} ${parts.hour}:${parts.minute}` }
}

function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
