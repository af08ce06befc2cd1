import { expect, test } from '@jest/globals'
import { sideBySide } from '../../lib/faults/side-by-side.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

/** Acts for 10 ms each on two lanes; answers with what was begun by when. */
async function begunOnTwoLanes(items: readonly string[], fails: string | null): Promise<readonly (readonly [string, number])[]> {
  const clock = new VirtualClock()
  const begun: [string, number][] = []
  const all = sideBySide({ cluster: { inFlight: 2 } }, items, async (item) => {
    begun.push([item, clock.now()])
    await clock.sleep(10)
    if (item === fails) throw new Error(item)
  }).catch(() => undefined)
  const from = clock.now()
  await clock.advance(100)
  await all
  return begun.map(([item, at]) => [item, at - from])
}

test('as many go out side by side as the client sends at once, each begun when a lane is free', async () => {
  expect(await begunOnTwoLanes(['a', 'b', 'c', 'd', 'e'], null)).toEqual([
    ['a', 0],
    ['b', 0],
    ['c', 10],
    ['d', 10],
    ['e', 20],
  ])
})

test('none is begun once one has failed; those on their way are waited for', async () => {
  expect(await begunOnTwoLanes(['a', 'b', 'c', 'd', 'e'], 'a')).toEqual([
    ['a', 0],
    ['b', 0],
  ])
})

test('the first error is thrown', async () => {
  const failing = sideBySide({ cluster: {} }, ['a', 'b'], async (item) => {
    throw new Error(item)
  })
  await expect(failing).rejects.toThrow('a')
})
