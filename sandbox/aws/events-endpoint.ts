import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Listening, listen } from '../api/server.ts'

/** An event as a rule's target receives it. */
export interface DeliveredEvent {
  readonly version: '0'
  readonly id: string
  readonly source: string
  readonly 'detail-type': string
  readonly detail: unknown
  readonly time: string
  readonly resources: readonly string[]
}

interface Entry {
  readonly Source: string
  readonly DetailType: string
  readonly Detail: string
  readonly EventBusName: string
}

export interface EventsEndpointOptions {
  /** Where requests are passed on to, and whose answer counts; null: answered here. */
  readonly upstream: string | null
  readonly deliver: (event: DeliveredEvent) => void
}

/**
 * Stands where EventBridge is: PutEvents is passed on to moto_server where there is one, and what was accepted is delivered here, since
 * moto brings events to no function.
 */
export async function openEventsEndpoint({ upstream, deliver }: EventsEndpointOptions): Promise<Listening> {
  return listen(0, (request, response) => {
    answer(request, { response, upstream, deliver }).catch((error: unknown) => {
      response
        .writeHead(500, { 'content-type': 'application/x-amz-json-1.1' })
        .end(JSON.stringify({ __type: 'InternalFailure', message: String(error) }))
    })
  })
}

async function answer(
  request: IncomingMessage,
  { response, upstream, deliver }: EventsEndpointOptions & { readonly response: ServerResponse },
) {
  const body = Buffer.concat(await request.toArray()).toString('utf8')
  const { Entries = [] } = JSON.parse(body) as { readonly Entries?: readonly Entry[] }
  const ids = Entries.map((_, n) => `${Date.now()}-${n}`)
  const said =
    upstream === null
      ? { status: 200, text: JSON.stringify({ FailedEntryCount: 0, Entries: ids.map((EventId) => ({ EventId })) }) }
      : await passOn(upstream, request, body)
  response.writeHead(said.status, { 'content-type': 'application/x-amz-json-1.1' }).end(said.text)
  if (said.status !== 200 || !String(request.headers['x-amz-target']).endsWith('.PutEvents')) return
  Entries.forEach((entry, n) => {
    deliver({
      version: '0',
      id: ids[n] ?? '',
      source: entry.Source,
      'detail-type': entry.DetailType,
      detail: JSON.parse(entry.Detail),
      time: new Date().toISOString(),
      resources: [],
    })
  })
}

async function passOn(
  upstream: string,
  request: IncomingMessage,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const { host: _, 'content-length': __, connection: ___, ...headers } = request.headers
  const sent = await fetch(upstream, { method: 'POST', headers: headers as Record<string, string>, body })
  return { status: sent.status, text: await sent.text() }
}
