import { hash53 } from './random.ts'

/**
 * The run's id: the same suite, cluster, namespace and trigger key always give the same one, which is what makes a redelivered
 * event harmless. At most 40 characters, valid as a label value and inside object names.
 */
export function runId(start: {
  readonly suite: string
  readonly clusterUid: string
  readonly namespace: string
  readonly key: string
  /** Start time as RFC 3339, whole seconds; null for a start by hand whose key alone says which it is. */
  readonly stamp: string | null
}): string {
  const slug =
    start.suite
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 14)
      .replace(/^-+|-+$/g, '') || 'suite'
  const stamp = start.stamp === null ? 'by-key' : start.stamp.toLowerCase().replace(/[-:z]/g, '').replace('t', '-')
  const hash = hash53([start.suite, start.clusterUid, start.namespace, start.key].join('\u0000'))
  return `${slug}-${stamp}-${hash.toString(36).padStart(8, '0').slice(-8)}`
}
