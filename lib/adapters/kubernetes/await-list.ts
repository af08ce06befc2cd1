import { KubernetesError } from '../../domain/errors.ts'
import type { KubeObject } from '../../domain/kube.ts'
import type { AwaitList, Clock } from '../../ports.ts'
import { late, withDeadline } from '../../with-deadline.ts'
import { listWithVersion, queryOf } from './list.ts'
import { nameOf, pathOf } from './paths.ts'
import type { Transport } from './transport.ts'

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: KubeObject
}

/**
 * Lists once, then watches from there (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes). A watch
 * that ends, whatever ends it, ends the wait: its caller looks for itself. Who may not watch is not asked to again.
 */
export function createAwaitList(transport: Transport, clock: Clock): AwaitList {
  let isForbidden = false
  return async <T extends KubeObject>(
    kind: Parameters<AwaitList>[0],
    options: Parameters<AwaitList>[1],
    isThere: (items: readonly T[]) => boolean,
  ) => {
    if (isForbidden) return 'cannot'
    const over = new AbortController()
    const timer = clock.sleep(options.maxMs, over.signal).then(() => over.abort())
    const onAbort = () => over.abort()
    options.signal?.addEventListener('abort', onAbort)
    try {
      const listing = listWithVersion<T>(transport, kind, options)
      listing.catch(() => undefined)
      const listed = await withDeadline(clock, options.maxMs, listing, over.signal)
      if (listed === late) return 'over'
      const { items, version } = listed
      const known = new Map(items.map((item) => [item.metadata.uid, item]))
      if (isThere(items)) return 'there'
      const place = { ...kind, ...(options.namespace === undefined ? {} : { namespace: options.namespace }) }
      const { limit, ...selected } = queryOf(options, '')
      const query = { ...selected, watch: 'true', resourceVersion: version, timeoutSeconds: String(Math.ceil(options.maxMs / 1000)) }
      const call = { method: 'GET', path: pathOf(place), query } as const
      for await (const line of transport.lines(call, `watch ${nameOf(place)}`, over.signal)) {
        const { type, object } = JSON.parse(line) as WatchEvent
        if (type === 'ERROR') break
        if (type === 'DELETED') known.delete(object.metadata.uid)
        else if (type !== 'BOOKMARK') known.set(object.metadata.uid, object as T)
        if (isThere([...known.values()])) return 'there'
      }
    } catch (error) {
      isForbidden = error instanceof KubernetesError && error.code === 'forbidden'
      if (isForbidden) return 'cannot'
    } finally {
      options.signal?.removeEventListener('abort', onAbort)
      over.abort()
      await timer
    }
    return 'over'
  }
}
