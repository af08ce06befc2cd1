import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Pod } from '../../lib/domain/kube.ts'
import { reachOf, type Service, servicesOf } from '../../lib/faults/peers.ts'
import { contextOf } from '../support/fault-context.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

const pod = (n: number, labels: Readonly<Record<string, string>> = { app: 'db' }): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: `pod-${n}`, uid: `uid-${n}`, namespace: 'ns', labels },
  spec: { containers: [] },
  status: { podIP: `10.0.0.${n}` },
})
const service = (spec: Service['spec'], name = 'db'): Service => ({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec })

const db = service({ selector: { app: 'db' }, clusterIP: '10.1.0.1', clusterIPs: ['10.1.0.1', 'fd00::1'] })
const pods = [pod(1), pod(2), pod(3)]
const [first = pod(0), second = pod(0)] = pods

const workload = (more: {
  readonly targets?: readonly Pod[]
  readonly services?: readonly Service[]
  readonly others?: readonly Pod[]
}) => ({
  pods,
  targets: more.targets ?? [first],
  neighbours: [...pods, ...(more.others ?? [])],
  services: more.services ?? [db],
})

describe('what a target is cut off from', () => {
  it('is the other pods and the Service that leads to them alone, by all its addresses', () => {
    expect(reachOf(first, workload({}), 'peers')).toEqual({ addresses: ['10.0.0.2', '10.0.0.3', '10.1.0.1', 'fd00::1'], warnings: [] })
  })

  it('names both addresses of a dual-stack pod', () => {
    const dual = (n: number): Pod => ({
      ...pod(n),
      status: { podIP: `10.0.0.${n}`, podIPs: [{ ip: `10.0.0.${n}` }, { ip: `fd00::${n}` }] },
    })
    const all = [dual(1), dual(2)]
    const reach = reachOf(dual(1), { pods: all, targets: [dual(1)], neighbours: all, services: [] }, 'peers')
    expect(reach.addresses).toEqual(['10.0.0.2', 'fd00::2'])
  })

  it('leaves a Service out that also leads to others, and says so', () => {
    const reach = reachOf(first, workload({ others: [pod(9, { app: 'db', tier: 'proxy' })] }), 'peers')
    expect(reach).toEqual({
      addresses: ['10.0.0.2', '10.0.0.3'],
      warnings: ['Service db also leads to pod-9: pod-1 still reaches the far side through its cluster IP'],
    })
  })

  it('in a split leaves a Service of both sides out, but not one that the target shares with the far side alone', () => {
    expect(reachOf(first, workload({ targets: [first, second] }), 'split').warnings).toHaveLength(1)
    expect(reachOf(first, workload({ targets: [first] }), 'split').addresses).toContain('10.1.0.1')
  })

  it('has nothing to do with headless Services, those without a selector, and those of other pods', () => {
    const services = [
      service({ selector: { app: 'db' }, clusterIP: 'None', clusterIPs: ['None'] }),
      service({ clusterIP: '10.1.0.2' }),
      service({ selector: { app: 'web' }, clusterIP: '10.1.0.3' }),
    ]
    expect(reachOf(first, workload({ services, others: [pod(8, { app: 'web' })] }), 'peers')).toEqual({
      addresses: ['10.0.0.2', '10.0.0.3'],
      warnings: [],
    })
  })
})

describe('the Services of a namespace', () => {
  let world: World
  beforeEach(async () => {
    world = await openWorld()
  })
  afterEach(() => world.close())

  it('are read from the cluster', async () => {
    expect((await servicesOf(contextOf(world))).services.map((s) => s.metadata.name)).toEqual(['jadevectordb'])
  })

  it('are done without where they may not be listed, with a warning', async () => {
    world.sandbox.forbid({ verb: 'list', resource: 'services' })
    expect(await servicesOf(contextOf(world))).toEqual({ services: [], warnings: [expect.stringMatching(/^Services may not be listed/)] })
  })
})
