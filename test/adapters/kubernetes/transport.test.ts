import { afterEach, describe, expect, test } from '@jest/globals'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import { status } from './fake-api.ts'
import { asleepFor, closeAll, connectTo, until } from './harness.ts'

afterEach(closeAll)

const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'db-0' } as const
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db-0', namespace: 'db', uid: 'u1' } }
const busy = (headers: Record<string, string> = {}) => ({ ...status(429, 'TooManyRequests', 'slow down'), headers })

describe('a call that is asked to come again', () => {
  test('waits what Retry-After says in seconds, and its jitter, before it does', async () => {
    const { api, cluster, clock } = await connectTo((_, n) => (n === 0 ? busy({ 'retry-after': '7' }) : { body: pod }))
    const found = cluster.objects.get(ref)
    await asleepFor(clock, 7_100)
    await clock.advance(7_099)
    expect(api.seen).toHaveLength(1)
    await clock.advance(1)
    expect(await found).toEqual(pod)
    expect(api.seen).toHaveLength(2)
  })

  test('waits until the HTTP date in Retry-After', async () => {
    // The virtual clock starts at Mon, 05 Jan 2026 09:00:00 GMT.
    const { cluster, clock } = await connectTo((_, n) =>
      n === 0
        ? { ...status(503, 'ServiceUnavailable', 'soon'), headers: { 'retry-after': 'Mon, 05 Jan 2026 09:00:04 GMT' } }
        : { body: pod },
    )
    const found = cluster.objects.get(ref)
    await asleepFor(clock, 4_100)
    await clock.advance(4_100)
    expect(await found).toEqual(pod)
  })

  test('does not wait for a date that has passed, only the jitter', async () => {
    const { cluster, clock } = await connectTo((_, n) =>
      n === 0 ? busy({ 'retry-after': 'Mon, 05 Jan 2026 08:00:00 GMT' }) : { body: pod },
    )
    const found = cluster.objects.get(ref)
    await asleepFor(clock, 100)
    await clock.advance(100)
    expect(await found).toEqual(pod)
  })

  test('backs off further each time and gives up after five attempts', async () => {
    const { api, cluster, clock } = await connectTo(() => status(500, 'InternalError', 'etcdserver: leader changed'))
    const found = expect(cluster.objects.get(ref)).rejects.toMatchObject({
      code: 'unavailable',
      status: 500,
      retryable: true,
      message: 'get Pod db/db-0: 500 etcdserver: leader changed, 5 attempts',
    })
    for (const pause of [100, 200, 400, 800]) {
      await asleepFor(clock, pause)
      await clock.advance(pause)
    }
    await found
    expect(api.seen).toHaveLength(5)
  })

  test('gives up at once when the wait would be longer than its budget', async () => {
    const { api, cluster } = await connectTo(() => busy({ 'retry-after': '120' }))
    await expect(cluster.objects.get(ref)).rejects.toThrow('get Pod db/db-0: 429 slow down, asks to wait 120 s')
    expect(api.seen).toHaveLength(1)
  })
})

describe('a call that gets no answer', () => {
  test('times out after 10 s, tries once more within its budget of 20 s, and says so', async () => {
    const { api, cluster, clock } = await connectTo(() => 'hang')
    const failure = expect(cluster.objects.get(ref)).rejects.toThrow(
      /^get Pod db\/db-0: no answer from http:\/\/127.0.0.1:\d+: timed out after 9.9 s, 2 attempts$/,
    )
    await until(() => api.seen.length === 1)
    await asleepFor(clock, 10_000)
    await clock.advance(10_000)
    await asleepFor(clock, 100)
    await clock.advance(100)
    await until(() => api.seen.length === 2)
    await asleepFor(clock, 9_900)
    await clock.advance(9_900)
    await failure
    expect(api.seen).toHaveLength(2)
  })

  test('is repeated after a reset connection', async () => {
    const { cluster, clock } = await connectTo((_, n) => (n === 0 ? 'reset' : { body: pod }))
    const found = cluster.objects.get(ref)
    await asleepFor(clock, 100)
    await clock.advance(100)
    expect(await found).toEqual(pod)
  })

  test('names the address that refuses connections', async () => {
    const { api, cluster } = await connectTo(() => ({}), { maxAttempts: 1 })
    await api.close()
    const failure = await cluster.objects.get(ref).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(KubernetesError)
    expect(failure).toMatchObject({ code: 'unavailable', status: 0, retryable: true })
    expect(String(failure)).toMatch(/get Pod db\/db-0: no answer from http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/)
  })

  test('fails when the cluster is closed meanwhile, and so do later ones', async () => {
    const { api, cluster } = await connectTo(() => 'hang')
    const failure = expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'unavailable' })
    await until(() => api.seen.length === 1)
    await cluster.close()
    await failure
    await expect(cluster.objects.get(ref)).rejects.toThrow('get Pod db/db-0: the connection to the cluster has been closed')
    expect((await cluster.pods.dial({ namespace: 'db', name: 'db-0', port: 1 }, '/')).outcome).toBe('unknown')
    expect(api.seen).toHaveLength(1)
  })
})

describe('what changes something', () => {
  const lost = (n: number) => (n === 0 ? ('reset' as const) : undefined)

  test('a create whose answer was lost comes back as already_exists', async () => {
    const exists = status(409, 'AlreadyExists', 'pods "db-0" already exists', { name: 'db-0', kind: 'pods' })
    const { cluster, clock } = await connectTo((_, n) => lost(n) ?? exists)
    const failure = expect(cluster.objects.create(pod)).rejects.toMatchObject({ code: 'already_exists', status: 409 })
    await asleepFor(clock, 100)
    await clock.advance(100)
    await failure
  })

  test('a delete with UID whose answer was lost, and whose object is then gone, may have done it', async () => {
    const gone = status(404, 'NotFound', 'pods "db-0" not found', { name: 'db-0', kind: 'pods' })
    const { api, cluster, clock } = await connectTo((_, n) => lost(n) ?? gone)
    const outcome = cluster.objects.delete(ref, { uid: 'u1' })
    await asleepFor(clock, 100)
    await clock.advance(100)
    expect(await outcome).toBe('unclear')
    expect(api.seen).toHaveLength(2)
  })

  test('a delete without UID is not repeated once it may have arrived: a successor of the name could go', async () => {
    const { api, cluster } = await connectTo(() => 'reset')
    await expect(cluster.objects.delete(ref)).rejects.toThrow(
      /delete Pod db\/db-0: no answer .*; it may have been carried out all the same$/,
    )
    expect(api.seen).toHaveLength(1)
  })

  test('a delete without UID is not repeated after a 504 either', async () => {
    const { api, cluster } = await connectTo(() => status(504, 'Timeout', 'request timed out'))
    await expect(cluster.objects.delete(ref)).rejects.toThrow('delete Pod db/db-0: 504 request timed out')
    expect(api.seen).toHaveLength(1)
  })

  test('a delete without UID is repeated after a 429, which comes before any deed', async () => {
    const { cluster, clock } = await connectTo((_, n) => (n === 0 ? busy({ 'retry-after': '1' }) : { body: pod }))
    const outcome = cluster.objects.delete(ref)
    await asleepFor(clock, 1_100)
    await clock.advance(1_100)
    expect(await outcome).toBe('deleted')
  })

  test('a JSON patch whose answer was lost says that its test no longer holds', async () => {
    const failed = status(422, 'Invalid', 'the server rejected our request due to an error in our request')
    const { cluster, clock } = await connectTo((_, n) => lost(n) ?? failed)
    const patch = [{ op: 'test', path: '/metadata/uid', value: 'u1' }] as const
    const failure = expect(cluster.objects.patch(ref, patch)).rejects.toMatchObject({ code: 'invalid', status: 422 })
    await asleepFor(clock, 100)
    await clock.advance(100)
    await failure
  })
})

describe('many calls', () => {
  test('one after the other share their connections', async () => {
    const { api, cluster } = await connectTo(() => ({ body: pod }))
    for (let i = 0; i < 12; i++) await cluster.objects.get(ref)
    expect(api.seen).toHaveLength(12)
    // undici may open a second one while it takes back the first.
    expect(api.sockets()).toBeLessThanOrEqual(2)
  })

  test('at once are never more than allowed, and none is lost', async () => {
    const { api, cluster } = await connectTo(
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return { body: pod }
      },
      { maxInFlight: 4 },
    )
    const found = await Promise.all(Array.from({ length: 40 }, () => cluster.objects.get(ref)))
    expect(found).toEqual(Array.from({ length: 40 }, () => pod))
    expect(api.busiest()).toBe(4)
    expect(api.sockets()).toBeLessThanOrEqual(8)
  })

  test('that wait for a slot beyond their budget are not sent any more', async () => {
    const { api, cluster, clock } = await connectTo(() => 'hang', { maxInFlight: 1, timeoutMs: 8_000, budgetMs: 8_000 })
    const calls = Promise.allSettled([cluster.objects.get(ref), cluster.objects.delete(ref, { uid: 'u1' })])
    await until(() => api.seen.length === 1)
    await clock.advance(8_000)
    const [, second] = await calls
    expect(second).toMatchObject({
      reason: { message: 'delete Pod db/db-0: no free slot within 8 s, 1 calls are in flight', retryable: true },
    })
    expect(api.seen.map(({ method }) => method)).toEqual(['GET'])
  })

  test('that hang in reading logs from dead kubelets do not hold up a revert', async () => {
    const { api, cluster } = await connectTo((request) => (request.url.includes('/log') ? 'hang' : { body: pod }), { maxInFlight: 1 })
    const reads = Promise.allSettled([1, 2].map(() => cluster.pods.log({ namespace: 'db', name: 'db-0', container: 'injector' })))
    await until(() => api.seen.length === 1)
    expect(await cluster.objects.delete(ref, { uid: 'u1' })).toBe('deleted')
    await cluster.close()
    expect((await reads).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('that hang in dials do not hold up a revert', async () => {
    const { api, cluster } = await connectTo((request) => (request.url.includes('/proxy') ? 'hang' : { body: pod }), { maxInFlight: 1 })
    const dial = cluster.pods.dial({ namespace: 'db', name: 'db-0', port: 8080 }, '/health')
    await until(() => api.seen.length === 1)
    expect(await cluster.objects.delete(ref, { uid: 'u1' })).toBe('deleted')
    await cluster.close()
    expect((await dial).outcome).toBe('unknown')
  })
})
