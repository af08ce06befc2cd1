/** A length of time for people: `0.4 s`, `12 s`, `3 min 5 s`, `1 h 2 min`. */
export function duration(ms: number): string {
  const sign = ms < 0 ? '-' : ''
  const abs = Math.abs(ms)
  if (abs < 9_950) return `${sign}${trimmed(abs / 1000)} s`
  const s = Math.round(abs / 1000)
  if (s < 60) return `${sign}${s} s`
  if (s < 3600) return `${sign}${joined(Math.floor(s / 60), 'min', s % 60, 's')}`
  const min = Math.round(s / 60)
  return `${sign}${joined(Math.floor(min / 60), 'h', min % 60, 'min')}`
}

/** How long after its planned end something came: `0.4 s`, or `54 s early`. */
export function lateness(ms: number): string {
  return ms < 0 ? `${duration(-ms)} early` : duration(ms)
}

/** Time of day in UTC, e.g. `10:34:45Z`. */
export function timeOfDay(ms: number): string {
  return `${new Date(ms).toISOString().slice(11, 19)}Z`
}

/** Date and time in UTC, whole seconds, cut off rather than rounded: what happened has happened by then. */
export function dateAndTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** Date and time in UTC for people who read a page: `2026-01-05 09:00:00 UTC`. */
export function dateAndTimeInWords(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function trimmed(seconds: number): string {
  return seconds.toFixed(1).replace(/\.0$/, '')
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}
