import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { Signer } from '../../lib/probes/prometheus.ts'
import { bodyOf, serve, type TestServer } from '../support/http-server.ts'
import { ask, none } from './ask-prometheus.ts'

describe('a probe of Prometheus', () => {
  let server: TestServer | undefined

  afterEach(async () => {
    await server?.close()
    server = undefined
  })

  async function recording(): Promise<{
    readonly url: string
    readonly seen: { authorization?: string | undefined; path?: string | undefined; body: string }[]
  }> {
    const seen: { authorization?: string | undefined; path?: string | undefined; body: string }[] = []
    server = await serve(async (request, response) => {
      seen.push({ authorization: request.headers.authorization, path: request.url, body: await bodyOf(request) })
      response.end(JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, '1'] } }))
    })
    return { url: server.url, seen }
  }

  it.each([
    ['a bearer token', { kind: 'bearer', token: 'abc' }, 'Bearer abc'],
    ['user and password', { kind: 'basic', user: 'ann', password: 'p:w' }, 'Basic YW5uOnA6dw=='],
    ['nothing', { kind: 'none' }, undefined],
  ] as const)('signs in with %s', async (_, auth, authorization) => {
    const { url, seen } = await recording()
    await ask('up', { url: `${url}/base/`, auth })
    expect(seen).toMatchObject([{ authorization, path: '/base/api/v1/query' }])
  })

  it('reads a token file anew each time', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'faultline-token-'))
    try {
      const path = join(directory, 'token')
      const { url, seen } = await recording()
      const auth = { kind: 'bearer_file', path } as const
      await writeFile(path, 'one\n')
      await ask('up', { url, auth })
      await writeFile(path, 'two\n')
      await ask('up', { url, auth })
      expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer one', 'Bearer two'])
      await rm(path)
      await expect(ask('up', { url, auth })).rejects.toMatchObject({ code: 'forbidden' })
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('signs the whole request for Amazon Managed Prometheus', async () => {
    const { url, seen } = await recording()
    const signed: unknown[] = []
    const sign: Signer = async (call, region) => {
      signed.push([call.method, call.url, call.body, region])
      return { ...call.headers, authorization: 'AWS4-HMAC-SHA256 …'.replace('…', 'x') }
    }
    await ask('up', { url, auth: { kind: 'sigv4', region: 'eu-west-1' } }, {}, { sign })
    expect(signed).toEqual([['POST', `${url}/api/v1/query`, 'query=up&timeout=5000ms', 'eu-west-1']])
    expect(seen).toMatchObject([{ authorization: 'AWS4-HMAC-SHA256 x', body: 'query=up&timeout=5000ms' }])
  })

  it('gives no credentials to another server that a probe names', async () => {
    const { url, seen } = await recording()
    await ask('up', { url: 'http://127.0.0.1:1', auth: { kind: 'bearer', token: 'secret' } }, { url })
    expect(seen).toMatchObject([{ authorization: undefined }])
  })

  it('says so when none is configured', async () => {
    await expect(ask('up', { url: null, auth: none })).rejects.toThrow(
      'no Prometheus is configured: --prometheus-url or FAULTLINE_PROMETHEUS_URL',
    )
  })

  it.each([
    [401, 'no token', 'forbidden'],
    [403, '{"status":"error","errorType":"x","error":"not yours"}', 'forbidden'],
    [502, '<html>bad gateway</html>', 'unavailable'],
    [422, '{"status":"error","errorType":"execution","error":"many-to-many matching"}', 'invalid'],
    [503, '{"status":"error","errorType":"timeout","error":"query timed out"}', 'unavailable'],
  ] as const)('takes an answer of %i (%s) as %s', async (status, body, code) => {
    server = await serve((_, response) => response.writeHead(status).end(body))
    await expect(ask('up', { url: server.url, auth: none })).rejects.toMatchObject({ code })
  })

  describe('behind what lets only GET through', () => {
    const success = JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, '1'] } })

    it.each([
      [405, 'Method Not Allowed'],
      [403, 'Forbidden (user=system:serviceaccount:x:y, verb=create, resource=pods, subresource=)'],
      [404, '404 page not found'],
      [501, ''],
    ])('asks by GET after a POST was answered by %i', async (status, words) => {
      const seen: unknown[] = []
      server = await serve((request, response) => {
        seen.push([request.method, request.url, request.headers.authorization])
        if (request.method === 'POST') response.writeHead(status, { 'content-type': 'text/plain' }).end(words)
        else response.end(success)
      })
      const auth = { kind: 'bearer', token: 't' } as const
      expect((await ask('sum(up) > 1', { url: server.url, auth })).value).toBe(1)
      expect(seen).toEqual([
        ['POST', '/api/v1/query', 'Bearer t'],
        ['GET', '/api/v1/query?query=sum%28up%29+%3E+1&timeout=5000ms', 'Bearer t'],
      ])
    })

    it('says what the POST was answered where GET gives no more', async () => {
      server = await serve((request, response) => response.writeHead(request.method === 'POST' ? 403 : 405).end('verb=create'))
      const refused = ask('up', { url: server.url, auth: none })
      await expect(refused).rejects.toMatchObject({ code: 'forbidden', message: expect.stringMatching(/refused: HTTP 403: verb=create$/) })
    })

    it('signs the GET anew', async () => {
      const signed: string[] = []
      server = await serve((request, response) => (request.method === 'POST' ? response.writeHead(405).end() : response.end(success)))
      const sign: Signer = async (call) => {
        signed.push(`${call.method} ${call.body}`)
        return call.headers
      }
      await ask('up', { url: server.url, auth: { kind: 'sigv4', region: 'eu-west-1' } }, {}, { sign })
      expect(signed).toEqual(['POST query=up&timeout=5000ms', 'GET '])
    })
  })

  it.each([301, 302, 307, 308])('keeps the query through a redirect %i within the server', async (status) => {
    const seen: unknown[] = []
    server = await serve(async (request, response) => {
      seen.push([request.method, request.url, await bodyOf(request)])
      if (request.url === '/api/v1/query') response.writeHead(status, { location: '/prom/api/v1/query' }).end()
      else response.end(JSON.stringify({ status: 'success', data: { resultType: 'scalar', result: [1, '1'] } }))
    })
    await ask('up', { url: server.url, auth: none })
    expect(seen).toEqual([
      ['POST', '/api/v1/query', 'query=up&timeout=5000ms'],
      ['POST', '/prom/api/v1/query', 'query=up&timeout=5000ms'],
    ])
  })

  it('names a redirect that leads elsewhere, and takes neither query nor credentials there', async () => {
    server = await serve((_, response) => response.writeHead(301, { location: 'https://prometheus.example/api/v1/query?x=secret' }).end())
    await expect(ask('up', { url: server.url, auth: { kind: 'bearer', token: 't' } })).rejects.toMatchObject({
      code: 'invalid',
      message: `Prometheus at ${server.url} answers with a redirect (HTTP 301 to https://prometheus.example/api/v1/query): give that address`,
    })
  })

  it.each([
    ['vector', null],
    ['matrix', { windowMs: 1_000, stepMs: 200, reduce: 'max' }],
  ] as const)('takes "result": null of a %s for an empty one', async (resultType, range) => {
    server = await serve((_, response) => response.end(JSON.stringify({ status: 'success', data: { resultType, result: null } })))
    await expect(ask('up', { url: server.url, auth: none }, { range })).rejects.toMatchObject({ code: 'not_found' })
    expect(await ask('up', { url: server.url, auth: none }, { range, whenEmpty: 0 })).toEqual({ value: 0, message: 'no result' })
  })

  it.each(['{"status":"success","data":null}', '{"status":"success"}'])('makes no number of %s', async (body) => {
    server = await serve((_, response) => response.end(body))
    await expect(ask('up', { url: server.url, auth: none })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('tells the warnings of a partial answer', async () => {
    const data = { resultType: 'vector', result: [{ metric: {}, value: [1, '1'] }] }
    const warnings = ['No StoreAPIs matched for this query', 'partial response: receive: rpc error']
    server = await serve((_, response) => response.end(JSON.stringify({ status: 'success', warnings, data })))
    expect(await ask('up', { url: server.url, auth: none })).toEqual({
      value: 1,
      message: 'one value; Prometheus warns: No StoreAPIs matched for this query; partial response: receive: rpc error',
    })
  })

  it('repeats nothing of what another server than the configured one says', async () => {
    server = await serve((_, response) => response.writeHead(500, { 'content-type': 'text/plain' }).end('planted-key'))
    const { url } = server
    await expect(ask('up', { url: null, auth: none }, { url })).rejects.toThrow(
      `Prometheus at ${url} says: HTTP 500 (text/plain, 11 characters)`,
    )
    await expect(ask('up', { url, auth: none })).rejects.toThrow('says: HTTP 500: planted-key')
  })

  it.each([
    ['vector', { histogram: [1, { count: '1', sum: '1' }] }, null],
    ['matrix', { histograms: [[1, { count: '1', sum: '1' }]] }, { windowMs: 1_000, stepMs: 200, reduce: 'max' }],
  ] as const)('does not choose a number of a native histogram (%s)', async (resultType, series, range) => {
    server = await serve((_, response) =>
      response.end(JSON.stringify({ status: 'success', data: { resultType, result: [{ metric: {}, ...series }] } })),
    )
    await expect(ask('up', { url: server.url, auth: none }, { range })).rejects.toMatchObject({
      code: 'invalid',
      message: 'the query gives a histogram, not a number; make it one, e.g. with histogram_quantile()',
    })
  })

  it('waits for a server that hangs as long as its timeout says', async () => {
    server = await serve(() => undefined)
    await expect(ask('up', { url: server.url, auth: none }, {}, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/no answer within 0.05 s$/),
    })
  })
})
