import { gzipSync } from 'node:zlib'
import * as z from 'zod'
import type { Identity } from '../../lib/domain/actor.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { interfaceHeader, interfaceNumber, urlAlias } from '../../lib/remote/interface.ts'

/** What a function was asked, and who signed that: `arn:aws:sts::123456789012:assumed-role/Operator/ann`, as AWS says it. */
export interface Asked {
  readonly payload: unknown
  readonly caller: Identity
}

/** What a function URL takes as an answer (payload format 2.0). */
export interface HttpAnswer {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly isBase64Encoded: boolean
}

/** Payload format 2.0, https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html; only what is read of it. */
const httpEvent = z.looseObject({
  version: z.literal('2.0'),
  headers: z.record(z.string(), z.string()).default({}),
  requestContext: z.looseObject({
    http: z.looseObject({ method: z.string() }),
    authorizer: z.looseObject({ iam: z.looseObject({ userArn: z.string().min(1) }) }).optional(),
  }),
  body: z.string().optional(),
  isBase64Encoded: z.boolean().default(false),
})
export type HttpEvent = z.output<typeof httpEvent>

/** The event of a function URL; undefined for any other payload. */
export function readHttpEvent(event: unknown): HttpEvent | undefined {
  return httpEvent.safeParse(event).data
}

/**
 * What an HTTP request asks, and who signed it.
 * @throws FaultlineError `forbidden` where nothing vouches for the caller, `bad_input` for a request that is none of ours
 */
export function askedBy({ requestContext, body = '', isBase64Encoded }: HttpEvent, functionArn: string | undefined): Asked {
  if (functionArn?.split(':').at(7) !== urlAlias) {
    const message = 'an event of a function URL that came another way: its caller could be anything, invoke with the payload alone instead'
    throw new FaultlineError('forbidden', message)
  }
  const iam = requestContext.authorizer?.iam
  if (iam === undefined) {
    throw new FaultlineError('forbidden', 'nothing says who asks: the function URL has no AWS_IAM in front of it; deploy again')
  }
  const { method } = requestContext.http
  if (method !== 'POST') throw new FaultlineError('bad_input', `${method} is not taken here: POST the payload as JSON`)
  const text = isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body
  return { payload: jsonOf(text), caller: { kind: 'aws', name: iam.userArn } }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    throw new FaultlineError('bad_input', `the body of the request is no JSON: ${(error as Error).message}`, { cause: error })
  }
}

/** Smaller ones gain less than the work takes. */
const leastToShorten = 10_000

/** Lambda takes 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html) of JSON in which the body is one text, headers and the like beside it. */
const mostBytes = 6_000_000

/** An answer for HTTP, shortened where the asker can read that. */
export function httpAnswer(status: number, answer: object, { headers }: Pick<HttpEvent, 'headers'>): HttpAnswer {
  const text = JSON.stringify(answer)
  const isShort = text.length < leastToShorten || !/\bgzip\b/.test(headers['accept-encoding'] ?? '')
  const body = isShort ? text : gzipSync(text).toString('base64')
  if (Buffer.byteLength(JSON.stringify(body)) > mostBytes) {
    const message = `the answer has ${Math.ceil(text.length / 1e6)} MB, which is more than a function may answer`
    return httpAnswer(500, errorBody(new FaultlineError('invalid', message)), { headers })
  }
  return {
    statusCode: status,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      [interfaceHeader]: String(interfaceNumber),
      ...(isShort ? {} : { 'content-encoding': 'gzip' }),
    },
    body,
    isBase64Encoded: !isShort,
  }
}

/** An error for HTTP: 422 is one of the asker's, or of what he asked about; 503 may be tried again. */
export function httpError(error: unknown, event: Pick<HttpEvent, 'headers'>): HttpAnswer {
  const status = !(error instanceof FaultlineError) ? 500 : error.retryable ? 503 : 422
  return httpAnswer(status, errorBody(error), event)
}

function errorBody(error: unknown): { readonly error: { readonly code: string; readonly message: string } } {
  const message = error instanceof Error ? error.message : String(error)
  return { error: { code: error instanceof FaultlineError ? error.code : 'unexpected', message } }
}
