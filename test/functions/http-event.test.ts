import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import { askedBy, httpAnswer, httpError, readHttpEvent } from '../../functions/shared/http-event.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'

const base = 'arn:aws:lambda:eu-central-1:123456789012:function:faultline-prod-halt'
const byUrl = `${base}:url`
const userArn = 'arn:aws:sts::123456789012:assumed-role/Operator/ann'
const iam = { accessKey: 'ASIA', accountId: '123456789012', callerId: 'AROA:ann', cognitoIdentity: null, userArn, userId: 'AROA:ann' }

interface Parts {
  readonly authorizer?: object
  readonly method?: string
  readonly body?: string
  readonly isBase64Encoded?: boolean
}

/** As AWS Lambda makes it of a request to a function's URL. */
function eventOf({ authorizer = { iam }, method = 'POST', ...body }: Parts) {
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/',
    headers: { host: 'abc.lambda-url.eu-central-1.on.aws', 'accept-encoding': 'gzip, deflate' },
    requestContext: { accountId: '123456789012', authorizer, http: { method, path: '/', sourceIp: '192.0.2.1' }, stage: '$default' },
    isBase64Encoded: false,
    ...body,
  }
}

function asked(parts: Parts, functionArn: string | undefined = byUrl) {
  const event = readHttpEvent(eventOf(parts))
  if (event === undefined) throw new Error('no event of a URL')
  return askedBy(event, functionArn)
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

describe('an event of a function URL', () => {
  it.each([
    ['as text', { body: '{"why":"incident"}' }, { why: 'incident' }],
    ['as base64', { body: base64('{"why":"Störfall"}'), isBase64Encoded: true }, { why: 'Störfall' }],
    [
      'with the name of another person',
      { body: '{"by":"arn:aws:iam::123456789012:user/bob"}' },
      { by: 'arn:aws:iam::123456789012:user/bob' },
    ],
  ])('is the payload of its body, %s, by the caller that AWS signed', (_, parts, payload) => {
    expect(asked(parts)).toEqual({ payload, caller: { kind: 'aws', name: userArn } })
  })

  it.each([
    ['invoked directly, by a person who made it up', { body: '{}' }, base, /came another way: its caller could be anything/],
    ['invoked by another alias', { body: '{}' }, `${base}:live`, /came another way/],
    ['of a URL without AWS_IAM', { body: '{}', authorizer: {} }, byUrl, 'none'],
    ['of another method', { method: 'GET' }, byUrl, /GET is not taken here: POST the payload as JSON/],
    ['without a body', {}, byUrl, /no JSON/],
    ['with a body that is no JSON', { body: '{"by":' }, byUrl, /the body of the request is no JSON/],
  ] as const)('is refused %s', (_, parts, arn, message) => {
    if (message === 'none') expect(readHttpEvent(eventOf(parts))).toBeUndefined()
    else expect(() => asked(parts, arn)).toThrow(message)
  })

  it('is refused where nothing was signed', () => {
    const { requestContext, ...rest } = eventOf({ body: '{}' })
    const event = readHttpEvent({ ...rest, requestContext: { ...requestContext, authorizer: undefined } })
    expect(() => askedBy(event as NonNullable<typeof event>, byUrl)).toThrow('no AWS_IAM in front of it')
  })

  it.each([
    [{}],
    [{ by: 'ann', why: 'incident' }],
    [{ action: 'status' }],
    [null],
    ['halt'],
    [{ version: '0', source: 'aws.events', detail: {} }],
  ])('is not %j, which is a payload', (payload) => {
    expect(readHttpEvent(payload)).toBeUndefined()
  })
})

describe('an answer for HTTP', () => {
  const asker = { headers: { 'accept-encoding': 'gzip' } }

  it('says which interface it is of, and is kept nowhere', () => {
    const { headers, body, statusCode } = httpAnswer(200, { happened: 'nothing' }, asker)
    expect([statusCode, body]).toEqual([200, '{"happened":"nothing"}'])
    expect(headers).toMatchObject({ 'faultline-interface': '1', 'cache-control': 'no-store', 'content-type': 'application/json' })
  })

  it('is shortened where it is long and the asker can read that', () => {
    const long = { text: 'x'.repeat(50_000) }
    const short = httpAnswer(200, long, asker)
    expect([short.isBase64Encoded, short.headers['content-encoding'], short.body.length < 1_000]).toEqual([true, 'gzip', true])
    expect(JSON.parse(gunzipSync(Buffer.from(short.body, 'base64')).toString())).toEqual(long)
    expect(httpAnswer(200, long, { headers: {} })).toMatchObject({ isBase64Encoded: false, body: JSON.stringify(long) })
  })

  it('says so where it is more than a function may answer', () => {
    const { statusCode, body } = httpAnswer(200, { text: 'x'.repeat(6_000_001) }, { headers: {} })
    expect([statusCode, JSON.parse(body)]).toEqual([
      500,
      { error: { code: 'invalid', message: 'the answer has 7 MB, which is more than a function may answer' } },
    ])
  })

  it('counts as it is sent: within JSON each quote takes two bytes', () => {
    const quotes = { text: '"'.repeat(2_000_000) }
    const { statusCode, body } = httpAnswer(200, quotes, { headers: {} })
    expect([statusCode, JSON.parse(body)]).toMatchObject([500, { error: { code: 'invalid' } }])
    expect(httpAnswer(200, quotes, asker).statusCode).toBe(200)
  })

  it.each([
    [new FaultlineError('not_found', 'there is no run x'), 422, { code: 'not_found', message: 'there is no run x' }],
    [new FaultlineError('unavailable', 'throttled', { retryable: true }), 503, { code: 'unavailable', message: 'throttled' }],
    [new TypeError('a mistake'), 500, { code: 'unexpected', message: 'a mistake' }],
  ])('is, of the error %s, status %i', (thrown, status, error) => {
    const { statusCode, body } = httpError(thrown, asker)
    expect([statusCode, JSON.parse(body)]).toEqual([status, { error }])
  })
})
