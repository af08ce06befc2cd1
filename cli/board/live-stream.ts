import type { ServerResponse } from 'node:http'
import { errorText } from '../error-text.ts'
import { type LiveView, liveView } from './live-view.ts'
import type { BoardSource } from './source.ts'
import type { Visitor } from './visitor.ts'

/** Rest between two looks, as a multiple of the time that one takes: a driver on this machine has the processor first. */
const restShare = 4

/** One page that is open: what it has been told. */
interface Listener {
  readonly response: ServerResponse
  readonly visitor: Visitor
  told: LiveView | null
}

/** Server-sent events: each page gets what has changed since it was told last. Nothing is read while no page is open. */
export class LiveStream {
  readonly #source: BoardSource
  readonly #listeners = new Set<Listener>()
  #timer: NodeJS.Timeout | null = null
  #isLooking = false

  constructor(source: BoardSource) {
    this.#source = source
  }

  async join(response: ServerResponse, visitor: Visitor): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'content-security-policy': "default-src 'none'" })
    const listener: Listener = { response, visitor, told: null }
    this.#listeners.add(listener)
    response.on('close', () => this.#listeners.delete(listener))
    await this.#look()
  }

  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    for (const { response } of this.#listeners) response.end()
    this.#listeners.clear()
  }

  async #look(): Promise<void> {
    if (this.#isLooking || this.#listeners.size === 0) return
    this.#isLooking = true
    const begun = performance.now()
    try {
      for (const listener of [...this.#listeners]) await this.#tell(listener)
    } finally {
      this.#isLooking = false
    }
    if (this.#listeners.size === 0) return
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#look(), Math.max(this.#source.pauseMs, restShare * (performance.now() - begun)))
  }

  async #tell(listener: Listener): Promise<void> {
    try {
      const view = await liveView(this.#source, listener.visitor)
      send(listener.response, 'view', changed(listener.told, view))
      listener.told = view
    } catch (error) {
      send(listener.response, 'trouble', { message: errorText(error) })
    }
  }
}

function changed(told: LiveView | null, view: LiveView): object {
  const { now, runs, whole, slots, charts } = view
  if (told === null || told.runs.join('\n') !== runs.join('\n')) return { now, whole, slots, charts }
  return {
    now,
    slots: Object.fromEntries(Object.entries(slots).filter(([name, html]) => told.slots[name] !== html)),
    charts,
  }
}

function send(response: ServerResponse, event: string, data: object): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}
