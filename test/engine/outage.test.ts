import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { KubernetesError, StoreUnavailable } from '../../lib/domain/errors.ts'
import type { RunStatus } from '../../lib/domain/run.ts'
import { resolveRun } from '../../lib/engine/control.ts'
import { drive } from '../../lib/engine/drive.ts'
import { claimOf } from '../../lib/engine/lease/claim.ts'
import { reapRuns } from '../../lib/engine/reap.ts'
import { start } from '../../lib/engine/start.ts'
import { anyPod, nodeDrain, partition, podDelete, stepOf, suiteOf } from '../support/suites.ts'
import type { Hook, World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

const storePorts: readonly string[] = ['runs', 'ledger', 'locks', 'controls']
const ns = 'jadevectordb-system'
const long = suiteOf([stepOf(partition, { durationMs: 120_000 })])

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

/** An engine whose store or cluster fails from `sinceMs` after the run came into a state, for `forMs`. */
function failing(
  what: 'store' | 'cluster',
  status: RunStatus,
  options: { readonly sinceMs?: number; readonly forMs?: number; readonly owner?: string } = {},
) {
  let from = status === 'requested' ? 0 : Number.POSITIVE_INFINITY
  const down: { at: number | null } = { at: null }
  const hook: Hook = ({ port, when }) => {
    const now = world.clock.now()
    if (when === 'after' || now < from || now >= from + (options.forMs ?? Number.POSITIVE_INFINITY)) return
    if (storePorts.includes(port) !== (what === 'store')) return
    down.at ??= now
    throw what === 'store'
      ? new StoreUnavailable('no answer')
      : new KubernetesError('unavailable', 503, 'the API server is away', { retryable: true })
  }
  const engine = world.engine(options.owner ?? 'driver-1', {
    hook,
    observe: ({ run }) => {
      if (run.status === status && from === Number.POSITIVE_INFINITY) from = world.clock.now() + (options.sinceMs ?? 0)
    },
  })
  return { engine, down }
}

describe('a driver that loses the store', () => {
  it('reverts from memory before its lease ends, and the reaper ends the run', async () => {
    const before = world.footprint()
    const { engine, down } = failing('store', 'holding', { sinceMs: 10_000 })
    await expect(world.run(engine, long)).rejects.toBeInstanceOf(StoreUnavailable)
    expect(world.clock.now() - (down.at ?? 0)).toBeLessThan(30_000)
    expect(world.sandbox.objects().filter((o) => o.kind === 'NetworkPolicy')).toEqual([])
    await world.pass(61_000)
    const reaped = await world.play(reapRuns(world.engine('reaper'), await world.store.runs.due(world.clock.now())))
    expect(reaped.runs).toMatchObject([{ status: 'aborted', orphans: 0, abort: { reason: 'driver_lost' } }])
    expect(world.footprint()).toEqual(before)
  })

  it('lifts a cordon from memory as well', async () => {
    const { engine } = failing('store', 'holding', { sinceMs: 5_000 })
    await expect(world.run(engine, suiteOf([stepOf(nodeDrain, { durationMs: 120_000 })]))).rejects.toBeInstanceOf(StoreUnavailable)
    expect(world.sandbox.objects().filter((o) => (o as { spec?: { unschedulable?: boolean } }).spec?.unschedulable === true)).toEqual([])
  })

  it('goes on when the store comes back in time', async () => {
    const { engine } = failing('store', 'holding', { sinceMs: 10_000, forMs: 6_000 })
    expect(await world.run(engine, long)).toMatchObject({ status: 'succeeded' })
  })
})

describe('a cluster that does not answer', () => {
  it('keeps the run reverting, with retries, until the undo is proven', async () => {
    const before = world.footprint()
    const { engine } = failing('cluster', 'reverting', { forMs: 45_000 })
    const run = await world.run(engine, suiteOf([stepOf(partition)]))
    expect(run).toMatchObject({ status: 'succeeded', orphans: 0 })
    const history = await world.store.ledger.history(run.id)
    expect(history.filter((e) => e.type === 'undo_unproven').length).toBeGreaterThan(5)
    expect(world.footprint()).toEqual(before)
  })

  it('is told with each try by the first few of many targets: what is told of a try does not grow with them', async () => {
    await world.close()
    world = await openWorld({ replicas: 24 })
    const { engine } = failing('cluster', 'reverting', { forMs: 10_000 })
    const run = await world.run(engine, suiteOf([stepOf(partition, { targets: { ...anyPod, count: 12 } })]))
    const [told] = (await world.store.ledger.history(run.id)).filter(({ type }) => type === 'undo_unproven')
    expect(told?.message).toMatch(/^undo not proven yet: network-partition on (?:[\w-]+, ){9}[\w-]+ and 2 more: /)
  })

  it('is no halt while a fault is held', async () => {
    const { engine } = failing('cluster', 'holding', { sinceMs: 2_000, forMs: 10_000 })
    expect(await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))).toMatchObject({ status: 'succeeded' })
  })

  it('makes the end evidence unknown, and so no pass, but does not delay the revert', async () => {
    const { engine } = failing('cluster', 'holding', { sinceMs: 4_000, forMs: 7_000 })
    const run = await world.run(engine, suiteOf([stepOf(partition)]))
    expect(run.steps[0]).toMatchObject({ verdict: 'no_effect', reasons: [{ code: 'unknown_at_end', detail: 'the API server is away' }] })
    const [{ at } = { at: 0 }] = (await world.store.ledger.history(run.id)).filter((e) => e.type === 'hold_over')
    expect(at - (run.steps[0]?.plannedEnd ?? 0)).toBe(0)
  })

  it('refuses a start, with a record', async () => {
    const { engine } = failing('cluster', 'requested')
    expect(await world.run(engine, long)).toMatchObject({
      status: 'refused',
      refusals: [{ code: 'unreachable', message: 'the API server is away' }],
    })
  })

  it('lets a driver leave a run whose undo stays unproven, for the reaper or a person', async () => {
    const { engine } = failing('cluster', 'reverting')
    const left = await world.run(engine, suiteOf([stepOf(partition)]), { giveUpAfterMs: 60_000 })
    expect(left).toMatchObject({ status: 'reverting', lease: null })
    const resolved = await world.play(
      resolveRun(world.engine('ann'), left.id, { who: { kind: 'os', name: 'ann' }, why: 'the cluster was deleted' }),
    )
    expect(resolved).toMatchObject({ status: 'failed', resolved: { by: 'ann', why: 'the cluster was deleted' } })
  })
})

describe('two drivers', () => {
  it('never drive one run: a late one is told who has it, and the reaper leaves it alone', async () => {
    const { run } = await world.play(start(world.engine('first'), world.request(long)))
    const second = world.engine('second')
    expect(claimOf(run, second)).toBe('held')
    expect(await world.play(reapRuns(second, [run]))).toMatchObject({ runs: [], alive: [{ id: run.id }] })
    await world.pass(59_000)
    expect(claimOf(run, second)).toBe('held')
    await world.pass(2_000)
    expect(claimOf(run, second)).toBe('take_over')
  })

  it('a zombie that comes back after a takeover changes nothing and stops', async () => {
    const before = world.footprint()
    let asleep: (() => void) | null = null
    const wakeUp = new Promise<void>((resolve) => {
      asleep = resolve
    })
    let frozen = false
    const zombie = world.engine('zombie', {
      observe: ({ run }) => {
        if (run.status === 'injecting') frozen = true
      },
    })
    const freeze = <T extends object>(target: T): T =>
      new Proxy(target, {
        get: (object, name: string) => {
          const value: unknown = Reflect.get(object, name)
          if (typeof value !== 'function') return value
          return async (...args: unknown[]) => {
            if (frozen) await wakeUp
            return value.apply(object, args)
          }
        },
      })
    const slow = { ...zombie, store: { ...zombie.store, runs: freeze(zombie.store.runs), ledger: freeze(zombie.store.ledger) } }
    const { run } = await world.play(start(slow, world.request(long)))
    const driving = drive(slow, run.id).then(
      () => 'ended',
      (error: unknown) => (error as { code?: string }).code,
    )
    await world.pass(5_000)
    expect(frozen).toBe(true)
    await world.pass(90_000)
    const reaped = await world.play(reapRuns(world.engine('reaper'), [run]))
    expect(reaped.runs).toMatchObject([{ status: 'aborted', orphans: 0 }])
    asleep = asleep as (() => void) | null
    asleep?.()
    expect(['lease_lost', 'unavailable']).toContain(await world.play(driving))
    await world.pass(5_000)
    expect(world.footprint()).toEqual(before)
    expect((await world.store.runs.load(run.id))?.status).toBe('aborted')
  })
})

describe('a run that lasts too long', () => {
  it('is aborted at its maxDuration, and reverted', async () => {
    const run = await world.run(world.engine(), suiteOf([stepOf(partition, { durationMs: 60_000 })], { maxDurationMs: 20_000 }))
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'deadline' }, orphans: 0 })
  })
})

describe('a fault that does nothing', () => {
  it('is no_effect, and both possible causes are named', async () => {
    await world.close()
    world = await openWorld({ enforceNetworkPolicies: false })
    const before = world.footprint()
    const run = await world.run(world.engine(), suiteOf([stepOf(partition), stepOf(podDelete)]))
    expect(run).toMatchObject({ status: 'no_effect', orphans: 0 })
    expect(run.steps[0]?.reasons[0]?.detail).toMatch(
      /still answers: the CNI does not enforce NetworkPolicies, or another policy allows the traffic/,
    )
    expect(run.steps.map((s) => s.verdict)).toEqual(['no_effect', 'succeeded'])
    expect(world.footprint()).toEqual(before)
  })
})

describe('a drain that a budget blocks', () => {
  it('obeys the budget, is no_effect, and gives the node back', async () => {
    world.sandbox.create('poddisruptionbudgets', {
      metadata: { name: 'all', namespace: ns },
      spec: { minAvailable: 3, selector: { matchLabels: { app: 'jadevectordb' } } },
    } as never)
    await world.pass(3_000)
    const before = world.footprint()
    const run = await world.run(world.engine(), suiteOf([stepOf(nodeDrain, { blastRadius: 'all' })]))
    expect(run).toMatchObject({ status: 'no_effect', orphans: 0 })
    expect(run.steps[0]?.reasons[0]?.detail).toContain(
      'is held by a budget: The disruption budget all needs 3 healthy pods and has 3 currently',
    )
    expect(world.footprint()).toEqual(before)
  })
})
