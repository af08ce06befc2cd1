import { quote } from './did-you-mean.ts'

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
/** In the order of their numbers: 1 is Sunday. */
export const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const

interface Field {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly names?: readonly string[]
  /** Forms that only this field has. */
  readonly special?: RegExp
  readonly wildcards?: string
}

/** Fields and wildcards of https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based */
const fields: readonly Field[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31, special: /^(\?|L|LW|([1-9]|[12]\d|3[01])W)$/, wildcards: ' `?` `L` `W`' },
  { name: 'month', least: 1, most: 12, names: months },
  {
    name: 'day of week',
    least: 1,
    most: 7,
    names: weekdays,
    special: /^(\?|L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$/,
    wildcards: ' `?` `L` `#`',
  },
  { name: 'year', least: 1970, most: 2199 },
]

/** What is wrong with an AWS cron expression (six fields, without `cron(…)`), undefined when nothing is. */
export function cronProblem(text: string): string | undefined {
  if (/^\s*cron\s*\(/.test(text)) return `found ${quote(text)}: write the six fields alone, without \`cron(…)\``
  const parts = text.trim().split(/\s+/)
  if (parts.length !== fields.length) {
    const hint = parts.length === 5 ? ': AWS wants a sixth one, the year (`*` for every year)' : ''
    return `${quote(text)} has ${parts.length} fields, not the six of AWS (${fields.map(({ name }) => name).join(', ')})${hint}`
  }
  const wrong = fields.flatMap((field, n) => fieldProblem(field, parts[n] ?? '') ?? [])
  if (wrong.length > 0) return wrong.join('; ')
  const asked = [parts[2], parts[4]].filter((part) => part === '?').length
  return asked === 1
    ? undefined
    : `${quote(text)}: exactly one of day of month and day of week must be \`?\`, found ${asked === 0 ? 'neither' : 'both'}`
}

function fieldProblem(field: Field, text: string): string | undefined {
  const bad = text.split(',').find((part) => !fits(field, part, text))
  if (bad === undefined) return undefined
  const { name, least, most, names, wildcards = '' } = field
  const words = names === undefined ? '' : ` or ${names[0]} to ${names.at(-1)}`
  return `${name}: ${quote(bad)} is not ${least} to ${most}${words}, with \`,\` \`-\` \`*\` \`/\`${wildcards}`
}

function fits(field: Field, part: string, whole: string): boolean {
  if (field.special?.test(part.toUpperCase())) return part !== '?' || whole === '?'
  const [range = '', step, ...more] = part.split('/')
  if (more.length > 0 || (step !== undefined && !(Number(step) >= 1 && Number(step) <= field.most && /^\d+$/.test(step)))) return false
  if (range === '*') return true
  const ends = range.split('-').map((end) => numberOf(field, end))
  const [from = Number.NaN, to = from] = ends
  return ends.length <= 2 && from >= field.least && to <= field.most && from <= to
}

function numberOf({ names, least }: Field, text: string): number {
  const named = names?.indexOf(text.toUpperCase()) ?? -1
  if (named >= 0) return named + least
  return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
}

/** What is wrong with a rate (`10 minutes`, without `rate(…)`), undefined when nothing is. */
export function rateProblem(text: string): string | undefined {
  if (/^\s*rate\s*\(/.test(text)) return `found ${quote(text)}: write the rate alone, without \`rate(…)\``
  const match = /^([1-9]\d{0,4}) (minute|hour|day)s?$/.exec(text)
  return match === null ? `${quote(text)} is not a rate: a whole number and \`minutes\`, \`hours\` or \`days\`, e.g. \`7 days\`` : undefined
}
