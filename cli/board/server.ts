import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { errorText } from '../error-text.ts'
import { closed, listening } from '../http-listening.ts'
import type { BoardPages } from './board-pages.ts'
import { LiveStream } from './live-stream.ts'
import type { BoardSource } from './source.ts'
import { isFromHere, isOurForm, isOurHost, runIn, type Visitor } from './visitor.ts'

export interface BoardOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly source: BoardSource
  readonly pages: BoardPages
  readonly say: (line: string) => void
}

export interface BoardServer {
  readonly url: string
  close(): Promise<void>
}

/** What a browser is told of an error; others are a ledger or an installation that does not answer. */
const statuses: Readonly<Partial<Record<FaultlineError['code'], number>>> = { not_found: 404, refused: 403, bad_input: 400 }

/** A reason in a sentence or two; more is no form of ours. */
const mostFormBytes = 4_096

/**
 * Serves the board. What changes something is a POST of a form of ours (same origin, token) from this machine; every page is private to its
 * origin, and no other site may frame or embed it.
 * @throws FaultlineError `refused` when it may not listen there
 */
export async function serveBoard({ host, port, source, pages, say }: BoardOptions): Promise<BoardServer> {
  const token = randomBytes(24).toString('base64url')
  const stream = new LiveStream(source)
  const server = createServer((request, response) => {
    const visitor: Visitor = { token, mayAct: isFromHere(request) }
    answer(request, response, visitor).catch((error: unknown) => {
      const status = error instanceof FaultlineError ? (statuses[error.code] ?? 503) : 500
      if (status === 500) say(`board: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      if (response.headersSent) response.end()
      else plainAnswer(response, status, `${errorText(error)}\n`)
    })
  })
  const answer = async (request: IncomingMessage, response: ServerResponse, visitor: Visitor): Promise<void> => {
    guard(response)
    if (!isOurHost(request.headers.host, host)) return plainAnswer(response, 421, 'the Host header names another place than this board\n')
    const url = new URL(request.url ?? '/', 'http://board')
    if (request.method === 'POST') return await act(request, response, { url, visitor, source })
    if (request.method !== 'GET' && request.method !== 'HEAD') return plainAnswer(response, 405, 'only GET and POST\n')
    if (url.pathname === '/events') return await stream.join(response, visitor)
    if (url.pathname === '/healthz') return plainAnswer(response, 200, 'ok\n')
    const page = await pages.page(url, visitor)
    response.writeHead(page.status, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': page.policy })
    response.end(request.method === 'HEAD' ? undefined : page.html)
  }
  await listening(server, { host, port, what: 'the board' })
  const { port: chosen, family, address } = server.address() as AddressInfo
  return {
    url: `http://${family === 'IPv6' ? `[${address}]` : address}:${chosen}`,
    close: async () => {
      stream.close()
      await closed(server)
    },
  }
}

function guard(response: ServerResponse): void {
  response.setHeader('cache-control', 'no-store')
  response.setHeader('x-content-type-options', 'nosniff')
  response.setHeader('x-frame-options', 'DENY')
  response.setHeader('referrer-policy', 'same-origin')
  response.setHeader('cross-origin-resource-policy', 'same-origin')
  response.setHeader('cross-origin-opener-policy', 'same-origin')
}

function plainAnswer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-security-policy': "default-src 'none'" })
  response.end(text)
}

interface Asked {
  readonly url: URL
  readonly visitor: Visitor
  readonly source: BoardSource
}

async function act(request: IncomingMessage, response: ServerResponse, { url, visitor, source }: Asked): Promise<void> {
  const form = new URLSearchParams(await bodyOf(request))
  if (!visitor.mayAct) return plainAnswer(response, 403, 'halt and abort work on the machine that the board runs on\n')
  if (!isOurForm(request, form.get('token'), visitor.token)) {
    return plainAnswer(response, 403, 'this did not come from a page of this board; open it again and send it from there\n')
  }
  const why = form.get('why')?.trim() ?? ''
  const run = runIn(url.pathname, '/abort')
  const isSwitch = url.pathname === '/halt' || url.pathname === '/resume'
  if (!isSwitch && run === undefined) return plainAnswer(response, 404, 'there is no such form\n')
  if (why === '') return plainAnswer(response, 400, 'say why\n')
  if (run !== undefined) await source.abort(run, why)
  else if (url.pathname === '/resume') await source.resume(why)
  else await source.halt(why)
  response.writeHead(303, { location: '/' })
  response.end()
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > mostFormBytes) throw new FaultlineError('bad_input', 'the form is too long')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}
