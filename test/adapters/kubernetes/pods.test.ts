import { afterEach, describe, expect, test } from '@jest/globals'
import { podNotFound, status } from './fake-api.ts'
import { asleepFor, closeAll, connectTo, until } from './harness.ts'

afterEach(closeAll)

const pod = { namespace: 'db', name: 'db-0', uid: 'u1' }
const target = { namespace: 'db', name: 'db-0', port: 8080 }

describe('dial', () => {
  test('speaks TLS to a plain server, so that no earlier connection can answer for a new one', async () => {
    const mismatch = 'tls: first record does not look like a TLS handshake'
    const { api, cluster } = await connectTo(() => status(503, 'ServiceUnavailable', `error trying to reach service: ${mismatch}`))
    expect(await cluster.pods.dial(target, '/health?deep=1')).toEqual({ outcome: 'reached', status: null, message: mismatch })
    expect(api.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /api/v1/namespaces/db/pods/https:db-0:8080/proxy/health?deep=1',
    ])
  })

  test('speaks plain HTTP to a TLS server, for the same reason, and reports its own answer', async () => {
    const { api, cluster } = await connectTo(({ url }) => ({ status: url.includes('https:') ? 200 : 400, body: 'pod' }))
    expect(await cluster.pods.dial(target, '/')).toEqual({ outcome: 'reached', status: 400, message: 'HTTP 400' })
    expect(api.seen.map(({ url }) => url)).toEqual([
      '/api/v1/namespaces/db/pods/https:db-0:8080/proxy/',
      '/api/v1/namespaces/db/pods/http:db-0:8080/proxy/',
    ])
  })

  test('is cut when the API server says that it could not connect, and asks once only', async () => {
    const refused = status(503, 'ServiceUnavailable', 'error trying to reach service: dial tcp 10.1.1.7:8080: connect: connection refused')
    const { api, cluster } = await connectTo(() => refused)
    expect(await cluster.pods.dial(target, '/')).toEqual({
      outcome: 'cut',
      status: null,
      message: 'dial tcp 10.1.1.7:8080: connect: connection refused',
    })
    expect(api.seen).toHaveLength(1)
  })

  test('does not follow a redirect of the pod', async () => {
    const { api, cluster } = await connectTo(() => ({ status: 302, headers: { location: '/elsewhere' }, body: '' }))
    expect(await cluster.pods.dial(target, '/')).toMatchObject({ outcome: 'reached', status: 302 })
    expect(api.seen).toHaveLength(2)
  })

  test('is silent after 3 s without an answer', async () => {
    const { api, cluster, clock } = await connectTo(() => 'hang')
    const dial = cluster.pods.dial(target, '/')
    await until(() => api.seen.length === 1)
    await asleepFor(clock, 3_000)
    await clock.advance(3_000)
    expect(await dial).toEqual({ outcome: 'silent', status: null, message: 'no answer within 3 s' })
    expect(api.seen).toHaveLength(1)
  })

  test('is unknown when the API server hangs up', async () => {
    const { api, cluster } = await connectTo(() => 'reset')
    expect(await cluster.pods.dial(target, '/')).toMatchObject({ outcome: 'unknown', status: null })
    expect(api.seen).toHaveLength(1)
  })

  test('does not wait for the end of a page that never ends', async () => {
    const { api, cluster } = await connectTo((_request, _n, { response }) => {
      response.writeHead(200).write('first of many events')
      return 'hang'
    })
    expect(await cluster.pods.dial(target, '/')).toEqual({ outcome: 'reached', status: 200, message: 'HTTP 200' })
    expect(await cluster.pods.dial(target, '/')).toEqual({ outcome: 'reached', status: 200, message: 'HTTP 200' })
    expect(api.seen).toHaveLength(4)
  })

  test('reads only the beginning of a refusal that never ends', async () => {
    const { cluster } = await connectTo((_request, _n, { response }) => {
      response.writeHead(500).write(`<html>${'x'.repeat(100_000)}`)
      return 'hang'
    })
    expect(await cluster.pods.dial(target, '/')).toEqual({ outcome: 'reached', status: 500, message: 'HTTP 500' })
  })

  test('is unknown when a refusal breaks off before it says whose it is', async () => {
    const { cluster } = await connectTo((_request, _n, { request, response }) => {
      response.writeHead(503).write('{"kind":"Sta')
      setImmediate(() => request.socket.destroy())
      return 'hang'
    })
    expect(await cluster.pods.dial(target, '/')).toMatchObject({ outcome: 'unknown', message: 'an answer 503 broke off' })
  })

  test('keeps its connection for the next one', async () => {
    const { api, cluster } = await connectTo((_request, _n, { response }) => {
      response.writeHead(200, { 'content-length': 2 }).flushHeaders()
      setTimeout(() => response.end('ok'), 10)
      return 'hang'
    })
    for (let i = 0; i < 6; i++) await cluster.pods.dial(target, '/')
    expect(api.sockets()).toBeLessThanOrEqual(2)
  })

  test.each([
    ['/../../../nodes', '/api/v1/namespaces/db/pods/https:db-0:8080/proxy/nodes'],
    ['health', '/api/v1/namespaces/db/pods/https:db-0:8080/proxy/health'],
    ['//evil.example/x', '/api/v1/namespaces/db/pods/https:db-0:8080/proxy/evil.example/x'],
  ])('keeps %s inside the pod', async (path, url) => {
    const { api, cluster } = await connectTo(() => ({ body: 'ok' }))
    await cluster.pods.dial(target, path)
    expect(api.seen[0]?.url).toBe(url)
  })
})

describe('evict', () => {
  test('asks for this very pod', async () => {
    const { api, cluster } = await connectTo(() => ({ status: 201, body: { kind: 'Status', status: 'Success' } }))
    expect(await cluster.pods.evict(pod)).toEqual({ outcome: 'evicted', message: 'Pod db/db-0 is being evicted' })
    expect(api.seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/namespaces/db/pods/db-0/eviction' })
    expect(api.seen[0]?.body).toEqual({
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name: 'db-0', namespace: 'db' },
      deleteOptions: { preconditions: { uid: 'u1' } },
    })
  })

  test('is blocked by a disruption budget, in the server’s words, and not repeated', async () => {
    const budget = "Cannot evict pod as it would violate the pod's disruption budget."
    const { api, cluster } = await connectTo(() => ({ ...status(429, 'TooManyRequests', budget), headers: { 'retry-after': '10' } }))
    expect(await cluster.pods.evict(pod)).toEqual({ outcome: 'blocked', message: budget })
    expect(api.seen).toHaveLength(1)
  })

  test('names the budget that blocks it, as the API server does', async () => {
    const causes = [{ reason: 'DisruptionBudget', message: 'The disruption budget db needs 3 healthy pods and has 3 currently' }]
    const body = { kind: 'Status', reason: 'TooManyRequests', message: 'Cannot evict pod', details: { causes } }
    const { cluster } = await connectTo(() => ({ status: 429, body }))
    expect(await cluster.pods.evict(pod)).toEqual({ outcome: 'blocked', message: causes[0]?.message })
  })

  test('is repeated when the API server is merely overloaded', async () => {
    const overload = { status: 429, headers: { 'retry-after': '1' }, body: 'Too many requests, please try again later.' }
    const { cluster, clock } = await connectTo((_, n) => (n === 0 ? overload : { status: 201, body: { kind: 'Status' } }))
    const outcome = cluster.pods.evict(pod)
    await asleepFor(clock, 1_100)
    await clock.advance(1_100)
    expect(await outcome).toMatchObject({ outcome: 'evicted' })
  })

  test('finds a pod absent that is gone', async () => {
    const { cluster } = await connectTo(() => podNotFound('db-0'))
    expect(await cluster.pods.evict(pod)).toEqual({ outcome: 'absent', message: 'Pod db/db-0 is gone' })
  })

  const conflict = status(409, 'Conflict', 'Precondition failed: UID in precondition: u1, UID in object meta: u2')
  const live = (uid: string) => ({ body: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db-0', namespace: 'db', uid } } })

  test('finds a pod absent whose name another one has by now', async () => {
    const { cluster } = await connectTo((_, n) => (n === 0 ? conflict : live('u2')))
    expect(await cluster.pods.evict(pod)).toEqual({ outcome: 'absent', message: 'Pod db/db-0 has been replaced' })
  })

  test('throws a conflict that is about something else', async () => {
    const { cluster } = await connectTo((_, n) => (n === 0 ? conflict : live('u1')))
    await expect(cluster.pods.evict(pod)).rejects.toMatchObject({ code: 'conflict' })
  })
})

describe('log', () => {
  const container = { namespace: 'db', name: 'db-0', container: 'main' }

  test('reads at most 1 MiB of one container', async () => {
    const { api, cluster } = await connectTo(() => ({ body: '{"ok":true}\nbye\n' }))
    expect(await cluster.pods.log(container)).toBe('{"ok":true}\nbye\n')
    expect(api.seen[0]?.url).toBe('/api/v1/namespaces/db/pods/db-0/log?container=main&limitBytes=1048576')
  })

  test('is empty when the pod is gone or its container has not started', async () => {
    const waiting = status(400, 'BadRequest', 'container "main" in pod "db-0" is waiting to start: ContainerCreating')
    const { cluster } = await connectTo((_, n) => (n === 0 ? podNotFound('db-0') : waiting))
    expect(await cluster.pods.log(container)).toBe('')
    expect(await cluster.pods.log(container)).toBe('')
  })

  test.each([
    'container "main" in pod "db-0" is waiting to start: image can\'t be pulled',
    'container "main" in pod "db-0" is waiting to start: trying and failing to pull image',
    'container "main" in pod "db-0" is waiting to start - no logs yet',
    'container "main" in pod "db-0" is not available',
    'pod db-0 does not have a host assigned',
  ])('is empty when the kubelet says: %s', async (words) => {
    const { cluster } = await connectTo(() => status(400, 'BadRequest', words))
    expect(await cluster.pods.log(container)).toBe('')
  })

  test('is an error when there is no such container', async () => {
    const { cluster } = await connectTo(() => status(400, 'BadRequest', 'container main is not valid for pod db-0'))
    await expect(cluster.pods.log(container)).rejects.toThrow(
      'read the log of container main of Pod db/db-0: 400 container main is not valid for pod db-0',
    )
  })
})
