import { type CronField, cronFields, numberOf } from './cron-fields.ts'

/** A date of the calendar; months from 1. */
export interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
}

/**
 * The first date on or after `from` at which an AWS cron expression that is well-formed can fire; undefined when there is none up to 2199,
 * the last year that AWS knows. https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export function nextDate(cron: string, from: Day = { year: 1970, month: 1, day: 1 }): Day | undefined {
  const [, , dayText = '', monthText = '', weekdayText = '', yearText = ''] = cron.trim().toUpperCase().split(/\s+/)
  const [, , , monthField, weekdayField, yearField] = cronFields
  const isDay = weekdayText === '?' ? dayOfMonth(dayText) : dayOfWeek(weekdayText, weekdayField)
  for (const year of valuesOf(yearText, yearField).filter((value) => value >= from.year)) {
    for (const month of valuesOf(monthText, monthField)) {
      for (let day = 1; day <= daysIn(year, month); day++) {
        const date = { year, month, day }
        if (orderOf(date) >= orderOf(from) && isDay(date)) return date
      }
    }
  }
  return undefined
}

/** As a number whose order is that of the dates. */
const orderOf = ({ year, month, day }: Day): number => year * 10_000 + month * 100 + day

/** Day 0 of the next month is the last of this one. */
const daysIn = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate()
/** 1 is Sunday, as AWS counts. */
const weekdayOf = ({ year, month, day }: Day): number => new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1

function dayOfMonth(text: string): (date: Day) => boolean {
  const parts = text.split(',').map((part): ((date: Day) => boolean) => {
    if (part === 'L') return ({ year, month, day }) => day === daysIn(year, month)
    if (part === 'LW') return (date) => date.day === workday(date, daysIn(date.year, date.month))
    const near = /^(\d+)W$/.exec(part)?.[1]
    if (near !== undefined) return (date) => Number(near) <= daysIn(date.year, date.month) && date.day === workday(date, Number(near))
    const days = valuesOf(part, cronFields[2])
    return ({ day }) => days.includes(day)
  })
  return (date) => parts.some((fits) => fits(date))
}

/** The weekday (Monday to Friday) nearest to a day, within its month. */
function workday({ year, month }: Day, wanted: number): number {
  const weekday = weekdayOf({ year, month, day: wanted })
  if (weekday === 7) return wanted === 1 ? 3 : wanted - 1
  if (weekday === 1) return wanted === daysIn(year, month) ? wanted - 2 : wanted + 1
  return wanted
}

function dayOfWeek(text: string, field: CronField): (date: Day) => boolean {
  const parts = text.split(',').map((part): ((date: Day) => boolean) => {
    if (part === 'L') return (date) => weekdayOf(date) === 7
    const [, last, nth, count] = /^(?:(\w+)L|(\w+)#(\d))$/.exec(part) ?? []
    if (last !== undefined) return (date) => weekdayOf(date) === numberOf(field, last) && date.day + 7 > daysIn(date.year, date.month)
    if (nth !== undefined) return (date) => weekdayOf(date) === numberOf(field, nth) && Math.ceil(date.day / 7) === Number(count)
    const days = valuesOf(part, field)
    return (date) => days.includes(weekdayOf(date))
  })
  return (date) => parts.some((fits) => fits(date))
}

/** All values of a list of numbers, names, ranges and steps. */
export function valuesOf(text: string, field: CronField): readonly number[] {
  const all = text.split(',').flatMap((part) => {
    const [range = '', step] = part.split('/')
    const [from = '', to] = range === '*' ? [String(field.least), String(field.most)] : range.split('-')
    const first = numberOf(field, from)
    const last = to !== undefined ? numberOf(field, to) : step === undefined ? first : field.most
    const by = step === undefined ? 1 : Number(step)
    return Array.from({ length: Math.max(0, Math.floor((last - first) / by) + 1) }, (_, n) => first + n * by)
  })
  return [...new Set(all)].sort((a, b) => a - b)
}
