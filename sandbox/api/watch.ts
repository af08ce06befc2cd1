import type { Resource } from '../resources.ts'
import { apiVersionOf } from '../resources.ts'
import type { Change } from '../store.ts'
import type { KubeObject } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'
import { selectionOf } from './list.ts'
import { expired } from './status.ts'
import { asTable, wantsTable } from './table.ts'

const bookmarkEveryMs = 60_000
const defaultTimeoutSeconds = 1800

interface Where {
  readonly resource: Resource
  readonly namespace: string | undefined
}

/** Streams changes until the client leaves or the time is over; a start that is too old gets the 410 ERROR event. */
export function watchObjects(backend: Backend, where: Where, exchange: Exchange): void {
  new Watch(backend, where, exchange).start()
}

class Watch {
  readonly #backend: Backend
  readonly #where: Where
  readonly #exchange: Exchange
  readonly #selected: (object: KubeObject) => boolean
  readonly #cleanups: (() => void)[] = []
  #cancelBookmark: (() => void) | undefined

  constructor(backend: Backend, where: Where, exchange: Exchange) {
    this.#backend = backend
    this.#where = where
    this.#exchange = exchange
    this.#selected = selectionOf(where.resource, exchange)
  }

  start(): void {
    const { store, timers } = this.#backend.cluster
    const { response } = this.#exchange
    const asked = this.#exchange.query('resourceVersion') ?? ''
    response.writeHead(200, { 'content-type': 'application/json', 'transfer-encoding': 'chunked' })
    response.flushHeaders()
    const from = Number(asked)
    const initial = asked === '' || asked === '0' || this.#exchange.flag('sendInitialEvents')
    if (!initial && from < store.oldest) {
      this.#write('ERROR', expired(`too old resource version: ${from} (${store.oldest})`).toStatus())
      response.end()
      return
    }
    this.#cleanups.push(store.subscribe((change) => this.#pass(change)))
    response.on('close', () => this.#stop())
    const seconds = Number(this.#exchange.query('timeoutSeconds') ?? defaultTimeoutSeconds)
    this.#cleanups.push(timers.after(seconds * 1000, () => response.end()))
    if (initial) this.#replayState()
    else for (const change of store.changesAfter(from, this.#where.resource.plural)) this.#pass(change)
    if (this.#exchange.flag('allowWatchBookmarks')) this.#bookmarkLater()
  }

  #stop(): void {
    this.#cancelBookmark?.()
    for (const cleanup of this.#cleanups.splice(0)) cleanup()
  }

  #replayState(): void {
    const { store } = this.#backend.cluster
    const objects = [...store.inOrder(this.#where.resource.plural, this.#where.namespace)]
    for (const object of objects) if (this.#selected(object)) this.#send('ADDED', object)
    if (this.#exchange.flag('sendInitialEvents')) this.#bookmark({ 'k8s.io/initial-events-end': 'true' })
  }

  #pass({ plural, type, object, previous }: Change): void {
    const { resource, namespace } = this.#where
    if (plural !== resource.plural) return
    if (namespace !== undefined && object.metadata.namespace !== namespace) return
    const before = type === 'ADDED' ? false : this.#selected(previous ?? object)
    const after = type === 'DELETED' ? false : this.#selected(object)
    if (after) this.#send(before ? 'MODIFIED' : 'ADDED', object)
    else if (before)
      this.#send(
        'DELETED',
        type === 'DELETED'
          ? object
          : { ...(previous ?? object), metadata: { ...(previous ?? object).metadata, resourceVersion: object.metadata.resourceVersion } },
      )
  }

  #send(type: string, object: KubeObject): void {
    const { resource } = this.#where
    if (!wantsTable(this.#exchange)) {
      this.#writeText(type, textOf(object))
      return
    }
    const page = { metadata: { resourceVersion: object.metadata.resourceVersion }, items: [object] }
    const options = { now: this.#backend.cluster.now(), include: this.#exchange.query('includeObject') }
    this.#write(type, asTable(resource, page, options))
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { resource } = this.#where
    const metadata = {
      resourceVersion: String(this.#backend.cluster.store.revision),
      creationTimestamp: null,
      ...(annotations ? { annotations } : {}),
    }
    this.#write('BOOKMARK', { kind: resource.kind, apiVersion: apiVersionOf(resource), metadata })
  }

  #bookmarkLater(): void {
    this.#cancelBookmark = this.#backend.cluster.timers.after(bookmarkEveryMs, () => {
      this.#bookmark()
      this.#bookmarkLater()
    })
  }

  #write(type: string, object: unknown): void {
    this.#writeText(type, JSON.stringify(object))
  }

  #writeText(type: string, object: string): void {
    const { response } = this.#exchange
    if (!response.writableEnded) response.write(`{"type":"${type}","object":${object}}\n`)
  }
}

let [lastObject, lastText]: [KubeObject | undefined, string] = [undefined, '']

/** All watches are told of a change one after the other: its text is made once. Stored objects never change. */
function textOf(object: KubeObject): string {
  if (object !== lastObject) [lastObject, lastText] = [object, JSON.stringify(object)]
  return lastText
}
