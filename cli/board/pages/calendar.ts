import type { Run } from '../../../lib/domain/run.ts'
import type { Schedule, Suite } from '../../../lib/domain/suite.ts'
import { timeOfDay } from '../../../lib/report/durations.ts'
import { signOf, toneOf } from '../../../lib/report/html/badge.ts'
import { type Content, type Markup, markup } from '../../../lib/report/markup.ts'
import { verdictWords } from '../../../lib/report/report-summary.ts'
import { nextDate } from '../../../lib/suite/cron-dates.ts'
import { runLink } from './runs.ts'

/** A month: 2026-11. */
export type Month = string

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** The month of a time. */
export const monthOf = (ms: number): Month => new Date(ms).toISOString().slice(0, 7)

/** Game days that were, by their runs, and those to come, by the schedules of the suites. */
export function calendarBody(month: Month, runs: readonly Run[], suites: readonly Suite[], now: number): Content {
  const days = daysOf(month)
  const lead = (new Date(days[0] ?? 0).getUTCDay() + 6) % 7
  const cells = [...Array.from({ length: lead }, () => null), ...days]
  const weeks = Array.from({ length: Math.ceil(cells.length / 7) }, (_, i) => cells.slice(i * 7, i * 7 + 7))
  const scheduled = suites.filter(({ schedule }) => schedule?.enabled === true)
  const coming = new Map(scheduled.map((suite) => [suite, comingDays(suite.schedule, month, now)]))
  const cell = (day: number | null) => (day === null ? markup`<td></td>` : dayCell(day, { runs, coming, now }))
  const title = new Date(`${month}-01T00:00:00Z`).toLocaleDateString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' })
  return markup`<h1>${title}</h1>
<p class="months"><a href="/calendar?month=${neighbour(month, -1)}">← earlier</a> <a href="/calendar?month=${neighbour(month, 1)}">later →</a></p>
<table class="calendar" aria-label="Game days of ${title}"><thead><tr>${weekdays.map((name) => markup`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${weeks.map((week) => markup`<tr>${week.map(cell)}</tr>`)}</tbody></table>
<section><h2>Schedules</h2>${schedules(scheduled)}</section>`
}

function daysOf(month: Month): readonly number[] {
  const first = Date.parse(`${month}-01T00:00:00Z`)
  const [year = 0, index = 1] = month.split('-').map(Number)
  const count = new Date(Date.UTC(year, index, 0)).getUTCDate()
  return Array.from({ length: count }, (_, i) => first + i * 86_400_000)
}

function neighbour(month: Month, by: number): Month {
  const [year = 0, index = 1] = month.split('-').map(Number)
  return monthOf(Date.UTC(year, index - 1 + by, 1))
}

/** Days (of the schedule's own zone) of the month that are still to come; of a rate no one but the deployed installation knows them. */
function comingDays(schedule: Schedule | null, month: Month, now: number): ReadonlySet<string> {
  const found = new Set<string>()
  if (schedule === null || schedule.cron === null) return found
  for (const day of daysOf(month)) {
    if (day + 86_400_000 <= now) continue
    const [year, index, date] = new Date(day).toISOString().slice(0, 10).split('-').map(Number) as [number, number, number]
    const next = nextDate(schedule.cron, { year, month: index, day: date })
    if (next !== undefined && next.year === year && next.month === index && next.day === date)
      found.add(new Date(day).toISOString().slice(0, 10))
  }
  return found
}

interface Known {
  readonly runs: readonly Run[]
  readonly coming: ReadonlyMap<Suite, ReadonlySet<string>>
  readonly now: number
}

function dayCell(day: number, { runs, coming, now }: Known): Markup {
  const date = new Date(day).toISOString().slice(0, 10)
  const ran = runs.filter(({ requestedAt }) => requestedAt >= day && requestedAt < day + 86_400_000).reverse()
  const next = [...coming].filter(([, days]) => days.has(date)).map(([suite]) => suite)
  const isToday = now >= day && now < day + 86_400_000
  const items = [
    ...ran.map(
      ({ id, suite, status, requestedAt }) =>
        markup`<li class="${toneOf(status)}"><span aria-hidden="true">${signOf(status)}</span> ${runLink(id, suite.name)} <small>${timeOfDay(requestedAt).slice(0, 5)} ${verdictWords(status)}</small></li>`,
    ),
    ...next.map(
      ({ name, schedule }) =>
        markup`<li class="coming"><span aria-hidden="true">○</span> ${name} <small>${startText(schedule)}</small></li>`,
    ),
  ]
  return markup`<td class="${isToday ? 'today' : ''}"><time datetime="${date}">${day === null ? '' : Number(date.slice(8))}</time>${isToday ? markup` <small>today</small>` : null}${items.length === 0 ? null : markup`<ul class="plain">${items}</ul>`}</td>`
}

/** `09:00 Europe/Berlin` where the cron says one time a day; else the cron's own words. */
function startText(schedule: Schedule | null): string {
  if (schedule === null) return ''
  const [minute = '', hour = ''] = (schedule.cron ?? '').trim().split(/\s+/)
  const isOne = /^\d+$/.test(minute) && /^\d+$/.test(hour)
  return isOne ? `${hour.padStart(2, '0')}:${minute.padStart(2, '0')} ${schedule.timezone}` : `cron ${schedule.cron} ${schedule.timezone}`
}

function schedules(suites: readonly Suite[]): Markup {
  if (suites.length === 0)
    return markup`<p class="quiet">No suite has a schedule; one with \`schedule\` starts by itself where it is deployed (docs/suite-format.md).</p>`
  const items = suites.map(({ name, schedule }) => {
    const when =
      schedule === null ? '' : schedule.cron === null ? `every ${schedule.rate}, counted from its deployment` : startText(schedule)
    return markup`<li><strong>${name}</strong>: ${when}</li>`
  })
  return markup`<ul>${items}</ul><p class="note">Schedules start game days where they are deployed.</p>`
}
