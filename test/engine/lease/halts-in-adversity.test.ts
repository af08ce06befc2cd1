import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError, KubernetesError } from '../../../lib/domain/errors.ts'
import type { Job } from '../../../lib/domain/kube.ts'
import { managedSelector } from '../../../lib/domain/labels.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { drive } from '../../../lib/engine/drive.ts'
import type { Progress } from '../../../lib/engine/engine.ts'
import { start } from '../../../lib/engine/start.ts'
import { around } from '../../support/around.ts'
import { anyPod, nodeDrain, partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const ns = 'jadevectordb-system'
const jobs = { apiVersion: 'batch/v1', kind: 'Job' }

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})

afterEach(() => world.close())

async function haltByHand() {
  for (const { metadata } of await world.cluster.objects.list(jobs, { labelSelector: managedSelector }))
    await world.cluster.objects.delete({ ...jobs, name: metadata.name, namespace: metadata.namespace ?? '' })
}

describe('a run with an onlooker', () => {
  it('a halt ends pod deletions at once', async () => {
    let haltedAt = 0
    const after: number[] = []
    let n = 0
    const engine = around(world.engine(), async ({ method, args }, go) => {
      if (method === 'delete' && args[0].kind === 'Pod') {
        if (haltedAt > 0 && world.clock.now() > haltedAt + 5_000) after.push(world.clock.now() - haltedAt)
        if (++n === 1) {
          haltedAt = world.clock.now()
          await haltByHand()
        }
        await world.clock.sleep(2_500)
      }
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(podDelete, { targets: { ...anyPod, count: 6 }, blastRadius: 'all' })]))
    expect(run.status).toBe('aborted')
    expect(after).toEqual([])
  })

  it('after a halt by hand a blocked drain does not cordon again', async () => {
    world.sandbox.create('poddisruptionbudgets', {
      metadata: { name: 'all', namespace: ns },
      spec: { minAvailable: 6, selector: { matchLabels: { app: 'jadevectordb' } } },
    } as never)
    await world.pass(3_000)
    let halted = 0
    const cordons: number[] = []
    const engine = around(
      world.engine('driver-1', {
        observe: ({ run }) => {
          if (run.status === 'injecting' && halted === 0) {
            halted = 1
            void world.clock.sleep(8_000).then(async () => {
              halted = world.clock.now()
              await haltByHand()
            })
          }
        },
      }),
      async ({ method, args }, go) => {
        if (method === 'patch' && args[0].kind === 'Node' && args[1].spec?.unschedulable === true && halted > 1)
          cordons.push(world.clock.now() - halted)
        return go()
      },
    )
    const run = await world.run(engine, suiteOf([stepOf(nodeDrain, { blastRadius: 'all' })]))
    expect(run.status).toBe('aborted')
    expect(cordons).toEqual([])
  })

  it('people are heard within 5 s while the API server hangs', async () => {
    let holding = 0
    let abortedAt = 0
    const engine = around(
      world.engine('driver-1', {
        observe: (p) => {
          if (p.run.status === 'holding' && holding === 0) holding = world.clock.now()
          if (p.kind === 'event' && p.event.type === 'abort') abortedAt = world.clock.now()
        },
      }),
      async ({ method, args }, go) => {
        if (holding > 0 && abortedAt === 0 && method === 'get' && args[0].kind === 'Job') {
          await world.clock.sleep(20_000)
          throw new KubernetesError('unavailable', 0, 'timeout')
        }
        return go()
      },
    )
    const suite = suiteOf([stepOf(partition, { durationMs: 100_000 })])
    const { run } = await world.play(start(engine, world.request(suite)))
    const driving = drive(engine, run.id).catch((error: unknown) => error)
    await world.pass(10_000)
    await world.store.controls.set({ kind: 'abort', runId: run.id }, { by: 'ann', why: 'stop', at: world.clock.now() })
    const asked = world.clock.now()
    await world.pass(30_000)
    expect(abortedAt - asked).toBeGreaterThanOrEqual(0)
    expect(abortedAt - asked).toBeLessThanOrEqual(5_000)
    await world.play(driving)
  })

  it.each([
    { what: 'beacon', jobOf: (run: Run) => `faultline-${run.id}-a1b2c`, late: 'the answer', ms: 4_200 },
    { what: 'fuse', jobOf: (run: Run) => `faultline-${run.id}-0-a1b2c`, late: 'the call', ms: 4_500 },
  ])('a look at a $what that ends after the revert ($late is late) is no halt', async ({ jobOf, late, ms }) => {
    let now: Run | undefined
    let slow = true
    const observe = ({ run }: Progress) => {
      now = run
    }
    const engine = around(world.engine('driver-1', { observe }), async ({ method, args }, go) => {
      const lastLook = now?.status === 'holding' && now.revertAt - world.clock.now() < 3_100 && args[0].name === jobOf(now)
      if (!slow || method !== 'get' || args[0].kind !== 'Job' || !lastLook) return go()
      slow = false
      if (late === 'the call') await world.clock.sleep(ms)
      const found = await go()
      if (late === 'the answer') await world.clock.sleep(ms)
      return found
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { intervalMs: 10_000 }), stepOf(partition)]))
    expect(slow).toBe(false)
    expect(run.abort).toBeNull()
  })

  it('an abort lifts the first cordon although the second fuse is still being armed', async () => {
    let abortAsked = 0
    let liftedAt = 0
    const engine = around(world.engine('driver-1'), async ({ method, args }, go) => {
      if (method === 'get' && args[0].kind === 'Job' && /-0-a1b2c-n1$/.test(args[0].name)) {
        const job = (await go()) as Job | undefined
        return job && { ...job, status: { ...job.status, ready: 0 } }
      }
      if (method === 'patch' && args[0].kind === 'Node' && args[1].spec?.unschedulable === null && liftedAt === 0)
        liftedAt = world.clock.now()
      return go()
    })
    const suite = suiteOf([stepOf(nodeDrain, { targets: { ...anyPod, count: 2 }, blastRadius: 'all', durationMs: 100_000 })])
    const { run } = await world.play(start(engine, world.request(suite)))
    const driving = drive(engine, run.id).catch((error: unknown) => error)
    await world.pass(8_000)
    await world.store.controls.set({ kind: 'abort', runId: run.id }, { by: 'ann', why: 'stop', at: world.clock.now() })
    abortAsked = world.clock.now()
    await world.pass(60_000)
    expect(liftedAt).toBeGreaterThan(0)
    expect(liftedAt - abortAsked).toBeLessThanOrEqual(6_000)
    await world.play(driving)
  })

  it('a switch that could not be read once does not end the watch: a halt by hand still halts', async () => {
    let bad = 0
    let halted = false
    const engine = world.engine('driver-1', {
      hook: ({ port, when }) => {
        if (port === 'controls' && when === 'before' && bad === 1) {
          bad = 2
          throw new FaultlineError('invalid', 'the store refused')
        }
      },
      observe: ({ run }) => {
        if (run.status === 'holding' && bad === 0) {
          bad = 1
          void world.clock.sleep(8_000).then(async () => {
            halted = true
            await haltByHand()
          })
        }
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 60_000 }), stepOf(partition)]))
    expect(halted).toBe(true)
    expect(run.status).toBe('aborted')
    expect(run.steps[1]?.verdict).toBe('skipped')
  })
})
