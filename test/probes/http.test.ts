import { afterEach, describe, expect, it } from '@jest/globals'
import { keptValue } from '../../lib/domain/kept-value.ts'
import type { HttpSource } from '../../lib/domain/probe.ts'
import { askHttp } from '../../lib/probes/http.ts'
import { warmUp } from '../../lib/probes/warm-up.ts'
import { bodyOf, serve, type TestServer } from '../support/http-server.ts'

let server: TestServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function ask(read: HttpSource['read'], body: string, status = 404) {
  server = await serve((_, response) => response.writeHead(status, { 'content-type': 'text/plain' }).end(body))
  return reading({ read, url: server.url })
}

function reading(source: Partial<HttpSource> & Pick<HttpSource, 'url' | 'read'>, timeoutMs = 5_000, signal = new AbortController().signal) {
  return askHttp({ type: 'http', method: 'GET', headers: {}, body: null, ...source }, { timeoutMs, signal })
}

describe('an HTTP probe', () => {
  it('reads the status', async () => {
    expect(await ask({ what: 'status' }, '')).toMatchObject({ value: 404, message: expect.stringMatching(/^HTTP 404 in [\d.]+ ms$/) })
  })

  it('reads the latency in milliseconds, the body included', async () => {
    server = await serve((_, response) => {
      response.write('a')
      setTimeout(() => response.end('b'), 60)
    })
    const { value } = await reading({ url: server.url, read: { what: 'latency' } })
    expect(value).toBeGreaterThanOrEqual(55)
  })

  it.each([
    ['a number', '$.queue.length', 3],
    ['a text', '$.status', 'green'],
    ['true as text', '$.ok', 'true'],
    ['an object as JSON', '$.queue', '{"length":3}'],
    ['what a filter finds', "$.nodes[?@.name=='b'].up", 1],
  ])('reads %s by JSONPath', async (_, path, value) => {
    const body = {
      queue: { length: 3 },
      status: 'green',
      ok: true,
      nodes: [
        { name: 'a', up: 0 },
        { name: 'b', up: 1 },
      ],
    }
    expect((await ask({ what: 'jsonpath', path }, JSON.stringify(body))).value).toBe(value)
  })

  it.each([
    ['nothing', '$.none', '{}', '$.none matches 0 values of the body (HTTP 404, text/plain, 2 characters); one is needed'],
    ['several', '$[*]', '[1,2]', '$[*] matches 2 values of the body (HTTP 404, text/plain, 5 characters); one is needed'],
    ['no JSON', '$.a', '<html>', 'the body (HTTP 404, text/plain, 6 characters) is no JSON'],
  ])('measures nothing where JSONPath finds %s', async (_, path, body, message) => {
    await expect(ask({ what: 'jsonpath', path }, body)).rejects.toThrow(message)
  })

  it('has no answer where a 5xx does not hold what is looked for', async () => {
    const message = 'the body (HTTP 503, text/plain, 6 characters) is no JSON'
    expect(await ask({ what: 'jsonpath', path: '$.status' }, '<html>', 503)).toEqual({ value: 'no answer', message })
  })

  it('reads the first group of a regex, as a number where it is one', async () => {
    expect((await ask({ what: 'regex', pattern: '^up (\\d+)$' }, 'a 1\nup 42\n')).value).toBe(42)
    await server?.close()
    expect((await ask({ what: 'regex', pattern: 'v\\d+\\.\\d+' }, 'this is v1.20')).value).toBe('v1.20')
    await server?.close()
    await expect(ask({ what: 'regex', pattern: 'absent' }, 'this')).rejects.toThrow(
      '/absent/ matches nothing of the body (HTTP 404, text/plain, 4 characters)',
    )
  })

  it('gives up a pattern that takes for ever, so that no revert waits for it', async () => {
    const slow = ask({ what: 'regex', pattern: '^(\\w+\\s?)*$' }, `${'a'.repeat(40)}!`)
    await expect(slow).rejects.toMatchObject({ code: 'invalid', message: expect.stringContaining('took longer than 100 ms') })
  })

  it('gives up at once a pattern that took for ever three times', async () => {
    const pattern = '^(b|bb)+$'
    for (let n = 0; n < 3; n++) {
      await expect(ask({ what: 'regex', pattern }, `${'b'.repeat(60)}!`)).rejects.toThrow('took longer than 100 ms on this answer')
      await server?.close()
    }
    await expect(ask({ what: 'regex', pattern }, 'b')).rejects.toThrow('/^(b|bb)+$/ took longer than 100 ms 3 times: make it simpler')
  })

  it('asks each question over a connection of its own, so that each may meet another replica', async () => {
    const connections = new Set<unknown>()
    server = await serve((request, response) => {
      connections.add(request.socket)
      // Two of three replicas fail, as behind a Service, which chooses by connection.
      response.writeHead([...connections].indexOf(request.socket) % 3 === 0 ? 200 : 503).end()
    })
    const values: unknown[] = []
    for (let n = 0; n < 6; n++) values.push((await reading({ url: server.url, read: { what: 'status' } })).value)
    expect(values).toEqual([200, 503, 503, 200, 503, 503])
  })

  it('sends the Host that the suite names', async () => {
    const seen: unknown[] = []
    server = await serve((request, response) => {
      seen.push(request.headers.host)
      response.end()
    })
    await reading({ url: server.url, read: { what: 'status' }, headers: { Host: 'shop.example' } })
    expect(seen).toEqual(['shop.example'])
  })

  it('is ready before it measures a latency, and asks the endpoint once for it', async () => {
    const order: string[] = []
    server = await serve((_, response) => {
      order.push('asked')
      response.end()
    })
    const options = { timeoutMs: 5_000, signal: new AbortController().signal }
    const source = { type: 'http', url: server.url, method: 'GET', headers: {}, body: null } as const
    const ready = async () => {
      order.push('ready')
    }
    await askHttp({ ...source, read: { what: 'latency' } }, options, ready)
    await askHttp({ ...source, read: { what: 'status' } }, options, ready)
    expect(order).toEqual(['ready', 'asked', 'asked'])
    await warmUp()
    expect(order).toHaveLength(3)
  })

  it.each([
    [{ what: 'jsonpath', path: '$.a' }, 'is no JSON: it is cut after 1 MiB, and no JSON then'],
    [{ what: 'regex', pattern: 'absent' }, '/absent/ matches nothing of'],
  ] as const)('tells a body beyond a megabyte as that (%j)', async (read, message) => {
    const body = ask(read, `{"a":1,"b":"${'x'.repeat(1_048_576)}"}`)
    await expect(body).rejects.toThrow(message)
    await expect(body).rejects.toThrow('the body (HTTP 404, text/plain, more than 1 MiB, of which the first is read)')
  })

  it('repeats nothing of a body in what it says', async () => {
    for (const read of [
      { what: 'jsonpath', path: '$.a' },
      { what: 'regex', pattern: 'absent' },
    ] as const) {
      await expect(ask(read, 'planted-key')).rejects.not.toThrow(/planted-key/)
      await server?.close()
    }
  })

  it('sends method, headers and body', async () => {
    const seen: unknown[] = []
    server = await serve(async (request, response) => {
      seen.push(request.method, request.headers['x-tenant'], await bodyOf(request))
      response.end()
    })
    await reading({ url: server.url, read: { what: 'status' }, method: 'POST', headers: { 'X-Tenant': 'a' }, body: '{"q":1}' })
    expect(seen).toEqual(['POST', 'a', '{"q":1}'])
  })

  it('reads a megabyte of an endless body, and no more', async () => {
    let sent = 0
    server = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536))) sent += 65_536
      }
      response.on('drain', more)
      more()
    })
    const { value } = await reading({ url: server.url, read: { what: 'body' } })
    expect(String(value).length).toBe(1_048_576)
    expect(sent).toBeLessThan(64 * 1_048_576)
  })

  it('cuts an answer of 1 GiB, says so, and keeps nothing of it', async () => {
    const gibibyte = 1024 ** 3
    let sent = 0
    server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': gibibyte })
      const more = () => {
        while (!response.destroyed && response.write('secret--'.repeat(8_192))) sent += 65_536
      }
      response.on('drain', more)
      more()
    })
    const source = { type: 'http', url: server.url, method: 'GET', headers: {}, body: null, read: { what: 'body' } } as const
    const { value, message } = await askHttp(source, { timeoutMs: 10_000, signal: new AbortController().signal })
    expect(message).toMatch(/^HTTP 200 in [\d.]+ ms, its body cut after 1 MiB$/)
    expect(keptValue({ source, tolerance: { kind: 'regex', pattern: 'ok' } }, value)).toBe('a text of 1048576 characters')
    expect(sent).toBeLessThan(64 * 1_048_576)
    await expect(reading({ url: server.url, read: { what: 'jsonpath', path: '$.a' } }, 10_000)).rejects.toThrow(
      /^the body \(HTTP 200, more than 1 MiB, of which the first is read\) is no JSON: it is cut after 1 MiB, and no JSON then$/,
    )
  })

  it.each([
    ['status', { what: 'status' }, 0],
    ['latency', { what: 'latency' }, 'no answer'],
  ] as const)('measures %s of an endpoint that refuses or hangs as no answer', async (_, read, value) => {
    server = await serve(() => undefined)
    expect(await reading({ url: server.url, read }, 50)).toMatchObject({
      value,
      message: expect.stringMatching(/no answer within 0.05 s$/),
    })
    const { url } = server
    await server.close()
    expect(await reading({ url: `${url}/?token=secret`, read })).toEqual({
      value,
      message: expect.stringMatching(/^GET http:[^?]*: .*ECONNREFUSED/),
    })
  })

  it('measures nothing when it is not waited for any more', async () => {
    server = await serve(() => undefined)
    const stop = new AbortController()
    const asked = reading({ url: server.url, read: { what: 'status' } }, 5_000, stop.signal)
    stop.abort()
    await expect(asked).rejects.toMatchObject({ code: 'unavailable' })
  })
})
