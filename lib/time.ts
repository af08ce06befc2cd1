/** RFC 3339 in whole seconds, as Kubernetes writes times; rounded up, so that nothing expires before its time. */
export function isoSeconds(ms: number): string {
  return new Date(Math.ceil(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z')
}

/** ms since epoch of a Kubernetes timestamp, undefined when it is none. */
export function parseIso(text: string | undefined): number | undefined {
  const ms = text === undefined ? Number.NaN : Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
