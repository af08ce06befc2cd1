import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { allKinds, startKind } from './support/kinds.ts'
import { promisedMs, seconds, TestNode, until } from './support/test-node.ts'

// Each moment on a node of its own: what is mostly waited for is waited for at once.
const nodes: TestNode[] = []
beforeAll(async () => {
  for (const _ of moments()) nodes.push(await TestNode.start())
})
afterAll(async () => {
  for (const node of nodes) await node.stop()
})

describe('an injector killed at any moment', () => {
  it.each(allKinds)('leaves nothing ten seconds after its end: %s', async (kind) => {
    const delays = moments()
    const pastEndMs = await Promise.all(nodes.map((node, n) => leftAfterKill(node, kind, Number(delays[n]))))
    for (const ms of pastEndMs) expect(ms).toBeLessThan(promisedMs)
  })
})

/** Kills an injector so long after its start; returns how long after its end the pod was as before. */
async function leftAfterKill(node: TestNode, kind: (typeof allKinds)[number], delayMs: number): Promise<number> {
  const pod = await node.pod()
  const before = pod.traces()
  const end = Number(seconds(6)) * 1000
  const injector = startKind(node, kind, { pod, lasts: 6 })
  await sleep(delayMs)
  node.succeeds('for p in $(cut -d " " -f 1 /run/faultline/*/$1/main); do kill -9 $p; done', injector.tag)
  await until('nothing is left', () => Date.now() > end && pod.traces() === before, 16_000)
  return Date.now() - end
}

/** From before its first deed until after its end. */
const moments = () => Array.from({ length: 4 }, (_, n) => 300 + n * 1500 + Math.random() * 1500)
