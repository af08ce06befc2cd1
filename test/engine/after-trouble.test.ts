import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { KubernetesError, StoreUnavailable } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import { drive } from '../../lib/engine/drive.ts'
import { metricsFromStore } from '../../lib/engine/notifications/metrics-snapshot.ts'
import { reapRuns } from '../../lib/engine/reap.ts'
import { start } from '../../lib/engine/start.ts'
import type { Notifier } from '../../lib/ports.ts'
import { around } from '../support/around.ts'
import { fakeProbes, probeOf } from '../support/probes.ts'
import { Relay } from '../support/relay.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

const suite = suiteOf([stepOf(partition)])
const giveUp = { giveUpAfterMs: 120_000 }

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})

afterEach(() => world.close())

/** A run whose driver left it because nothing may be deleted. */
async function stuckRun(): Promise<Run> {
  let broken = false
  const observe = ({ run }: { readonly run: Run }) => {
    if (run.status === 'holding') broken = true
  }
  const engine = around(world.engine('driver-1', { observe }), async ({ method }, go) => {
    if (method === 'delete' && broken) throw new KubernetesError('forbidden', 403, 'no deletes for you')
    return go()
  })
  const run = await world.run(engine, suite, giveUp)
  expect(run.status).toBe('reverting')
  await world.pass(1_000)
  return run
}

describe('a run that its driver could not prove undone in time', () => {
  it('is undone by a reaper that comes later, however long it has been open', async () => {
    const run = await stuckRun()
    const { runs } = await world.play(reapRuns(world.engine('reaper'), [run], giveUp))
    expect(runs.map(({ status }) => status)).toEqual(['aborted'])
  })

  it('stays in the metrics although a later start was refused', async () => {
    await stuckRun()
    expect((await world.run(world.engine('driver-2'), suite, { key: 'second' })).status).toBe('refused')
    const families = await metricsFromStore(world.store)
    expect(families.find(({ name }) => name === 'chaos_revert_unproven')?.samples[0]?.value).toBe(1)
    expect(await world.store.runs.list({ limit: 1 })).toHaveLength(2)
  })
})

it('a driver leaves in time although the event bus does not answer', async () => {
  const engine = world.engine('driver-1', { config: { handOver: { firstMs: 90_000, againMs: 30_000, leaveMs: 5_000 } } })
  const { run } = await start(engine, world.request(suiteOf([stepOf(partition, { durationMs: 600_000 })])))
  const endsAt = world.clock.now() + 200_000
  const handOver = async () => {
    await world.clock.sleep(16_000)
    throw new Error('no answer')
  }
  await world.play(drive(engine, run.id, { budget: { remainingMs: () => endsAt - world.clock.now(), handOver } }))
  expect(endsAt - world.clock.now()).toBeGreaterThan(0)
})

it.each([1_000, 3_100])('what the driver before measured %i ms after it had called for another one counts', async (delay) => {
  let calledAt = 0
  const relay = new Relay(world, {
    timeMs: 40_000,
    handOver: { firstMs: 20_000, againMs: 5_000, leaveMs: 1_000 },
    deliver: () => [5_000],
    through: (engine) => ({
      ...engine,
      observe: (progress) => {
        engine.observe(progress)
        if (progress.kind === 'event' && progress.event.type === 'handed_over' && calledAt === 0) calledAt = world.clock.now()
      },
      probes: () => fakeProbes(() => (engine.owner === 'driver-1' && calledAt > 0 && world.clock.now() > calledAt + delay ? 0.9 : 0)),
    }),
  })
  const probes = [probeOf('errors', { intervalMs: 2_000 })]
  const run = await relay.run(suiteOf([stepOf(partition, { durationMs: 38_000 })], { probes }))
  expect(run.status).toBe('failed')
})

it.each([0, 12_000])('the people on call are paged when the store is lost, each call failing after %i ms', async (ms) => {
  let away = false
  const heard: string[] = []
  const notifier: Notifier = {
    name: 'ear',
    notify: async ({ kind }) => {
      heard.push(kind)
    },
  }
  const observe = ({ run }: { readonly run: Run }) => {
    if (run.status === 'holding') away = true
  }
  const engine = world.engine('driver-1', { notifiers: [notifier], observe })
  const lost = <T extends object>(store: T): T =>
    new Proxy(store, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function') return value
        return async (...args: unknown[]) => {
          if (!away) return value.apply(target, args)
          await world.clock.sleep(ms)
          throw new StoreUnavailable('any call')
        }
      },
    })
  const { runs, ledger, notices, totals, samples, controls, locks } = engine.store
  const store = {
    ...engine.store,
    runs: lost(runs),
    ledger: lost(ledger),
    notices: lost(notices),
    totals: lost(totals),
    samples: lost(samples),
    controls: lost(controls),
    locks: lost(locks),
  }
  const failed = world.run({ ...engine, store }, suiteOf([stepOf(partition, { durationMs: 120_000 })]))
  await expect(failed).rejects.toBeInstanceOf(StoreUnavailable)
  expect(heard).toContain('undo.unproven')
})
