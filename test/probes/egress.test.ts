import type { lookup } from 'node:dns'
import { afterEach, describe, expect, it } from '@jest/globals'
import { type Egress, guardedLookup, isLocalAddress } from '../../lib/probes/egress.ts'
import { exchange } from '../../lib/probes/exchange.ts'
import { serve, type TestServer } from '../support/http-server.ts'

let server: TestServer | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

const get = (url: string) => ({ url, method: 'GET', headers: {}, body: null })
const fromAws = { timeoutMs: 2_000, signal: new AbortController().signal, egress: 'not_local' } as const

describe('an address that probes on AWS do not reach', () => {
  it.each([
    '127.0.0.1',
    '127.1.2.3',
    '0.0.0.0',
    '169.254.169.254',
    '169.254.170.2',
    '169.254.170.23',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fd00:ec2::23',
    '64:ff9b::169.254.169.254',
    '64:ff9b::7f00:1',
  ])('is %s', (address) => expect(isLocalAddress(address)).toBe(true))

  it.each([
    '10.0.0.1',
    '192.168.1.1',
    '169.253.1.1',
    '128.0.0.1',
    '1.1.1.1',
    'fd00::1',
    '2001:db8::1',
    '64:ff9b::a00:1',
    '::ffff:10.0.0.1',
  ])('is not %s', (address) => expect(isLocalAddress(address)).toBe(false))
})

describe('a probe on AWS', () => {
  it.each(['http://127.0.0.1:1/', 'http://2130706433:1/', 'http://0x7f.1:1/', 'http://[::1]:1/', 'http://[::ffff:127.0.0.1]:1/'])(
    'refuses %s, however it is written',
    async (url) => {
      await expect(exchange(get(url), fromAws)).rejects.toMatchObject({ code: 'refused', message: expect.stringMatching(/loopback/) })
    },
  )

  it('refuses a name by what it resolves to', async () => {
    await expect(exchange(get('http://localhost:1/'), fromAws)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^localhost is (127\.0\.0\.1|::1), which is a loopback, link-local or metadata address/),
    })
  })

  it('connects to the very address that was checked: a name is looked up once for a connection', async () => {
    let looked = 0
    const rebinding = ((_: string, __: object, done: (error: null, found: readonly object[]) => void) => {
      looked += 1
      done(null, [{ address: looked === 1 ? '192.0.2.1' : '127.0.0.1', family: 4 }])
    }) as unknown as typeof lookup
    const guarded = guardedLookup('not_local', rebinding)
    const ask = () => new Promise((resolve) => guarded('rebind.example', { all: true }, (error, found) => resolve(error ?? found)))
    expect(await ask()).toEqual([{ address: '192.0.2.1', family: 4 }])
    expect(await ask()).toMatchObject({ code: 'refused' })
  })

  it('refuses a name of which one address is good and one is not', async () => {
    const both = ((_: string, __: object, done: (error: null, found: readonly object[]) => void) =>
      done(null, [
        { address: '192.0.2.1', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ])) as unknown as typeof lookup
    const found = await new Promise((resolve) => guardedLookup('not_local', both)('both.example', { all: true }, resolve))
    expect(found).toMatchObject({ code: 'refused', message: expect.stringMatching(/^both.example is 169\.254\.169\.254/) })
  })
})

describe('a redirect', () => {
  it('to an address that probes do not reach is refused, not followed', async () => {
    server = await serve((_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end())
    const { address, port } = { address: '127.0.0.1', port: new URL(server.url).port }
    // The first host counts as one outside; it is this machine all the same.
    const outside = ((_: string, __: object, done: (error: null, found: readonly object[]) => void) =>
      done(null, [{ address, family: 4 }])) as unknown as typeof lookup
    const options = { ...fromAws, lookup: (egress: Egress) => guardedLookup(egress === 'not_local' ? 'anywhere' : egress, outside) }
    await expect(exchange(get(`http://outside.example:${port}/`), options)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^169\.254\.169\.254 is a loopback, link-local or metadata address/),
    })
  })

  it('is judged by a look-up of its own: a name that is another address by then is refused, and nothing is asked there', async () => {
    let asked = 0
    server = await serve((_, response) => {
      asked++
      response.writeHead(302, { location: '/again' }).end()
    })
    let looked = 0
    const rebinding = ((_: string, __: object, done: (error: null, found: readonly object[]) => void) => {
      looked++
      done(null, [{ address: '127.0.0.1', family: 4 }])
    }) as unknown as typeof lookup
    // At the first look-up this machine counts as a host outside.
    const options = { ...fromAws, lookup: (egress: Egress) => guardedLookup(looked === 0 ? 'anywhere' : egress, rebinding) }
    await expect(exchange(get(`http://rebind.example:${new URL(server.url).port}/`), options)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^rebind\.example is 127\.0\.0\.1, which is a loopback/),
    })
    expect([asked, looked]).toEqual([1, 2])
  })

  it('to another origin carries no headers', async () => {
    const seen: unknown[] = []
    const other = await serve((request, response) => {
      seen.push(request.headers['x-api-key'], request.headers.authorization)
      response.end('there')
    })
    try {
      server = await serve((_, response) => response.writeHead(307, { location: `${other.url}/there?x=1` }).end())
      const call = { ...get(server.url), headers: { 'X-Api-Key': 'secret', Authorization: 'Bearer secret' } }
      const answer = await exchange(call, { ...fromAws, egress: 'anywhere' })
      expect(answer).toMatchObject({ status: 200, text: 'there', redirectedTo: `${other.url}/there` })
      expect(seen).toEqual([undefined, undefined])
    } finally {
      await other.close()
    }
  })

  it('within the origin carries them, by GET after a POST, and is told', async () => {
    const seen: unknown[] = []
    server = await serve((request, response) => {
      seen.push([request.method, request.url, request.headers['x-api-key'], request.headers['content-type']])
      if (request.url === '/') response.writeHead(303, { location: '/next' }).end()
      else response.end('there')
    })
    const call = { url: `${server.url}/`, method: 'POST', headers: { 'x-api-key': 'a', 'content-type': 'text/plain' }, body: 'b' }
    expect(await exchange(call, { ...fromAws, egress: 'anywhere' })).toMatchObject({ text: 'there', redirectedTo: `${server.url}/next` })
    expect(seen).toEqual([
      ['POST', '/', 'a', 'text/plain'],
      ['GET', '/next', 'a', undefined],
    ])
  })

  it('that would take a body to another origin is not followed: it is the answer', async () => {
    server = await serve((_, response) => response.writeHead(308, { location: 'http://192.0.2.1/' }).end())
    const call = { url: server.url, method: 'POST', headers: {}, body: 'secret' }
    expect(await exchange(call, { ...fromAws, egress: 'anywhere' })).toMatchObject({ status: 308, location: 'http://192.0.2.1/' })
  })

  it('in a circle ends', async () => {
    server = await serve((_, response) => response.writeHead(302, { location: '/again' }).end())
    await expect(exchange(get(server.url), { ...fromAws, egress: 'anywhere' })).rejects.toThrow(
      /redirects more than 10 times, at last to .*\/again/,
    )
  })
})
