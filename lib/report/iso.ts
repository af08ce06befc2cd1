/** RFC 3339 in UTC with milliseconds, as reports for machines write times. */
export function iso(ms: number): string {
  return new Date(ms).toISOString()
}
