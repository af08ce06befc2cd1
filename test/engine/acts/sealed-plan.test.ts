import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { StoreUnavailable } from '../../../lib/domain/errors.ts'
import { isOpen } from '../../../lib/domain/injection.ts'
import { isWhole, sealOf } from '../../../lib/domain/plan-seal.ts'
import { recordOf } from '../../../lib/report/record.ts'
import { plannedInjection } from '../../contracts/records.ts'
import { Relay } from '../../support/relay.ts'
import { anyPod, memory, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})

afterEach(() => world.close())

const three = suiteOf([stepOf(podDelete, { targets: { ...anyPod, count: 3 } })])

describe('a seal', () => {
  it('holds for the very entries, in whatever order they are listed', () => {
    const entries = [0, 1].map((n) => plannedInjection('r1', 0, n, { plan: 'p' }))
    const seal = sealOf('p', entries)
    expect(isWhole(seal, entries.toReversed())).toBe(true)
    expect(isWhole(seal, entries.slice(1))).toBe(false)
    expect(
      isWhole(
        seal,
        entries.map((entry) => ({ ...entry, targets: [] })),
      ),
    ).toBe(false)
  })
})

it('an entry whose add lost its answer is the plan’s own, and is not written a second time', async () => {
  let lost = 0
  const engine = world.engine('driver-1', {
    hook: ({ port, method, when }) => {
      if (port === 'ledger' && method === 'add' && when === 'after' && ++lost <= 2) throw new StoreUnavailable('ledger.add')
    },
  })
  const run = await world.run(engine, suiteOf([stepOf(memory, { targets: { ...anyPod, count: 3 } })]))
  expect(run.status).toBe('succeeded')
  const seal = run.steps[0]?.plan
  const all = await world.store.ledger.list(run.id)
  expect(lost).toBeGreaterThan(2)
  expect(seal && isWhole(seal, all)).toBe(true)
})

describe('a plan that was not sealed', () => {
  it('is thrown away: its entries are closed, hit nothing and are in no report; the next driver plans all of its own', async () => {
    let added = false
    const relay = new Relay(world, {
      timeMs: 4_000,
      handOver: { firstMs: 2_800, againMs: 1_500, leaveMs: 300 },
      deliver: () => [200],
      through: (engine) => {
        if (engine.owner !== 'driver-1') return engine
        const { ledger } = engine.store
        // One entry of a plan is written, then the table is slow for longer than this driver lives.
        const slow = new Proxy(ledger, {
          get: (target, method: keyof typeof ledger) =>
            method !== 'add'
              ? Reflect.get(target, method).bind(target)
              : async (entry: Parameters<typeof ledger.add>[0]) => {
                  const isNew = await target.add({ ...entry, targets: entry.targets.slice(0, 1) })
                  added = true
                  await world.clock.sleep(60_000)
                  return isNew
                },
        })
        return { ...engine, store: { ...engine.store, ledger: slow } }
      },
    })
    const run = await relay.run(three)
    expect(added).toBe(true)
    expect(run.status).toBe('succeeded')
    const all = await world.store.ledger.list(run.id)
    expect(all.filter(isOpen)).toEqual([])
    expect(all.length).toBeGreaterThan(1)
    const { injections } = await recordOf(world.store, run)
    expect(injections.flatMap(({ targets }) => targets)).toHaveLength(3)
  })
})
