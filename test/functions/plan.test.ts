import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { Invocation } from '../../functions/shared/compose.ts'
import { control } from '../../functions/shared/control-actions.ts'
import { fakeProbes } from '../support/probes.ts'
import { openWorld, type World } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

it('a plan of a suite that came along asks no address that it brought: it may be anyone’s, and a POST at that', async () => {
  const asked: string[] = []
  const probes = fakeProbes(({ name }) => {
    asked.push(name)
    return 0
  })
  const engine = world.engine('control', { probes })
  const invocation = {
    settings: { suites: 'experiments' },
    clusters: { reach: async () => ({ ref: world.ref, cluster: world.cluster }) },
    engine: () => ({ ...engine, config: { ...engine.config, prometheus: { url: 'http://prometheus:9090', auth: { kind: 'none' } } } }),
  } as unknown as Invocation
  const suite = {
    name: 'Inline',
    probes: [
      { name: 'post', type: 'http', method: 'POST', url: 'http://internal.example/delete', tolerance: 200 },
      { name: 'elsewhere', type: 'prometheus', url: 'http://internal.example', query: 'up', tolerance: 0 },
      { name: 'configured', type: 'prometheus', query: 'up', tolerance: 0 },
      { name: 'pods', type: 'kubernetes', read: 'ready', tolerance: 0 },
    ],
    experiments: [{ name: 'Delete', type: 'node_failure', params: { failure_type: 'pod-delete' }, duration: 1 }],
  }
  const answer = await world.play(control({ action: 'plan', suite }, invocation))
  expect(asked).toEqual(['configured', 'pods'])
  expect(answer.probesNotAsked).toEqual(['post', 'elsewhere'])
})
