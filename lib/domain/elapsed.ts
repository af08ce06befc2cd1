/** From one time to another, ms; null while one of them has not come. */
export function elapsed(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : to - from
}
