import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { allKinds, startKind } from './support/kinds.ts'
import { lasting, promisedMs, seconds, TestNode, until } from './support/test-node.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

describe('an injector that is stopped', () => {
  it.each(allKinds)('says nothing more, and is undone after its end: %s', async (kind) => {
    const pod = await node.pod()
    const before = pod.traces()
    const end = Number(seconds(lasting(7))) * 1000
    const injector = startKind(node, kind, { pod, lasts: lasting(7) })
    await injector.says('bite')
    node.run('kill -STOP $1', String(injector.pid('main')))
    const said = injector.lines.length
    await sleep(Math.max(0, end - 1000 - Date.now()))
    expect(injector.lines.length).toBeLessThanOrEqual(said + 1)
    await until('its watcher or its twin undid it', () => pod.traces() === before, 15_000)
    expect(Date.now() - end).toBeLessThan(promisedMs)
  })
})
