import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen } from '../api/server.ts'
import { type AwsCall, callsOf, signerOf } from './aws-call.ts'

/** Why AWS would refuse a call; undefined: it may be made. */
export type Authorize = (call: AwsCall) => Promise<string | undefined>

export interface GateOptions {
  /** Where the requests of a service go; undefined: to no one, they fail. */
  readonly upstream: (service: string) => string | undefined
  readonly authorize: Authorize
}

/** What stands where AWS is: it looks at every call as IAM does, and passes on what may be made. */
export interface Gate {
  readonly url: string
  /** Every call that was not allowed, with the reason. */
  readonly refused: readonly string[]
  close(): Promise<void>
}

export async function openGate(options: GateOptions): Promise<Gate> {
  const refused: string[] = []
  // Connections are kept between invocations, as they are with AWS.
  const { url, close } = await listen(0, (request, response) => {
    answer(request, response, { ...options, refused }).catch((error: unknown) => {
      refused.push(String(error))
      response.writeHead(500, { 'content-type': json }).end(JSON.stringify({ __type: 'InternalFailure', message: String(error) }))
    })
  })
  return { url, refused, close }
}

const json = 'application/x-amz-json-1.1'

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { upstream, authorize, refused }: GateOptions & { readonly refused: string[] },
): Promise<void> {
  const body = Buffer.concat(await request.toArray())
  const { method = '', url = '', headers } = request
  const read = { method, url, headers, body: body.toString('utf8') }
  for (const call of callsOf(read)) {
    const reason = await authorize(call)
    if (reason === undefined) continue
    refused.push(`${call.caller} ${call.action} ${call.resource}: ${reason}`)
    response.writeHead(403, { 'content-type': json }).end(JSON.stringify({ __type: 'AccessDeniedException', message: reason }))
    return
  }
  const { service } = signerOf(read)
  const base = upstream(service)
  if (base === undefined) {
    response.writeHead(503, { 'content-type': json }).end(JSON.stringify({ __type: 'ServiceUnavailable', message: `no ${service} here` }))
    return
  }
  const { host: _, 'content-length': __, connection: ___, ...passed } = headers
  const sent = await fetch(`${base}${url}`, {
    method,
    headers: passed as Record<string, string>,
    ...(body.length === 0 ? {} : { body }),
  }).catch(() => undefined)
  if (sent === undefined) {
    // The upstream is gone, as AWS would be behind a broken connection.
    request.socket.destroy()
    return
  }
  const kept = [...sent.headers].filter(
    ([name]) => !['content-encoding', 'content-length', 'transfer-encoding', 'connection'].includes(name),
  )
  response.writeHead(sent.status, Object.fromEntries(kept)).end(Buffer.from(await sent.arrayBuffer()))
}
