import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { StoreUnavailable } from '../../lib/domain/errors.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import { sweepOrphans } from '../../lib/engine/reap.ts'
import { around, dieIn } from '../support/around.ts'
import { Relay } from '../support/relay.ts'
import { anyPod, memory, nodeDrain, partition, podDelete, podKill, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 4 })
})

afterEach(() => world.close())

describe('undo first', () => {
  const faults: readonly (readonly [string, FaultSpec])[] = [
    ['network-partition', partition],
    ['pod-delete', podDelete],
    ['pod-kill', podKill],
    ['memory-exhaustion', memory],
    ['node-drain', nodeDrain],
  ]

  it.each(faults)('a %s changes nothing in the cluster before its entry says that it begins', async (_, fault) => {
    const early: string[] = []
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const [object] = args
      const kind = String(object?.kind ?? method)
      const role = object?.metadata?.labels?.['faultline.dev/role']
      const touches = ['create', 'patch', 'delete', 'evict'].includes(method) && args[1]?.dryRun !== true
      if (touches && kind !== 'Job') {
        const [run] = await world.store.runs.list()
        const entries = run === undefined ? [] : await world.store.ledger.list(run.id)
        if (!entries.some(({ status }) => status !== 'planned')) early.push(`${method} ${kind}`)
      }
      if (method === 'create' && args[1]?.dryRun !== true && role === 'injector') {
        const [run] = await world.store.runs.list()
        const entries = await world.store.ledger.list(run?.id ?? '')
        if (!entries.some(({ status }) => status === 'injecting')) early.push(`${method} injector`)
      }
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(fault, { targets: { ...anyPod, count: 1 } })]))
    expect(run.status).toBe('succeeded')
    expect(early).toEqual([])
  })
})

describe('once', () => {
  it('a lock is given back only when the end of its run is stored', async () => {
    const ends: boolean[] = []
    const engine = world.engine()
    const { locks } = engine.store
    const watched = new Proxy(locks, {
      get: (target, method: keyof typeof locks) =>
        method !== 'release'
          ? Reflect.get(target, method).bind(target)
          : async (key: string, runId: string) => {
              const stored = await world.store.runs.load(runId)
              ends.push(stored !== undefined && isEnded(stored))
              return target.release(key, runId)
            },
    })
    await world.run({ ...engine, store: { ...engine.store, locks: watched } }, suiteOf([stepOf(nodeDrain)]))
    expect(ends).toEqual([true, true])
  })
})

describe('the sweep', () => {
  it('leaves what belongs to a run that lives, however long it has expired, and takes it when the run is over', async () => {
    const run = await dieIn(world, 'holding', suiteOf([stepOf(memory, { durationMs: 30_000 })]))
    const labels = { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': run.id, 'faultline.dev/role': 'policy' }
    const metadata = { name: 'late', namespace: run.namespace, labels, annotations: { 'faultline.dev/expires-at': '2026-01-05T09:00:00Z' } }
    const policy = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: { matchLabels: { x: 'y' } } },
    }
    await world.cluster.objects.create(policy)
    expect(await world.play(sweepOrphans(world.engine('reaper'), world.cluster))).toEqual({ found: [], removed: [], inert: [], failed: [] })
    const over = { ...run, version: run.version + 1, status: 'failed' as const, endedAt: world.clock.now(), refusals: [], resolved: null }
    await world.store.runs.save(over)
    const { removed } = await world.play(sweepOrphans(world.engine('reaper'), world.cluster))
    expect(removed).toContain(`NetworkPolicy ${run.namespace}/late (policy)`)
  })
})

describe('a cordon', () => {
  it('is refused when the node changed between the look and the patch: a cordon by hand is not taken for ours', async () => {
    let raced = ''
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const [ref, patch] = args
      if (method === 'patch' && ref.kind === 'Node' && patch.spec?.unschedulable === true && raced === '') {
        raced = String(ref.name)
        const headers = { 'content-type': 'application/merge-patch+json' }
        const body = JSON.stringify({ spec: { unschedulable: true } })
        await fetch(`${world.sandbox.url}/api/v1/nodes/${raced}?fieldManager=kubectl`, { method: 'PATCH', headers, body })
      }
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(nodeDrain)]))
    expect(run.status).toBe('failed')
    expect(run.steps[0]?.reasons[0]?.detail).toContain('was cordoned by another client')
    expect(world.sandbox.get('nodes', raced)).toMatchObject({ spec: { unschedulable: true } })
  })
})

describe('a driver that handed over', () => {
  it("never undoes its successor's fault from memory, however long the table keeps it waiting", async () => {
    let handedOver = false
    const relay = new Relay(world, {
      timeMs: 60_000,
      handOver: { firstMs: 55_000, againMs: 3_000, leaveMs: 300 },
      deliver: (call) => {
        handedOver = true
        return call === 1 ? [500] : [200]
      },
      through: (engine) => {
        if (engine.owner !== 'driver-1') return engine
        const { runs } = engine.store
        const away = new Proxy(runs, {
          get: (target, method: keyof typeof runs) =>
            method !== 'save'
              ? Reflect.get(target, method).bind(target)
              : async (run: Parameters<typeof runs.save>[0]) => {
                  if (handedOver) {
                    await world.clock.sleep(11_500)
                    throw new StoreUnavailable('the table')
                  }
                  return target.save(run)
                },
        })
        return { ...engine, store: { ...engine.store, runs: away } }
      },
    })
    const run = await relay.run(suiteOf([stepOf(partition, { durationMs: 40_000 })]))
    expect(run).toMatchObject({ status: 'succeeded', abort: null })
  })

  it('leaves what it could not copy of the history to its successor, which copies it', async () => {
    const relay = new Relay(world, {
      timeMs: 6_000,
      handOver: { firstMs: 3_000, againMs: 1_500, leaveMs: 300 },
      deliver: () => [200],
      through: (engine) => {
        if (engine.owner !== 'driver-1') return engine
        const { ledger } = engine.store
        const away = new Proxy(ledger, {
          get: (target, method: keyof typeof ledger) =>
            method !== 'appendHistory'
              ? Reflect.get(target, method).bind(target)
              : () => Promise.reject(new StoreUnavailable('the history')),
        })
        return { ...engine, store: { ...engine.store, ledger: away } }
      },
    })
    const run = await relay.run(suiteOf([stepOf(partition, { durationMs: 20_000 })]))
    const types = (await world.store.ledger.history(run.id)).map(({ type }) => type)
    expect(run.status).toBe('succeeded')
    expect(types).toEqual(expect.arrayContaining(['requested', 'admitted', 'beacon_lit', 'step_planned', 'injected', 'reverted']))
  })
})

describe('the history', () => {
  it('holds up no revert: it is copied beside the saves', async () => {
    const engine = world.engine()
    const { ledger } = engine.store
    const slow = new Proxy(ledger, {
      get: (target, method: keyof typeof ledger) =>
        method !== 'appendHistory'
          ? Reflect.get(target, method).bind(target)
          : async (...args: Parameters<typeof ledger.appendHistory>) => {
              await world.clock.sleep(12_000)
              return target.appendHistory(...args)
            },
    })
    const run = await world.run({ ...engine, store: { ...engine.store, ledger: slow } }, suiteOf([stepOf(partition)]))
    const [step] = run.steps
    expect(run.status).toBe('succeeded')
    expect((step?.revertedAt ?? 0) - (step?.plannedEnd ?? 0)).toBeLessThan(2_000)
  })
})
