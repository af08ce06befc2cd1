import { afterEach, expect, it } from '@jest/globals'
import { barePod } from '../support/other-workloads.ts'
import { openWorld, type World } from '../support/world.ts'
import { roomForDrain } from './drain-room.ts'

let world: World

afterEach(() => world.close())

const place = async () => ({
  injectors: 'faultline-injectors',
  workload: world.sandbox.objects().filter(({ kind, metadata }) => kind === 'Pod' && metadata.labels?.app === 'jadevectordb') as never,
})

it('a drain of the scenarios goes to a node from which it destroys nothing of others', async () => {
  world = await openWorld({ nodes: 3, replicas: 3 })
  await barePod(world, { name: 'precious', namespace: 'default', nodeName: 'sandbox-node-1' })
  const room = await roomForDrain(world.cluster, await place())
  expect(room).toMatchObject({ node: expect.stringMatching(/^sandbox-node-[23]$/) })
})

it('where there is none it is said what to do', async () => {
  world = await openWorld({ nodes: 2, replicas: 2 })
  for (const nodeName of ['sandbox-node-1', 'sandbox-node-2'])
    await barePod(world, { name: `precious-${nodeName}`, namespace: 'default', nodeName })
  const room = await roomForDrain(world.cluster, await place())
  expect(room).toMatchObject({ why: expect.stringMatching(/^no node can be drained without loss: pod default\/precious-.*add a node$/) })
})
