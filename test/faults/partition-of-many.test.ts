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

  it('tries others of a node where none answers before, and does not count on a node where none does', async () => {
    world = await openWorld({ replicas: pods, nodes })
    const found = world.sandbox.peek('pods').map(({ metadata, spec }) => ({ name: metadata.name, node: String(Object(spec).nodeName) }))
    const [deaf = '', hard = ''] = [...new Set(found.map(({ node }) => node))].sort()
    const onHard = found.filter(({ node }) => node === hard).map(({ name }) => name)
    const dialled = new Map<string, Set<string>>()
    world.sandbox.disturb(({ path }) => {
      const pod = found.find(({ name }) => path.includes(`/pods/https:${name}`))
      if (pod === undefined) return undefined
      const onNode = dialled.get(pod.node) ?? new Set()
      dialled.set(pod.node, onNode.add(pod.name))
      // On the one node none ever answers; on the other the first two do not.
      const isDeaf = pod.node === deaf || (pod.node === hard && [...onNode].indexOf(pod.name) < 2)
      return isDeaf ? { status: 503 } : undefined
    })
    const step = stepOf(everything, { durationMs: 10_000, targets: { ...stepOf(everything).targets, percent: 100, count: null } })
    const run = await world.run(world.engine(), suiteOf([step]))
    expect(run).toMatchObject({ status: 'succeeded' })
    expect([dialled.get(hard)?.size, dialled.get(deaf)?.size, onHard.length]).toEqual([4, 4, 52])
    const [injection] = await world.store.ledger.list(run.id)
    const during = injection?.evidence.find(({ phase }) => phase === 'during')?.summary
    expect(during).toContain('; 448 more targets on the same nodes bear the label')
    expect(during).toContain(
      '; 48 more targets on nodes of which no target answered before bear the label that the policy selects: whether it holds there is unknown',
    )
  })
})
