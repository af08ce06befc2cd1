import { afterEach, describe, expect, it } from '@jest/globals'
import { stepOf, suiteOf } from '../support/suites.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World | undefined
afterEach(() => world?.close())

const [pods, nodes] = [520, 10]
const everything = {
  type: 'network_partition',
  kind: 'all',
  mechanism: 'policy',
  scope: 'isolate',
  direction: 'both',
  ports: [],
  cidrs: [],
  keepProbes: true,
} as const

describe('a partition by policy of hundreds of pods', () => {
  it('is planned, injected, proven and undone, and dials two pods on each node', async () => {
    world = await openWorld({ replicas: pods, nodes })
    const dialled = new Map<string, number>()
    world.sandbox.disturb(({ path }) => {
      const pod = /\/pods\/https:([^/:]+)[^/]*\/proxy/.exec(path)?.[1]
      if (pod !== undefined) dialled.set(pod, (dialled.get(pod) ?? 0) + 1)
      return undefined
    })
    const step = stepOf(everything, { durationMs: 60_000, targets: { ...stepOf(everything).targets, percent: 100, count: null } })
    const run = await world.run(world.engine(), suiteOf([step]))
    expect(run).toMatchObject({ status: 'succeeded' })
    const [injection] = await world.store.ledger.list(run.id)
    expect(injection?.targets).toHaveLength(pods)
    const nodeOf = new Map(injection?.targets.map(({ name, node }) => [name, node]))
    const perNode = [...dialled.keys()].reduce(
      (counts, pod) => counts.set(nodeOf.get(pod), (counts.get(nodeOf.get(pod)) ?? 0) + 1),
      new Map(),
    )
    expect([...perNode.values()]).toEqual(Array(nodes).fill(2))
    const summaries = injection?.evidence.map(({ phase, summary }) => `${phase}: ${summary}`) ?? []
    expect(summaries).toContainEqual(
      expect.stringMatching(/^during: .* and 10 more: new connections .* refused .*; 500 more targets on the same nodes bear the label/),
    )
    expect(summaries).toContainEqual('after: fuse, policy and labels are gone; 20 of 20 canaries answer')
  })
})
