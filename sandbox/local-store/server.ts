import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { StoreAddress } from './address-file.ts'
import { type DynaliteStore, openDynalite, perform, type WireAnswer } from './dynalite.ts'
import { repair } from './repair.ts'

/** On every answer: which server gave it. */
export const identityHeader = 'x-faultline-store'

/** On every request: that its sender may read the address file. */
export const keyHeader = 'x-faultline-key'

/** A served database. */
export interface StoreServer {
  readonly address: StoreAddress
  /** Answers what is under way, then gives the database free for the next process. */
  close(): Promise<void>
}

/** Which database, and the time by which expired items go. */
export interface StoreServerOptions {
  /** Directory of the database; in memory when left out. */
  readonly path?: string
  readonly now: number
}

/** Opens the database and serves it on loopback; rejects when another process has it open. Never keeps its process alive. */
export async function startStoreServer({ path, now }: StoreServerOptions): Promise<StoreServer> {
  const store = await openDynalite(path)
  await repair(store, now)
  const secrets = { identity: randomUUID(), key: randomUUID() }
  const underWay = new Set<Promise<void>>()
  let closing = false
  const server = createServer((request, response) => {
    const answered = (closing ? turnAway(response) : answer(store, secrets, request, response)).finally(() => underWay.delete(answered))
    underWay.add(answered)
  })
  server.on('connection', (socket) => socket.unref())
  const port = await listen(server)
  return {
    address: { pid: process.pid, port, ...secrets },
    close: async () => {
      closing = true
      server.close()
      await Promise.all(underWay)
      server.closeAllConnections()
      await store.db.close()
    },
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    server.unref()
  })
}

/** Without the identity: the client knows that the server is gone and looks for the next. */
async function turnAway(response: ServerResponse): Promise<void> {
  response.writeHead(503, { connection: 'close' }).end()
}

async function answer(
  store: DynaliteStore,
  { identity, key }: Pick<StoreAddress, 'identity' | 'key'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request)
  if (body === undefined) return
  const { status, body: answered } = await answerTo(store, key, request, body)
  await send(response, status, identity, JSON.stringify(answered))
}

/** Undefined when the sender died halfway (nothing else makes reading fail): such a request is not performed. */
function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  return text(request).catch(() => undefined)
}

async function answerTo(store: DynaliteStore, key: string, request: IncomingMessage, body: string): Promise<WireAnswer> {
  if (request.headers[keyHeader] !== key) {
    return { status: 403, body: { __type: 'com.amazon.coral.service#AccessDeniedException', message: 'this store has another key' } }
  }
  if (request.method === 'GET') return { status: 200, body: {} }
  return perform(store, String(request.headers['x-amz-target']), body)
}

/** Resolves when the answer is out, or its receiver gone. */
function send(response: ServerResponse, status: number, identity: string, body: string): Promise<void> {
  return new Promise((resolve) => {
    if (response.closed || response.destroyed) return resolve()
    response.once('close', resolve)
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', [identityHeader]: identity })
    response.end(body, () => resolve())
  })
}
