import { afterEach, expect, test } from '@jest/globals'
import type { Cluster, Repeats } from '../../../lib/ports.ts'
import { status } from './fake-api.ts'
import { asleepFor, closeAll, connectTo, until } from './harness.ts'

afterEach(closeAll)

const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'db', name: 'db-0' } as const
const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db-0', namespace: 'db', uid: 'u1' } }
const writes: Readonly<Record<string, (cluster: Cluster, options: Repeats) => Promise<unknown>>> = {
  create: ({ objects }, options) => objects.create(pod, options),
  patch: ({ objects }, options) => objects.patch(ref, {}, options),
  delete: ({ objects }, options) => objects.delete(ref, { uid: 'u1', ...options }),
  evict: ({ pods }, options) => pods.evict({ namespace: 'db', name: 'db-0', uid: 'u1', ...options }),
}

test.each(Object.keys(writes))('a write that is to come again is not sent once nothing more is to be done: %s', async (name) => {
  const { api, cluster, clock } = await connectTo(() => ({ ...status(503, 'ServiceUnavailable', 'soon'), headers: { 'retry-after': '7' } }))
  const stop = new AbortController()
  const wrote = Promise.allSettled([writes[name]?.(cluster, { until: stop.signal })])
  await asleepFor(clock, 7_100)
  stop.abort()
  const [outcome] = await wrote
  await clock.advance(20_000)
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', retryable: true } })
  expect(api.seen).toHaveLength(1)
})

test.each(Object.keys(writes))('nor is one whose answer was lost: %s', async (name) => {
  const { api, cluster, clock } = await connectTo(() => 'hang', { timeoutMs: 10_000, budgetMs: 20_000 })
  const stop = new AbortController()
  const wrote = Promise.allSettled([writes[name]?.(cluster, { until: stop.signal })])
  await until(() => api.seen.length === 1)
  stop.abort()
  await clock.advance(10_000)
  const [outcome] = await wrote
  expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } })
  expect(api.seen).toHaveLength(1)
})
