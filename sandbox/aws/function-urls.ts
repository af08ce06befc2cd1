import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Listening, listen } from '../api/server.ts'
import { type Person, type SignatureRefusal, verifySignature } from './verify-signature.ts'

/** What AWS Lambda hands to a function that was called by its URL. */
export interface UrlEvent {
  readonly version: '2.0'
  readonly [more: string]: unknown
}

interface UrlAnswer {
  readonly statusCode?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

export interface FunctionUrlsOptions {
  /** Names of the functions that have a URL. */
  readonly names: readonly string[]
  readonly region: string
  readonly account: string
  readonly people: readonly Person[]
  /** Why IAM would refuse this person; undefined: the function may be called. */
  readonly authorize: (person: Person, name: string) => Promise<string | undefined>
  readonly invoke: (name: string, event: UrlEvent) => Promise<unknown>
}

/** The URLs of the functions, each a path of one server. */
export interface FunctionUrls extends Listening {
  readonly urls: Readonly<Record<string, string>>
}

/**
 * Plays the URLs of functions with `AWS_IAM` in front of them: the signature is checked, IAM is asked, and the function gets the event that
 * AWS makes, https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html. A function that throws, or is killed, is a 502.
 */
export async function openFunctionUrls(options: FunctionUrlsOptions, port = 0): Promise<FunctionUrls> {
  const { url, close } = await listen(port, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      response.writeHead(500, json).end(JSON.stringify({ message: String(error) }))
    })
  })
  return { url, close, urls: Object.fromEntries(options.names.map((name) => [name, `${url}/${name}/`])) }
}

const json = { 'content-type': 'application/json' }

async function answer(request: IncomingMessage, response: ServerResponse, options: FunctionUrlsOptions): Promise<void> {
  const { names, region, people, authorize, invoke } = options
  const body = Buffer.concat(await request.toArray())
  const { method = '', url = '', headers } = request
  const name = url.split('/')[1] ?? ''
  if (!names.includes(name)) return void response.writeHead(404, json).end(JSON.stringify({ Message: null }))
  const signer = await verifySignature({ method, url, headers, body }, { service: 'lambda', region, people, now: Date.now() })
  if (!('arn' in signer)) return refuse(response, signer)
  if ((await authorize(signer, name)) !== undefined) return refuse(response, { type: 'AccessDeniedException', message: 'Forbidden' })
  const answered = await invoke(name, eventOf({ method, headers, body }, signer, options)).catch(() => undefined)
  if (answered === undefined) return void response.writeHead(502, json).end('Internal Server Error')
  const { statusCode = 200, headers: own = {}, body: text = '', isBase64Encoded = false } = answered as UrlAnswer
  response.writeHead(statusCode, own).end(isBase64Encoded ? Buffer.from(text, 'base64') : text)
}

function refuse(response: ServerResponse, { type, message }: SignatureRefusal): void {
  response.writeHead(403, { ...json, 'x-amzn-errortype': type }).end(JSON.stringify({ message }))
}

function eventOf(
  { method, headers, body }: { readonly method: string; readonly headers: IncomingMessage['headers']; readonly body: Buffer },
  { arn, accessKeyId }: Person,
  { account }: FunctionUrlsOptions,
): UrlEvent {
  const now = new Date()
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/',
    rawQueryString: '',
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value].flat().join(',')])),
    requestContext: {
      accountId: account,
      apiId: 'local',
      authorizer: {
        iam: {
          accessKey: accessKeyId,
          accountId: account,
          callerId: accessKeyId,
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: arn,
          userId: accessKeyId,
        },
      },
      domainName: String(headers.host),
      domainPrefix: 'local',
      http: { method, path: '/', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: String(headers['user-agent']) },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    body: body.toString('base64'),
    isBase64Encoded: true,
  }
}
