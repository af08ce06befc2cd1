import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import { roleLabel } from '../../../lib/domain/labels.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { around, withInFlight } from '../../support/around.ts'
import { Relay } from '../../support/relay.ts'
import { anyPod, memory, partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})

afterEach(() => world.close())

const deletes = suiteOf([stepOf(podDelete, { targets: { ...anyPod, count: 2 } })])
const halt = () => world.store.controls.set({ kind: 'halt' }, { by: 'ann', why: 'enough', at: world.clock.now() })

/** Drives the suite with the pods that its driver deletes counted, and does something before or after certain calls. */
async function drivenWith(
  act: (method: string, args: readonly { readonly kind?: string }[]) => Promise<void> | void,
  { suite = deletes, inFlight = 1 } = {},
): Promise<{ run: Run; deleted: number }> {
  let deleted = 0
  const engine = around(withInFlight(world.engine(), inFlight), async ({ method, args }, go) => {
    await act(method, args)
    if (method === 'delete' && args[0].kind === 'Pod') deleted++
    return go()
  })
  return { run: await world.run(engine, suite), deleted }
}

describe('a switch that is stored', () => {
  it('between two deletions: the second is never sent', async () => {
    let once = false
    const { run, deleted } = await drivenWith(async (method, [ref]) => {
      if (method !== 'delete' || ref?.kind !== 'Pod' || once) return
      once = true
      await halt()
    })
    expect(deleted).toBe(1)
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann' } })
  })

  it('while two of five deletions are on their way: no third is sent', async () => {
    let begun = 0
    const suite = suiteOf([stepOf(podDelete, { targets: { ...anyPod, count: 5 }, blastRadius: 'all' })])
    const act = async (method: string, [ref]: readonly { readonly kind?: string }[]) => {
      if (method !== 'delete' || ref?.kind !== 'Pod') return
      begun += 1
      await world.clock.sleep(500)
      await halt()
    }
    const { run, deleted } = await drivenWith(act, { suite, inFlight: 2 })
    expect([begun, deleted]).toEqual([2, 2])
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann' } })
  })

  it('while the step is prepared: nothing is deleted at all', async () => {
    let once = false
    const { run, deleted } = await drivenWith(async (method, [kind]) => {
      if (method !== 'list' || kind?.kind !== 'Job' || once || (await world.store.runs.list())[0]?.status !== 'preparing') return
      once = true
      await halt()
    })
    expect(once).toBe(true)
    expect(deleted).toBe(0)
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann' } })
  })

  it('just before the next step begins: its step is not begun, though no watcher has looked yet', async () => {
    let rested = 0
    const engine = world.engine('driver-1', {
      hook: ({ port, method, when }) => {
        if (port !== 'runs' || method !== 'save' || when !== 'after' || rested !== 1) return
        rested = 2
        void halt()
      },
      observe: (progress) => {
        if (progress.kind === 'event' && progress.event.type === 'recovered') rested = 1
      },
      config: { sampleMs: 60_000 },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition), stepOf(podDelete)]))
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted' } })
    expect(run.steps.map((step) => [step.verdict, step.plannedAt === null])).toEqual([
      ['succeeded', false],
      ['skipped', true],
    ])
  })

  it('while the targets of a cut are labelled: its policy is never sent', async () => {
    const created: (string | undefined)[] = []
    const engine = around(world.engine('driver-1', { config: { sampleMs: 60_000 } }), async ({ method, args }, go) => {
      if (method === 'patch' && args[0].kind === 'Pod' && (await world.store.controls.read({ id: '', suite: '' })).halt === null)
        await halt()
      if (method === 'create' && args[1]?.dryRun !== true) created.push(args[0].kind)
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(partition)]))
    expect(created).toContain('Job')
    expect(created).not.toContain('NetworkPolicy')
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann' } })
  })

  it('while an API server refuses an injector for the moment: it is not tried again', async () => {
    let sent = 0
    const engine = around(world.engine('driver-1', { config: { sampleMs: 60_000 } }), async ({ method, args }, go) => {
      const isInjector = method === 'create' && args[0].kind === 'Job' && args[0].metadata.labels?.[roleLabel] === 'injector'
      if (!isInjector || args[1]?.dryRun === true) return go()
      sent++
      await halt()
      throw new KubernetesError('unavailable', 503, 'try again later')
    })
    const run = await world.run(engine, suiteOf([stepOf(memory)]))
    expect(sent).toBe(1)
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann' } })
  })

  it.each(['halt', 'abort'] as const)(
    '%s during a hand-over is stored with the lease of the driver that takes the run, and nothing is deleted',
    async (kind) => {
      let deleted = 0
      const relay = new Relay(world, {
        timeMs: 3_000,
        handOver: { firstMs: 2_500, againMs: 1_500, leaveMs: 300 },
        deliver: (call) => {
          if (call === 1) {
            const key = kind === 'halt' ? ({ kind } as const) : ({ kind, runId } as const)
            void world.store.controls.set(key, { by: 'ann', why: 'enough', at: world.clock.now() })
          }
          return call === 1 ? [1_000] : []
        },
        through: (engine) =>
          around({ ...engine, config: { ...engine.config, sampleMs: 60_000 } }, ({ method, args }, go) => {
            if (method === 'delete' && args[0].kind === 'Pod') deleted++
            return go()
          }),
      })
      let runId = ''
      const suite = { ...deletes, graceBeforeMs: 2_000 }
      const { start } = await import('../../../lib/engine/start.ts')
      runId = (await start(world.engine('driver-1'), world.request(suite, 'relay'))).run.id
      const run = await relay.run(suite)
      expect(deleted).toBe(0)
      expect(run).toMatchObject({ status: 'aborted', abort: { by: 'ann', detail: 'enough' } })
    },
  )
})

describe('a driver that offered its run', () => {
  it('sends no deletion any more, and its successor calls nothing whole before the last one can have arrived', async () => {
    const sent: [string, number][] = []
    let offeredAt = 0
    let firstSentAt = 0
    const relay = new Relay(world, {
      timeMs: 5_000,
      handOver: { firstMs: 2_500, againMs: 1_500, leaveMs: 300 },
      deliver: () => {
        offeredAt ||= world.clock.now()
        return [200]
      },
      through: (engine) =>
        around(withInFlight(engine, 1), async ({ method, args }, go) => {
          if (method === 'delete' && args[0].kind === 'Pod') {
            firstSentAt ||= world.clock.now()
            sent.push([engine.owner, world.clock.now()])
            if (sent.length === 1) await world.clock.sleep(4_000)
          }
          return go()
        }),
    })
    const run = await relay.run(deletes)
    expect(sent.filter(([owner, at]) => owner === 'driver-1' && at >= offeredAt)).toEqual([])
    expect(sent.map(([owner]) => owner === 'driver-1')).toEqual([true, false])
    expect(run.unfencedUntil).toBeGreaterThanOrEqual(firstSentAt + 15_000)
    const history = await world.store.ledger.history(run.id)
    expect(history.find(({ type }) => type === 'verified')?.at).toBeGreaterThanOrEqual(run.unfencedUntil ?? 0)
  })

  it.each([false, true])(
    'and whose DELETE arrives 12 s later: the call is told by name before anything is called whole (halted: %s)',
    async (isHalted) => {
      let sent: { readonly name: string; readonly arrivesAt: number } | undefined
      const relay = new Relay(world, {
        timeMs: 5_000,
        handOver: { firstMs: 2_500, againMs: 1_500, leaveMs: 300 },
        deliver: () => {
          if (isHalted) void halt()
          return [200]
        },
        through: (engine) =>
          around(withInFlight(engine, 1), async ({ method, args }, go) => {
            if (method === 'delete' && args[0].kind === 'Pod' && sent === undefined) {
              sent = { name: args[0].name, arrivesAt: world.clock.now() + 12_000 }
              await world.clock.sleep(12_000)
            }
            return go()
          }),
      })
      const run = await relay.run(deletes)
      const [name, arrivesAt] = [sent?.name ?? '', sent?.arrivesAt ?? 0]
      const history = await world.store.ledger.history(run.id)
      expect(history.find(({ type }) => type === 'handed_over')?.message).toBe(
        `asks another driver to go on; unanswered yet: delete of Pod ${name}`,
      )
      expect(history.filter(({ type }) => type === 'late_calls').map(({ message }) => message)).toEqual([
        expect.stringMatching(`^${name}: a delete of 2026-01-05T09:00:.* was unanswered when its driver handed over; the Pod is gone`),
      ])
      expect(run.steps[0]?.changes).toMatchObject([{ target: name, code: 'late_call' }])
      expect(history.find(({ type }) => type === 'reverted')?.at).toBeGreaterThan(arrivesAt)
      expect(run.underWay).toBeUndefined()
      const [injection] = await world.store.ledger.list(run.id)
      const during = injection?.evidence.find(({ phase }) => phase === 'during')?.summary
      if (isHalted) expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann' } })
      else expect(during).toContain(`${name} gone; the driver before may have done it`)
    },
  )

  it('while a call waits for the switches: the call is not sent', async () => {
    let isNext = false
    let offered = false
    const sentBy: string[] = []
    const relay = new Relay(world, {
      timeMs: 60_000,
      handOver: { firstMs: 50_000, againMs: 1_500, leaveMs: 300 },
      deliver: () => [2_000],
      through: (engine) =>
        around(
          {
            ...engine,
            store: {
              ...engine.store,
              controls: new Proxy(engine.store.controls, {
                get:
                  (target, key) =>
                  async (...args: never[]) => {
                    if (engine.owner === 'driver-1' && isNext && !offered) {
                      offered = true
                      await world.clock.sleep(60_000 - 50_000)
                    }
                    return (Reflect.get(target, key) as (...all: never[]) => unknown).apply(target, args)
                  },
              }),
            },
          },
          async ({ method, args }, go) => {
            const answer = await go()
            // The pods are looked at just before the first call; its own look at the switches comes next.
            isNext ||= method === 'get' && args[0].kind === 'Pod'
            if (method === 'delete' && args[0].kind === 'Pod') sentBy.push(engine.owner)
            return answer
          },
        ),
    })
    await relay.run(deletes)
    expect(offered).toBe(true)
    expect(new Set(sentBy)).toEqual(new Set(['driver-2']))
  })
})
