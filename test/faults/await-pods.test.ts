import { expect, test } from '@jest/globals'
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
