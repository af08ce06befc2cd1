import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from '@jest/globals'
import { type Endpoint, endpointsSchema } from '../../lib/endpoint-settings.ts'
import { exchange } from '../../lib/probes/exchange.ts'
import { askHttp } from '../../lib/probes/http.ts'
import { reachOf } from '../../lib/probes/reach.ts'
import { serve } from '../support/http-server.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const noSecrets = async () => Promise.reject(new TypeError('nothing refers to a secret here'))
const signal = new AbortController().signal
const get = (url: string, headers: Readonly<Record<string, string>> = {}) => ({ url, method: 'GET', headers, body: null })

async function server(answer: Parameters<typeof serve>[0]): Promise<URL> {
  const one = await serve(answer)
  closers.push(one.close)
  return new URL(one.url)
}

describe('the hosts that probes may ask', () => {
  const endpoints: readonly Endpoint[] = endpointsSchema.parse([
    ...[{ host: 'shop.example.com' }, { host: '*.internal.example.com', port: 8443 }, { host: '10.0.0.7' }, { host: 'fd00::7' }],
  ])
  const mayReach = (url: string) =>
    reachOf(
      endpoints,
      noSecrets,
    )(new URL(url)).then(
      () => true,
      (error) => error.code,
    )

  it.each([
    ['http://shop.example.com/health', true],
    ['https://SHOP.example.com.:8080/', true],
    ['https://shop.example.com.evil.example/', 'refused'],
    ['https://a.shop.example.com/', 'refused'],
    ['https://a.b.internal.example.com:8443/', true],
    ['https://internal.example.com:8443/', 'refused'],
    ['https://a.internal.example.com/', 'refused'],
    ['http://10.0.0.7/', true],
    ['http://10.0.0.77/', 'refused'],
    ['http://[fd00::7]/', true],
    ['http://shop.example.com@10.9.9.9/', 'refused'],
  ])('decide on %s: %s', async (url, allowed) => expect(await mayReach(url)).toBe(allowed))

  it('are all without a list, none by an empty one, and what the owner named elsewhere by any', async () => {
    await reachOf(null, noSecrets)(new URL('http://a/'))
    await reachOf(endpointsSchema.parse([{ host: '*' }]), noSecrets)(new URL('http://a/'))
    await expect(reachOf([], noSecrets)(new URL('http://a:81/'))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/^a:81 is not among/),
    })
    await reachOf([], noSecrets)(new URL('http://a/'), true)
  })

  it('bind a redirect, too: it is refused, not followed', async () => {
    let asked = 0
    const other = await server((_, response) => {
      asked++
      response.end('secret')
    })
    const first = await server((_, response) => response.writeHead(302, { location: `http://localhost:${other.port}/` }).end())
    const reach = reachOf(endpointsSchema.parse([{ host: '127.0.0.1' }]), noSecrets)
    const source = { type: 'http', ...get(first.href), read: { what: 'body' } } as const
    await expect(askHttp({ ...source, method: 'GET' }, { timeoutMs: 2_000, signal, reach })).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining(`localhost:${other.port} is not among the "endpoints"`),
    })
    expect(asked).toBe(0)
  })

  it.each(['admin.internal', 'ADMIN.internal:80', 'shop.example.com@admin.internal', 'shop.example.com/', '', 'a b'])(
    'bind the Host that a suite gives: an ingress that is listed is not asked for %j',
    async (host) => {
      let asked = 0
      const ingress = await server((_, response) => {
        asked++
        response.end()
      })
      const reach = reachOf(endpointsSchema.parse([{ host: '127.0.0.1' }, { host: 'shop.example.com' }]), noSecrets)
      await expect(exchange(get(ingress.href, { Host: host }), { timeoutMs: 2_000, signal, reach })).rejects.toMatchObject({
        code: 'refused',
      })
      expect(asked).toBe(0)
    },
  )

  it('do not bind the configured Prometheus, whose signature says its own Host', async () => {
    const prometheus = await server((request, response) => response.end(request.headers.host))
    const reach = reachOf(endpointsSchema.parse([]), noSecrets)
    const signed = get(prometheus.href, { host: prometheus.host })
    expect((await exchange(signed, { timeoutMs: 2_000, signal, reach, isOwners: true })).text).toBe(prometheus.host)
    const others = exchange(get(prometheus.href, { host: 'other.example.com' }), { timeoutMs: 2_000, signal, reach, isOwners: true })
    await expect(others).rejects.toMatchObject({ code: 'refused' })
  })

  it('may be given as Host, too', async () => {
    const ingress = await server((request, response) => response.end(request.headers.host))
    const reach = reachOf(endpointsSchema.parse([{ host: '127.0.0.1' }, { host: 'shop.example.com', port: 80 }]), noSecrets)
    const answer = await exchange(get(ingress.href, { hOST: 'shop.example.com' }), { timeoutMs: 2_000, signal, reach })
    expect(answer.text).toBe('shop.example.com')
    expect((await exchange(get(ingress.href, { host: 'any.example' }), { timeoutMs: 2_000, signal })).text).toBe('any.example')
  })
})

describe('headers by reference', () => {
  const endpoints = endpointsSchema.parse([
    { host: '127.0.0.1', headers: { Authorization: { env: 'TOKEN', prefix: 'Bearer ' }, 'X-Tenant': { env: 'TENANT' } } },
    { host: 'localhost', headers: { Authorization: { env: 'OTHER' } } },
  ])
  const reach = reachOf(endpoints, async ({ env, prefix = '' }) => `${prefix}value-of-${env}`)

  it('are sent to their host, beside those of the suite, and within the origin again', async () => {
    const seen: unknown[] = []
    const url = await server((request, response) => {
      seen.push([request.headers.authorization, request.headers['x-tenant'], request.headers['x-own']])
      if (request.url === '/') response.writeHead(302, { location: '/next' }).end()
      else response.end()
    })
    await exchange(get(url.href, { 'x-own': 'a' }), { timeoutMs: 2_000, signal, reach })
    expect(seen).toEqual(Array(2).fill(['Bearer value-of-TOKEN', 'value-of-TENANT', 'a']))
  })

  it('go nowhere once a redirect led to another origin, not even back home', async () => {
    const seen: unknown[] = []
    let away = new URL('http://localhost/')
    const home = await server((request, response) => {
      seen.push(request.headers.authorization)
      if (request.url === '/') response.writeHead(302, { location: away.href }).end()
      else response.end()
    })
    away = await server((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(302, { location: `${home.origin}/private` }).end()
    })
    away.hostname = 'localhost'
    await exchange(get(home.href), { timeoutMs: 2_000, signal, reach })
    expect(seen).toEqual(['Bearer value-of-TOKEN', undefined, undefined])
  })

  it('that hold a line break are refused, without their text', async () => {
    const broken = reachOf(endpoints, async () => 'secret\nX-Injected: yes')
    const failure = await broken(new URL('http://127.0.0.1/')).catch((error) => error)
    expect(failure).toMatchObject({ code: 'bad_input' })
    expect(failure.message).not.toContain('secret\n')
    expect(failure.message).not.toContain('Injected')
  })

  it('are waited for no longer than the answer', async () => {
    const never = reachOf(endpoints, () => new Promise(() => undefined))
    await expect(exchange(get('http://127.0.0.1:1/'), { timeoutMs: 50, signal, reach: never })).rejects.toThrow('no answer within 0.05 s')
  })
})

describe('an https endpoint', () => {
  const fixture = (name: string) => readFileSync(join('test/adapters/kubernetes/fixtures', name), 'utf8')

  async function secure(): Promise<{ readonly url: string; readonly seen: string[] }> {
    const seen: string[] = []
    const tls = {
      ca: fixture('ca.crt'),
      cert: fixture('server.crt'),
      key: fixture('server.key'),
      requestCert: true,
      rejectUnauthorized: false,
    }
    const one = createServer(tls, (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate()
      seen.push(String(subject?.CN ?? 'no certificate'))
      response.end('there')
    })
    await new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))
    closers.push(() => new Promise((resolve) => one.close(resolve)))
    return { url: `https://127.0.0.1:${(one.address() as AddressInfo).port}/`, seen }
  }

  it('of an authority of its own is known by the owner’s certificate, and shown ours', async () => {
    const { url, seen } = await secure()
    const ask = (more: object) =>
      exchange(get(url), {
        ...{ timeoutMs: 2_000, signal },
        reach: reachOf(endpointsSchema.parse([{ host: '127.0.0.1', ...more }]), async ({ env }) => fixture(env ?? '')),
      })
    await expect(ask({})).rejects.toMatchObject({ code: 'unavailable' })
    expect(seen).toEqual([])
    expect(await ask({ ca: fixture('ca.crt') })).toMatchObject({ status: 200 })
    expect(await ask({ insecureSkipVerify: true })).toMatchObject({ status: 200 })
    const own = reachOf(
      endpointsSchema.parse([{ host: '127.0.0.1', ca: fixture('ca.crt'), certificate: fixture('client.crt'), key: { env: 'KEY' } }]),
      async () => fixture('client.key'),
    )
    expect(await exchange(get(url), { timeoutMs: 2_000, signal, reach: own })).toMatchObject({ status: 200 })
    expect(seen.slice(0, 2)).toEqual(['no certificate', 'no certificate'])
    expect(seen[2]).not.toBe('no certificate')
  })
})

describe('endpoints in the configuration', () => {
  it.each([
    [{ host: '*', headers: { Authorization: { env: 'A' } } }, /would send secrets to any host/],
    [{ host: 'a', headers: { Authorization: 'Bearer abc' } }, /expected/i],
    [{ host: 'a', headers: { Authorization: { env: 'A', secret: 'b' } } }, /exactly one of/],
    [{ host: 'a', headers: { Authorization: {} } }, /found none/],
    [{ host: 'a', headers: { A: { kubernetesSecret: 'ns/name' } } }, /needs a `key`/],
    [{ host: 'a', certificate: '-----BEGIN CERTIFICATE-----' }, /go together/],
    [{ host: 'a', insecureSkipVerify: true, headers: { A: { env: 'A' } } }, /server that is not known/],
    [{ host: 'https://a' }, /a host in lower case/],
  ])('%j are told what is wrong', (endpoint, message) => {
    const read = endpointsSchema.safeParse([endpoint])
    expect(read.error?.issues.map((issue) => issue.message).join('; ')).toMatch(message)
  })
})
