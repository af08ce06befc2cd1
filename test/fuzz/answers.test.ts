import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { HttpSource } from '../../lib/domain/probe.ts'
import { askHttp } from '../../lib/probes/http.ts'
import { ask, none } from '../probes/ask-prometheus.ts'
import { serve, type TestServer } from '../support/http-server.ts'
import { damagedTexts } from './damage.ts'
import { toldLater } from './told.ts'

const count = 400
const statuses = [200, 200, 200, 204, 301, 401, 404, 422, 500, 503]

let server: TestServer
let next: { readonly status: number; readonly text: string } = { status: 200, text: '' }

beforeAll(async () => {
  server = await serve((_, response) => response.writeHead(next.status, { 'content-type': 'application/json' }).end(next.text))
})
afterAll(() => server.close())

/** Asks once for each damaged answer; what is read is a number or a text, and what cannot be read is an error with words. */
async function askAll(valid: readonly string[], act: () => Promise<{ readonly value: unknown; readonly message: string }>) {
  const judged = { read: 0, refused: 0 }
  let n = 0
  for (const text of damagedTexts(valid, count)) {
    next = { status: statuses[n++ % statuses.length] ?? 200, text }
    const outcome = await toldLater(act())
    if (outcome instanceof FaultlineError) judged.refused += 1
    else {
      judged.read += 1
      expect(['number', 'string']).toContain(typeof outcome.value)
    }
  }
  return judged
}

const success = (data: object) => JSON.stringify({ status: 'success', data, warnings: ['a store is away'] })
const metric = { __name__: 'up', job: 'shop' }
const promql = [
  success({ resultType: 'vector', result: [{ metric, value: [1_767_603_600, '1.5'] }] }),
  success({ resultType: 'scalar', result: [1_767_603_600, 'NaN'] }),
  success({
    resultType: 'matrix',
    result: [
      {
        metric,
        values: [
          [1_767_603_600, '1'],
          [1_767_603_660, '+Inf'],
        ],
      },
    ],
  }),
  JSON.stringify({ status: 'error', errorType: 'bad_data', error: 'parse error at char 3' }),
]

describe('whatever Prometheus answers', () => {
  const range = { windowMs: 60_000, stepMs: 1_000, reduce: 'avg' } as const
  it.each([
    ['an instant query', {}],
    ['a range query', { range }],
    ['a query that may have no result', { whenEmpty: 0 }],
  ])('%s gives a number, or is told why not', async (_, change) => {
    const judged = await askAll(promql, () => ask('up', { url: server.url, auth: none }, change))
    expect(judged.read).toBeGreaterThan(10)
    expect(judged.refused).toBeGreaterThan(100)
  })
})

it.each([null, '', ' ', {}, 7])('a value %j of Prometheus, whose values are texts, is no number', async (value) => {
  next = { status: 200, text: success({ resultType: 'vector', result: [{ metric, value: [0, value] }] }) }
  await expect(ask('up', { url: server.url, auth: none })).rejects.toMatchObject({ code: 'not_found' })
})

describe('whatever a service answers', () => {
  const body = JSON.stringify({ status: 'green', queue: { length: 3, oldest: ['a', { at: 5 }] }, ok: true })
  it.each<HttpSource['read']>([
    { what: 'status' },
    { what: 'body' },
    { what: 'jsonpath', path: '$.queue.oldest[?@.at > 1].at' },
    { what: 'jsonpath', path: '$..length' },
    { what: 'regex', pattern: '"length": ?(-?[\\d.]+)' },
  ])('a probe of $what gives a value, or is told why not', async (read) => {
    const source = { type: 'http', url: server.url, method: 'GET', headers: {}, body: null, read } as const
    const options = { timeoutMs: 5_000, signal: new AbortController().signal }
    const { read: answered } = await askAll([body], () => askHttp(source, options))
    expect(answered).toBeGreaterThan(40)
  })
})
