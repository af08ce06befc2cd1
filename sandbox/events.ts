import { StatusError } from './api/status.ts'
import type { Cluster } from './cluster.ts'
import type { KubeObject } from './wire.ts'

export interface EventText {
  readonly type?: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  /** Who says it: kubelet, job-controller, default-scheduler. */
  readonly component: string
}

const keptMs = 3600_000

function forgetOld(cluster: Cluster, namespace: string): void {
  for (const event of cluster.store.each('events', namespace)) {
    if (Date.parse(event.firstTimestamp) > cluster.now() - keptMs) return
    if (Date.parse(event.lastTimestamp) <= cluster.now() - keptMs) cluster.store.remove(event)
  }
}

/**
 * Writes a v1 Event about an object; the same event again only counts up. A refused event (webhook, quota, a
 * namespace that is going away) is dropped, as on a real cluster.
 */
export function recordEvent(cluster: Cluster, about: KubeObject, { type = 'Normal', reason, message, component }: EventText): void {
  const namespace = about.metadata.namespace ?? 'default'
  const place = cluster.store.get('namespaces', namespace)
  if (place === undefined || place.metadata.deletionTimestamp !== undefined) return
  forgetOld(cluster, namespace)
  const now = cluster.timestamp()
  const { uid, name, resourceVersion } = about.metadata
  const same = cluster.events.find(uid, { reason, message })
  if (same !== undefined) {
    cluster.modify(same, (draft) => {
      draft.count += 1
      draft.lastTimestamp = now
    })
    return
  }
  const involvedObject = {
    kind: about.kind,
    apiVersion: about.apiVersion,
    name,
    uid,
    resourceVersion,
    ...(about.metadata.namespace ? { namespace } : {}),
  }
  try {
    cluster.create('events', {
      metadata: { name: `${name.slice(0, 230)}.${cluster.random.hex(16)}`, namespace },
      involvedObject,
      type,
      reason,
      message,
      source: { component },
      reportingComponent: component,
      reportingInstance: '',
      count: 1,
      firstTimestamp: now,
      lastTimestamp: now,
      eventTime: null,
    })
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
  }
}
