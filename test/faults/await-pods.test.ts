import { expect, test } from '@jest/globals'
import type { Pod } from '../../lib/domain/kube.ts'
import { awaitPods } from '../../lib/faults/await-pods.ts'
import type { AwaitList, Cluster } from '../../lib/ports.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** How long a wait takes where a cluster tells of the pods after `toldAfterMs`; null: it cannot tell. */
async function waited(toldAfterMs: number | null, maxMs = 2_000): Promise<number> {
  const clock = new VirtualClock()
  const awaitList: AwaitList = async () => {
    await clock.sleep(toldAfterMs ?? 0)
    return 'there'
  }
  const cluster = (toldAfterMs === null ? {} : { awaitList }) as Cluster
  const from = clock.now()
  let took = Number.NaN
  const wait = awaitPods({ cluster, clock }, { namespace: 'db', isThere: () => true }, { pollMs: 250, maxMs }).then(() => {
    took = clock.now() - from
  })
  for (let step = 0; step < 100; step++) await clock.advance(50)
  await wait
  return took
}

test.each([
  ['where the cluster tells of it', 1_000, 1_000],
  ['at once where it is there already', 0, 0],
  ['where the cluster cannot tell', null, 250],
])('the next look comes %s', async (_, toldAfterMs, ms) => {
  expect(await waited(toldAfterMs)).toBe(ms)
})

test('where no time is left for more than a poll, nothing is followed', async () => {
  expect(await waited(1_000, 200)).toBe(250)
})

test.each([
  ['no pod is there: one that was refused would never tell', 0, 1_500],
  ['a pod is there that only takes its time', 1, 6_500],
])('the wait goes on where %s', async (_, count, ms) => {
  const clock = new VirtualClock()
  const from = clock.now()
  const awaitList: AwaitList = async (_kind, { maxMs }, isThere) => {
    const ours = Array.from({ length: count }, () => ({ metadata: { name: 'injector' } }))
    isThere([...ours, { metadata: { name: 'of another' } }] as never)
    await clock.sleep(maxMs)
    return 'over'
  }
  let took = Number.NaN
  const awaited = { namespace: 'db', isOf: (pod: Pod) => pod.metadata.name === 'injector', isThere: () => false }
  const wait = awaitPods({ cluster: { awaitList } as Cluster, clock }, awaited, { pollMs: 250, maxMs: 1_500, moreMs: 5_000 })
  const told = wait.then((isThere) => {
    took = clock.now() - from
    return isThere
  })
  for (let step = 0; step < 200; step++) await clock.advance(50)
  expect([await told, took]).toEqual([false, ms])
})
