import { nextDate } from './cron-dates.ts'
import { type CronField, cronFields, numberOf } from './cron-fields.ts'
import { quote } from './did-you-mean.ts'

/** What is wrong with an AWS cron expression (six fields, without `cron(…)`), undefined when nothing is. */
export function cronProblem(text: string): string | undefined {
  if (/^\s*cron\s*\(/.test(text)) return `found ${quote(text)}: write the six fields alone, without \`cron(…)\``
  const parts = text.trim().split(/\s+/)
  if (parts.length !== cronFields.length) {
    const hint = parts.length === 5 ? ': AWS wants a sixth one, the year (`*` for every year)' : ''
    return `${quote(text)} has ${parts.length} fields, not the six of AWS (${cronFields.map(({ name }) => name).join(', ')})${hint}`
  }
  const wrong = cronFields.flatMap((field, n) => fieldProblem(field, parts[n] ?? '') ?? [])
  if (wrong.length > 0) return wrong.join('; ')
  const asked = [parts[2], parts[4]].filter((part) => part === '?').length
  if (asked !== 1)
    return `${quote(text)}: exactly one of day of month and day of week must be \`?\`, found ${asked === 0 ? 'neither' : 'both'}`
  return nextDate(text) === undefined ? `${quote(text)} never comes: there is no such date in any of its years` : undefined
}

function fieldProblem(field: CronField, text: string): string | undefined {
  const bad = text.split(',').find((part) => !fits(field, part, text))
  if (bad === undefined) return undefined
  const { name, least, most, names, wildcards = '' } = field
  const words = names === undefined ? '' : ` or ${names[0]} to ${names.at(-1)}`
  return `${name}: ${quote(bad)} is not ${least} to ${most}${words}, with \`,\` \`-\` \`*\` \`/\`${wildcards}`
}

function fits(field: CronField, part: string, whole: string): boolean {
  if (field.special?.test(part.toUpperCase())) return part !== '?' || whole === '?'
  const [range = '', step, ...more] = part.split('/')
  if (more.length > 0 || (step !== undefined && !(Number(step) >= 1 && Number(step) <= field.most && /^\d+$/.test(step)))) return false
  if (range === '*') return true
  const ends = range.split('-').map((end) => numberOf(field, end))
  const [from = Number.NaN, to = from] = ends
  return ends.length <= 2 && from >= field.least && to <= field.most && from <= to
}

/** What is wrong with a rate (`10 minutes`, without `rate(…)`), undefined when nothing is. */
export function rateProblem(text: string): string | undefined {
  if (/^\s*rate\s*\(/.test(text)) return `found ${quote(text)}: write the rate alone, without \`rate(…)\``
  const match = /^([1-9]\d{0,4}) (minute|hour|day)s?$/.exec(text)
  return match === null ? `${quote(text)} is not a rate: a whole number and \`minutes\`, \`hours\` or \`days\`, e.g. \`7 days\`` : undefined
}
