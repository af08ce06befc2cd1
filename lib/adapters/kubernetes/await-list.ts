import { KubernetesError } from '../../domain/errors.ts'
import type { KubeObject } from '../../domain/kube.ts'
import type { AwaitList, Clock } from '../../ports.ts'
import { listWithVersion, queryOf } from './list.ts'
import { nameOf, pathOf } from './paths.ts'
import type { Transport } from './transport.ts'

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: KubeObject
}

type Kind = Parameters<AwaitList>[0]
type Options = Parameters<AwaitList>[1]

/** One that is kept is asked for anew after this, should its API server not have ended it before (it does after 30 to 60 minutes). */
const keptSeconds = 1_800

/**
 * Lists once, then watches from there (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes). A watch
 * that ends, whatever ends it, ends the wait: its caller looks for itself. Who may not watch is not asked to again.
 */
export function createAwaitList(transport: Transport, clock: Clock): AwaitList {
  let isForbidden = false
  const kept = new Map<string, Followed>()
  return async <T extends KubeObject>(kind: Kind, options: Options, isThere: (items: readonly T[]) => boolean) => {
    if (isForbidden) return 'cannot'
    const isKept = options.keep?.aborted === false
    const key = JSON.stringify([kind.apiVersion, kind.kind, options.namespace, options.labelSelector, options.fieldSelector])
    const open = isKept ? kept.get(key) : undefined
    const followed = open !== undefined && !open.isOver ? open : new Followed(transport, kind, options)
    if (isKept && followed !== open) {
      kept.set(key, followed)
      options.keep?.addEventListener('abort', () => followed.end(), { once: true, signal: followed.over })
      followed.over.addEventListener('abort', () => kept.get(key) === followed && kept.delete(key), { once: true })
    }
    const outcome = await followed.until(clock, options, isThere)
    if (!isKept) followed.end()
    if (outcome === 'cannot') isForbidden = true
    return outcome
  }
}

/** A list as it changes, for any number of waits. */
class Followed {
  readonly #over = new AbortController()
  readonly #changed = new Set<() => void>()
  #known: ReadonlyMap<string | undefined, KubeObject> | null = null
  #isForbidden = false

  constructor(transport: Transport, kind: Kind, options: Options) {
    const follow = this.#follow(transport, kind, options).catch((error: unknown) => {
      this.#isForbidden = error instanceof KubernetesError && error.code === 'forbidden'
    })
    void follow.then(() => this.end())
  }

  /** Fires when nothing more will be told. */
  get over(): AbortSignal {
    return this.#over.signal
  }

  get isOver(): boolean {
    return this.#over.signal.aborted
  }

  end(): void {
    this.#over.abort()
    this.#tell()
  }

  until<T extends KubeObject>(clock: Clock, { maxMs, signal }: Options, isThere: (items: readonly T[]) => boolean): ReturnType<AwaitList> {
    const done = new AbortController()
    return new Promise((resolve, reject) => {
      const end = (outcome: Awaited<ReturnType<AwaitList>>) => {
        this.#changed.delete(look)
        signal?.removeEventListener('abort', onAbort)
        done.abort()
        resolve(outcome)
      }
      const onAbort = () => end('over')
      const look = () => {
        try {
          if (this.#known !== null && isThere([...this.#known.values()] as unknown as readonly T[])) return end('there')
          if (this.isOver) end(this.#isForbidden ? 'cannot' : 'over')
        } catch (error) {
          reject(error)
        }
      }
      this.#changed.add(look)
      signal?.addEventListener('abort', onAbort)
      if (signal?.aborted === true) return end('over')
      void clock.sleep(maxMs, done.signal).then(() => end('over'))
      look()
    })
  }

  async #follow(transport: Transport, kind: Kind, options: Options): Promise<void> {
    const { items, version } = await listWithVersion<KubeObject>(transport, kind, options)
    const known = new Map(items.map((item) => [item.metadata.uid, item]))
    this.#known = known
    this.#tell()
    // Those who waited may have seen what they waited for, and ended this.
    await Promise.resolve()
    if (this.isOver) return
    const place = { ...kind, ...(options.namespace === undefined ? {} : { namespace: options.namespace }) }
    const { limit, ...selected } = queryOf(options, '')
    const seconds = options.keep === undefined ? Math.ceil(options.maxMs / 1000) : keptSeconds
    const query = { ...selected, watch: 'true', resourceVersion: version, timeoutSeconds: String(seconds) }
    const call = { method: 'GET', path: pathOf(place), query } as const
    for await (const line of transport.lines(call, `watch ${nameOf(place)}`, this.over)) {
      const { type, object } = JSON.parse(line) as WatchEvent
      if (type === 'ERROR') return
      if (type === 'DELETED') known.delete(object.metadata.uid)
      else if (type !== 'BOOKMARK') known.set(object.metadata.uid, object)
      this.#tell()
    }
  }

  #tell(): void {
    for (const look of [...this.#changed]) look()
  }
}
