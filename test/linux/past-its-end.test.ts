import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { allKinds, startKind } from './support/kinds.ts'
import { promisedMs, seconds, TestNode, until } from './support/test-node.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

describe('an injector killed at any moment', () => {
  it.each(allKinds)('leaves nothing ten seconds after its end: %s', async (kind) => {
    for (const delayMs of moments()) {
      const pod = await node.pod()
      const before = pod.traces()
      const end = Number(seconds(6)) * 1000
      const injector = startKind(node, kind, { pod, lasts: 6 })
      await sleep(delayMs)
      node.succeeds('for p in $(cut -d " " -f 1 /run/faultline/*/$1/main); do kill -9 $p; done', injector.tag)
      await until('nothing is left', () => Date.now() > end && pod.traces() === before, 16_000)
      expect(Date.now() - end).toBeLessThan(promisedMs)
    }
  })
})

/** From before its first deed until after its end. */
const moments = () => Array.from({ length: 4 }, (_, n) => 300 + n * 1500 + Math.random() * 1500)
