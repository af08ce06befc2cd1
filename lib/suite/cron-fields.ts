const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
/** In the order of their numbers: 1 is Sunday. */
export const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] as const

export interface CronField {
  readonly name: string
  readonly least: number
  readonly most: number
  readonly names?: readonly string[]
  /** Forms that only this field has. */
  readonly special?: RegExp
  readonly wildcards?: string
}

/** Fields and wildcards of https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based */
export const cronFields: readonly [CronField, CronField, CronField, CronField, CronField, CronField] = [
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

/** The number that a field's text or name stands for, NaN for none. */
export function numberOf({ names, least }: CronField, text: string): number {
  const named = names?.indexOf(text.toUpperCase()) ?? -1
  if (named >= 0) return named + least
  return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
}
