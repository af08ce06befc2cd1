import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Starts a DynamoDB of its own in memory, on a free port; for tests and `aws:local`, no part of what ships. */
export async function startDynalite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const dynalite = require('dynalite') as (options: object) => Server
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  const [serve] = server.listeners('request') as unknown as readonly RequestListener[]
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!isStatement(request)) return serve?.(request, response)
    insert(url, request, response).catch((error: unknown) =>
      answer(response, 500, { __type: 'InternalServerError', message: String(error) }),
    )
  })
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { url, close }
}

const service = 'DynamoDB_20120810'
const isStatement = ({ headers }: IncomingMessage) => headers['x-amz-target'] === `${service}.ExecuteStatement`

/** Dynalite knows no PartiQL; an INSERT is a put that replaces nothing, and fails in another name. */
async function insert(url: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { Statement, Parameters } = JSON.parse(await bodyOf(request)) as {
    readonly Statement: string
    readonly Parameters: readonly unknown[]
  }
  const [, TableName, fields = ''] = /^INSERT INTO "([\w.-]+)" VALUE \{(.*)\}$/.exec(Statement) ?? []
  if (TableName === undefined)
    return answer(response, 400, { __type: 'ValidationException', message: `only INSERT is known here: ${Statement}` })
  const names = [...fields.matchAll(/'(\w+)': \?/g)].map(([, name = '']) => name)
  const Item = Object.fromEntries(names.map((name, i) => [name, Parameters[i]]))
  const put = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': String(request.headers['content-type']),
      authorization: String(request.headers.authorization),
      'x-amz-date': String(request.headers['x-amz-date']),
      'x-amz-target': `${service}.PutItem`,
    },
    body: JSON.stringify({ TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' }),
  })
  const told = (await put.json()) as { readonly __type?: string }
  const isThere = told.__type?.endsWith('ConditionalCheckFailedException') === true
  answer(
    response,
    put.status,
    isThere ? { __type: `${service}#DuplicateItemException`, message: 'Duplicate primary key exists in table' } : told,
  )
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(body))
}
