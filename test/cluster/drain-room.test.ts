import { afterEach, expect, it } from '@jest/globals'
import type { Pod } from '../../lib/domain/kube.ts'
import { barePod, deploy } from '../support/other-workloads.ts'
import { openWorld, type World } from '../support/world.ts'
import { roomForDrain } from './drain-room.ts'

let world: World

afterEach(() => world.close())

const place = async () => ({
  injectors: 'faultline-injectors',
  workload: (await world.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'e2e' })) ?? [],
})

it('a drain of the scenarios goes to a node from which it destroys nothing of others', async () => {
  // The embedded cluster's own pods have emptyDir data.
  world = await openWorld({ nodes: 3, replicas: 1 })
  await deploy(world, 'e2e', 'e2e')
  await barePod(world, { name: 'precious', namespace: 'default', nodeName: 'sandbox-node-1' })
  const scratch = (await world.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: 'jadevectordb-system' }))[0]
  const room = await roomForDrain(world.cluster, await place())
  expect(room).toMatchObject({ node: expect.stringMatching(/^sandbox-node-[23]$/) })
  expect(room).not.toMatchObject({ node: scratch?.spec.nodeName })
})

it('where there is none it is said what to do', async () => {
  world = await openWorld({ nodes: 3, replicas: 3 })
  await deploy(world, 'e2e', 'e2e')
  const room = await roomForDrain(world.cluster, await place())
  expect(room).toMatchObject({ why: expect.stringMatching(/^no node can be drained without loss: pod .* has emptyDir data.*add a node$/) })
})
