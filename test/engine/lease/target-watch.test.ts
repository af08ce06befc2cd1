import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import type { KubeObject } from '../../../lib/domain/kube.ts'
import { around } from '../../support/around.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const ns = 'jadevectordb-system'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 3 })
})

afterEach(() => world.close())

describe('while a fault is held', () => {
  it('a target that is deleted is told at once, and is the cause of its end', async () => {
    let seen = false
    const engine = world.engine('driver-1', {
      observe: ({ run, ...progress }) => {
        if (run.status !== 'holding' || seen || progress.kind !== 'event') return
        seen = true
        const target = 'injections' in progress ? progress.injections[0]?.targets[0]?.name : ''
        void world.clock.sleep(8_000).then(() => world.sandbox.delete('pods', { namespace: ns, name: target ?? '' }))
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))
    expect(run.steps[0]?.changes.map(({ code }) => code)).toContain('deleted')
    expect(run.steps[0]?.reasons[0]).toMatchObject({ code: 'ended_early', cause: 'deleted' })
    const history = await world.store.ledger.history(run.id)
    const told = history.find(({ type }) => type === 'targets_changed')
    expect((told?.at ?? Number.POSITIVE_INFINITY) - (run.steps[0]?.activeAt ?? 0)).toBeLessThan(15_000)
  })

  it('pods that join the selection are told: the partition does not hold them', async () => {
    let seen = false
    const engine = world.engine('driver-1', {
      observe: ({ run }) => {
        if (run.status !== 'holding' || seen) return
        seen = true
        void world.clock.sleep(6_000).then(async () => {
          for (const kind of ['Deployment', 'StatefulSet'])
            for (const { metadata } of await world.cluster.objects.list<KubeObject>({ apiVersion: 'apps/v1', kind }, { namespace: ns }))
              await world.cluster.objects.patch(
                { apiVersion: 'apps/v1', kind, namespace: ns, name: metadata.name },
                { spec: { replicas: 5 } },
              )
        })
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))
    expect(run.status).toBe('succeeded')
    expect(run.steps[0]?.changes.filter(({ code }) => code === 'joined')).toHaveLength(2)
  })
})

describe('an API server that fails right after the bite', () => {
  it('is asked again for as long as the step can bear, and the step goes on', async () => {
    let failing = 0
    const engine = around(world.engine(), ({ method, args }, go) => {
      const isShortening = method === 'patch' && args[0].kind === 'Job' && Array.isArray(args[1])
      if (isShortening && ++failing <= 12)
        return Promise.reject(new KubernetesError('unavailable', 500, 'etcd is away', { retryable: true }))
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 40_000 })]))
    expect(failing).toBeGreaterThan(12)
    expect(run.status).toBe('succeeded')
  })
})

describe('clocks that are minutes apart', () => {
  it.each([
    [600_000, 'ahead of'],
    [-600_000, 'behind'],
  ])('refuse the run before anything is made, with the figure: %d ms', async (apart, side) => {
    const engine = world.engine()
    const shifted = { ...engine, clock: { now: () => world.clock.now() - apart, sleep: world.clock.sleep } }
    const before = world.footprint()
    const run = await world.run(shifted, suiteOf([stepOf(partition)]))
    expect(run.status === 'refused' ? run.refusals.map(({ code }) => code) : run.status).toEqual(['clock_skew'])
    expect(run.status === 'refused' ? run.refusals[0]?.message : '').toMatch(
      new RegExp(`^the cluster's clock is (?:600|599) s ${side} this machine's; set the clocks$`),
    )
    expect(world.footprint()).toEqual(before)
  })
})
