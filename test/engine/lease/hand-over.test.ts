import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { StoreUnavailable } from '../../../lib/domain/errors.ts'
import { reasonTexts } from '../../../lib/domain/reason.ts'
import type { Run } from '../../../lib/domain/run.ts'
import type { FaultSpec } from '../../../lib/domain/suite.ts'
import type { Engine } from '../../../lib/engine/engine.ts'
import { reapRuns } from '../../../lib/engine/reap.ts'
import { start } from '../../../lib/engine/start.ts'
import { around } from '../../support/around.ts'
import { Relay } from '../../support/relay.ts'
import {
  anyPod,
  crashloop,
  latency,
  memory,
  nodeDrain,
  partition,
  podDelete,
  podKill,
  podPause,
  stepOf,
  suiteOf,
} from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})

afterEach(() => world.close())

const tiny = { timeMs: 6_000, handOver: { firstMs: 3_000, againMs: 1_500, leaveMs: 300 } }
const twoSteps = (fault: FaultSpec) =>
  suiteOf([stepOf(fault, { targets: { ...anyPod, count: 2 }, blastRadius: 'all' }), stepOf(fault, { blastRadius: 'all' })])

/** What a run did, apart from who did it and when. */
async function deeds(run: Run) {
  const history = await world.store.ledger.history(run.id)
  const ledger = await world.store.ledger.list(run.id)
  return {
    status: run.status,
    verdicts: run.steps.map((step) => [step.verdict, reasonTexts(step)]),
    events: history
      .map((event) => event.type)
      .filter((type, i) => !['leased', 'handed_over', 'released', 'undo_unproven'].includes(type) && type !== history[i - 1]?.type),
    ledger: ledger.map(({ step, n, status, targets }) => [step, n, status, targets.length]),
    orphans: run.orphans,
  }
}

/** The first driver's second injector stays on its way until that driver is gone. */
function stallSecondInjector() {
  let creates = 0
  const through = (engine: Engine) =>
    around(engine, async ({ method, args }, go) => {
      const isInjector = method === 'create' && args[1]?.dryRun !== true && args[0].metadata.labels?.['faultline.dev/role'] === 'injector'
      if (isInjector && engine.owner === 'driver-1' && ++creates === 2) await world.clock.sleep(60_000)
      return go()
    })
  return { through, creates: () => creates }
}

const handOvers = async (run: Run) => (await world.store.ledger.history(run.id)).filter((event) => event.type === 'handed_over').length

describe('a run that is handed from driver to driver', () => {
  const faults: readonly (readonly [string, FaultSpec])[] = [
    ['network-partition', partition],
    ['pod-delete', podDelete],
    ['pod-kill', podKill],
    ['crashloop', crashloop],
    ['pod-pause', podPause],
    ['memory-exhaustion', memory],
    ['node-drain', nodeDrain],
  ]

  it.each(faults)(
    'does with a %s what one driver alone would have done',
    async (_, fault) => {
      const uncut = await deeds(await world.run(world.engine('alone'), twoSteps(fault)))
      await world.close()
      world = await openWorld({ replicas: 6 })
      const before = world.footprint()
      const relay = new Relay(world, tiny)
      const run = await relay.run(twoSteps(fault))
      expect(await deeds(run)).toEqual(uncut)
      expect(run.status).toBe('succeeded')
      expect(await handOvers(run)).toBeGreaterThanOrEqual(5)
      await world.pass(60_000)
      expect(world.footprint()).toEqual(before)
      expect(world.sandbox.effects()).toEqual([])
    },
    60_000,
  )

  it('says what no node here can do, also of the node that the driver before it tried', async () => {
    const stalled = stallSecondInjector()
    const run = await new Relay(world, { ...tiny, through: stalled.through }).run(
      suiteOf([stepOf({ ...latency, kind: 'loss', latencyMs: 0, lossPercent: 20 }, { targets: { ...anyPod, count: 2 } })]),
    )
    expect(stalled.creates()).toBe(2)
    expect([run.status, run.steps[0]?.reasons.map(({ code }) => code)]).toEqual(['failed', ['not_possible_here', 'not_possible_here']])
  })

  it('leaves alone what the driver before it had put in place and proven, while it puts the rest in place', async () => {
    const stalled = stallSecondInjector()
    const run = await new Relay(world, { ...tiny, through: stalled.through }).run(
      suiteOf([stepOf(memory, { targets: { ...anyPod, count: 2 }, blastRadius: 'all' })]),
    )
    const history = await world.store.ledger.history(run.id)
    const second = history.find(({ type, message }) => type === 'leased' && message.includes('driver-2'))
    const proven = (await world.store.ledger.list(run.id)).map(({ evidence }) => evidence.find(({ phase }) => phase === 'during')?.at ?? 0)
    const before = proven.map((at) => at < (second?.at ?? 0)).sort()
    expect([stalled.creates(), run.status, before]).toEqual([2, 'succeeded', [false, true]])
  })

  it('injects once, however often and in whatever order the call arrives', async () => {
    const relay = new Relay(world, { ...tiny, deliver: (call) => (call % 2 === 0 ? [2_400, 10, 10] : [900, 900, 4_000]) })
    const run = await relay.run(twoSteps(podDelete))
    expect(run.status).toBe('succeeded')
    const ledger = await world.store.ledger.list(run.id)
    expect(ledger.map((entry) => entry.status)).toEqual(ledger.map(() => 'reverted'))
    const { events } = await deeds(run)
    expect(events.filter((type) => type === 'injected')).toHaveLength(ledger.length)
    expect(relay.left.filter((left) => !['refused', 'conflict', 'lease_lost'].includes(left.outcome)).length).toBeGreaterThan(4)
  })

  it('goes on when the first call is lost: the driver calls again, and drives on meanwhile', async () => {
    const relay = new Relay(world, { ...tiny, deliver: (call) => (call % 2 === 1 ? [] : [100]) })
    const run = await relay.run(twoSteps(partition))
    expect(run.status).toBe('succeeded')
    expect(await handOvers(run)).toBeGreaterThanOrEqual(5)
  })

  it('goes on under the next driver when the one that called dies at once', async () => {
    let dead = false
    const relay = new Relay(world, {
      ...tiny,
      hook: (n) => () => {
        if (dead && n === 1) throw new Error('the process is dead')
      },
      deliver: () => {
        dead = true
        return [200]
      },
    })
    const run = await relay.run(twoSteps(partition))
    expect(run.status).toBe('succeeded')
  })

  it('is driven on by the reaper when every call is lost', async () => {
    const relay = new Relay(world, { ...tiny, deliver: () => [] })
    const run = await relay.run(twoSteps(partition))
    expect(run).toMatchObject({ handover: true, lease: { owner: 'driver-1' } })
    expect(relay.left).toEqual([expect.objectContaining({ outcome: run.status })])
    await world.pass(20_000)
    const { runs } = await world.play(reapRuns(world.engine('reaper'), await world.store.runs.due(world.clock.now())))
    expect(runs[0]?.steps.map((step) => step.verdict)).toEqual(['no_effect', 'succeeded'])
    expect(runs[0]?.steps[0]?.reasons).toEqual([{ code: 'unknown_at_end', detail: 'no driver looked before the planned end' }])
  })

  it('is reverted, and never continued, when no successor came for longer than a lease', async () => {
    const relay = new Relay(world, { ...tiny, deliver: () => [] })
    await relay.run(twoSteps(partition))
    await world.pass(61_000)
    const { runs } = await world.play(reapRuns(world.engine('reaper'), await world.store.runs.due(world.clock.now())))
    expect(runs[0]).toMatchObject({
      status: 'aborted',
      abort: { reason: 'driver_lost', detail: 'it was handed over, and no successor took it in time' },
    })
    expect(world.sandbox.objects().filter((object) => object.kind === 'NetworkPolicy')).toEqual([])
  })

  it('keeps its driver and its flag through renewals until a successor comes', async () => {
    const seen: boolean[] = []
    const relay = new Relay(world, {
      timeMs: 60_000,
      handOver: { firstMs: 55_000, againMs: 3_000, leaveMs: 300 },
      deliver: (call) => (call === 1 ? [25_000] : []),
      hook: (n) => (n === 2 ? ({ method, when }) => void (method === 'load' && when === 'before' && seen.push(true)) : undefined),
    })
    const run = await relay.run(suiteOf([stepOf(partition, { durationMs: 40_000 })]))
    expect(run.status).toBe('succeeded')
    expect(seen.length).toBeGreaterThan(0)
    expect(relay.left[0]).toMatchObject({ owner: 'driver-1', outcome: 'holding' })
    const drivers = (await world.store.ledger.history(run.id)).filter((e) => e.type === 'leased').map((e) => e.message)
    expect(drivers[1]).toBe('driven on by driver-2')
  })

  it('calls until it is heard when the bus does not answer', async () => {
    let calls = 0
    const relay = new Relay(world, {
      ...tiny,
      deliver: () => {
        calls++
        if (calls % 3 !== 0) throw new StoreUnavailable('the bus')
        return [50]
      },
    })
    const run = await relay.run(suiteOf([stepOf(partition)]))
    expect(run.status).toBe('succeeded')
    expect(calls).toBeGreaterThanOrEqual(3)
  })

  it('is taken by one of those who come at once, reapers among them, and by no second one', async () => {
    const outcomes: string[] = []
    const relay = new Relay(world, {
      ...tiny,
      deliver: (call) => {
        if (call === 1) {
          void reapRuns(world.engine('reaper-1'), [{ id: runId } as Run]).then(({ errors }) =>
            outcomes.push(...errors.map((e) => e.message)),
          )
          void reapRuns(world.engine('reaper-2'), [{ id: runId } as Run]).then(({ errors }) =>
            outcomes.push(...errors.map((e) => e.message)),
          )
        }
        return [0]
      },
    })
    const suite = suiteOf([stepOf(partition)])
    const { run } = await start(world.engine('driver-1'), world.request(suite, 'relay'))
    const runId = run.id
    await relay.run(suite)
    await world.pass(60_000)
    expect((await world.store.runs.load(runId))?.status).toBe('succeeded')
    expect(outcomes).toEqual([])
  })

  it('obeys an abort that was asked for between two drivers', async () => {
    const relay = new Relay(world, {
      ...tiny,
      deliver: (call) => {
        if (call === 2) void world.store.controls.set({ kind: 'halt' }, { by: 'ann', why: 'enough', at: world.clock.now() })
        return [100]
      },
    })
    const run = await relay.run(twoSteps(partition))
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann' } })
  })

  it('leaves in time although the cluster hangs, and its successor undoes the fault', async () => {
    const relay = new Relay(world, {
      timeMs: 10_000,
      handOver: { firstMs: 4_000, againMs: 2_000, leaveMs: 500 },
      deliver: (call) => (call === 2 ? [6_000] : []),
      through: (engine) => hangs(engine),
    })
    const firstEnds = world.clock.now() + 10_000
    const hangs = (engine: Engine): Engine =>
      around(engine, async (_, go) => {
        if (world.clock.now() > firstEnds - 4_000 && world.clock.now() < firstEnds + 2_000) await world.clock.sleep(8_000)
        return go()
      })
    const run = await relay.run(suiteOf([stepOf(partition, { durationMs: 8_000 })]))
    expect(relay.left[0]).toMatchObject({ owner: 'driver-1', at: firstEnds - 500 })
    expect(run.status).toBe('succeeded')
    expect(world.sandbox.objects().filter((object) => object.kind === 'NetworkPolicy')).toEqual([])
  })
})
