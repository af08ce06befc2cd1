import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openMemoryStore } from '../../lib/adapters/sqlite/store.ts'
import { FaultlineError, KubernetesError, StoreUnavailable } from '../../lib/domain/errors.ts'
import type { ClusterRef } from '../../lib/domain/run.ts'
import { drive } from '../../lib/engine/drive.ts'
import type { Progress } from '../../lib/engine/engine.ts'
import { reapRuns, sweepOrphans } from '../../lib/engine/reap.ts'
import { start } from '../../lib/engine/start.ts'
import { around, dieIn } from '../support/around.ts'
import { anyPod, partition, podDelete, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

const ns = 'jadevectordb-system'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})

afterEach(() => world.close())

const policies = () => world.sandbox.objects().filter((o) => o.kind === 'NetworkPolicy')

describe('a run in broken surroundings', () => {
  it('a reaper whose first try fails after the lease still only reverts', async () => {
    const dead = await dieIn(world, 'preparing', suiteOf([stepOf(partition)], { graceBeforeMs: 5_000 }))
    await world.pass(61_000)
    let fail = true
    const base = world.engine('reaper')
    const reaper = {
      ...base,
      connect: async (ref: ClusterRef) => {
        if (fail) throw new KubernetesError('unavailable', 0, 'no way', { retryable: true })
        return base.connect(ref)
      },
    }
    await world.play(reapRuns(reaper, [dead]))
    fail = false
    await world.pass(61_000)
    const { runs } = await world.play(reapRuns(reaper, [dead]))
    expect(runs[0]?.status).toBe('aborted')
    expect((await world.store.ledger.history(dead.id)).map((e) => e.type)).not.toContain('injected')
  })

  it('one run that cannot be undone does not keep the reaper from the others', async () => {
    const first = await dieIn(world, 'holding', suiteOf([stepOf(partition, { durationMs: 20_000 })]), { key: 'a' })
    world.sandbox.create('namespaces', { metadata: { name: 'two' } } as never)
    const second = {
      ...suiteOf([stepOf(podDelete)]),
      namespace: 'two',
      selector: 'app=two',
      steps: [stepOf(partition, { targets: { ...anyPod, selector: 'app=two' }, durationMs: 600_000 })],
    }
    world.sandbox.create('deployments', {
      metadata: { name: 'two', namespace: 'two' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'two' } },
        template: {
          metadata: { labels: { app: 'two' } },
          spec: { containers: [{ name: 'x', image: 'x:1', ports: [{ containerPort: 80 }] }] },
        },
      },
    } as never)
    await world.pass(5_000)
    const b = await dieIn(world, 'holding', second, { key: 'b', owner: 'dead2' })
    expect([first.status, b.status]).toEqual(['holding', 'holding'])
    await world.pass(61_000)
    // the first run's API calls in its namespace fail for good
    const reaper = around(world.engine('reaper'), async ({ args }, go) => {
      if (args[0]?.namespace === ns) throw new KubernetesError('forbidden', 403, 'RoleBinding was removed')
      return go()
    })
    void reapRuns(reaper, [first, b], { giveUpAfterMs: 300_000 }).catch(() => undefined)
    await world.pass(60_000)
    expect((await world.store.runs.load(b.id))?.status).toBe('aborted')
  })

  it('a bug in one run does not keep the reaper from the others', async () => {
    const a = await dieIn(world, 'holding', suiteOf([stepOf(partition, { durationMs: 600_000 })]), { key: 'a' })
    await world.pass(61_000)
    const reaper = world.engine('reaper')
    const broken = {
      ...reaper,
      connect: async () => {
        throw new TypeError('bug')
      },
    }
    await expect(world.play(reapRuns(broken, [a]))).resolves.toMatchObject({ errors: [{ runId: a.id }] })
  })

  it('a store that refuses (expired credentials) is a lost store: reverted from memory', async () => {
    let bad = false
    let since = 0
    const engine = world.engine('driver-1', {
      hook: ({ port, when }) => {
        if (bad && when === 'before' && ['runs', 'ledger', 'locks', 'controls'].includes(port))
          throw new FaultlineError('forbidden', 'ExpiredTokenException')
      },
      observe: ({ run }) => {
        if (run.status === 'holding' && !bad) {
          bad = true
          since = world.clock.now()
        }
      },
    })
    const driving = world.run(engine, suiteOf([stepOf(partition, { durationMs: 100_000 })])).then(
      () => 'ok',
      (error: { code?: string }) => error.code,
    )
    await world.pass(35_000 + 10_000)
    expect(since).toBeGreaterThan(0)
    expect(policies()).toEqual([])
    await driving
  })

  it('two tables: two starts at the same time make one run', async () => {
    const other = await openMemoryStore(world.clock)
    const suite = suiteOf([stepOf(partition, { durationMs: 20_000 })])
    const a = world.engine('a')
    const b = { ...world.engine('b'), store: other }
    const [x, y] = await world.play(
      Promise.all([
        start(a, world.request(suite, 'a')).then(({ run }) => drive(a, run.id)),
        start(b, world.request(suite, 'b')).then(({ run }) => drive(b, run.id)),
      ]),
    )
    await other.close()
    expect([x.status, y.status]).toContain('refused')
    expect([x.status, y.status].filter((s) => s === 'succeeded').length).toBeLessThanOrEqual(1)
  })

  it('orphans are counted although the sweep had to be tried twice', async () => {
    let stray = false
    let failed = false
    const engine = around(
      world.engine('driver-1', {
        observe: ({ run }) => {
          if (run.status === 'verifying' && !stray) {
            stray = true
            world.sandbox.create('networkpolicies', {
              metadata: {
                name: 'stray',
                namespace: ns,
                labels: { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': run.id, 'faultline.dev/role': 'policy' },
              },
              spec: { podSelector: { matchLabels: { x: 'y' } } },
            } as never)
          }
        },
      }),
      async ({ method, args }, go) => {
        if (stray && !failed && method === 'delete' && args[0].kind === 'Job') {
          failed = true
          throw new KubernetesError('unavailable', 503, 'blip')
        }
        return go()
      },
    )
    const run = await world.run(engine, suiteOf([stepOf(partition)]))
    expect(failed).toBe(true)
    expect(run).toMatchObject({ status: 'failed', orphans: 1 })
  })

  it('a planned pod-delete that touched nothing never keeps a run from ending', async () => {
    const dead = await dieIn(world, 'injecting', suiteOf([stepOf(podDelete)]))
    expect((await world.store.ledger.list(dead.id)).map((i) => i.status)).toEqual(['planned'])
    await world.pass(61_000)
    // a deployment rolled a broken image out meanwhile: one pod will never be Ready again
    const pod = world.sandbox.objects().find((o) => o.kind === 'Pod' && o.metadata.labels?.app === 'jadevectordb')
    world.sandbox.patch('nodes', { name: 'sandbox-node-1' }, { spec: { unschedulable: true } })
    world.sandbox.patch('nodes', { name: 'sandbox-node-2' }, { spec: { unschedulable: true } })
    world.sandbox.patch('nodes', { name: 'sandbox-node-3' }, { spec: { unschedulable: true } })
    world.sandbox.delete('pods', { name: pod?.metadata.name ?? '', namespace: ns })
    const { runs } = await world.play(reapRuns(world.engine('reaper'), [dead], { giveUpAfterMs: 120_000 }))
    expect(runs[0]?.status).toBe('aborted')
  })

  it('an object the sweep may not delete does not keep it from the others', async () => {
    for (const n of ['one', 'two']) {
      world.sandbox.create('namespaces', { metadata: { name: n } } as never)
      world.sandbox.create('networkpolicies', {
        metadata: {
          name: 'p',
          namespace: n,
          labels: { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': 'gone' },
          annotations: { 'faultline.dev/expires-at': '2020-01-01T00:00:00Z' },
        },
        spec: { podSelector: { matchLabels: { x: 'y' } } },
      } as never)
    }
    world.sandbox.forbid({ namespace: 'one', verb: 'delete' })
    await world.play(sweepOrphans(world.engine('reaper'), world.cluster)).catch(() => undefined)
    expect(policies().map((p) => p.metadata.namespace)).toEqual(['one'])
  })

  it('a driver that slept through its own lease does not inject', async () => {
    let frozen = 0
    const base = world.engine('driver-1')
    const clock = {
      now: world.clock.now,
      sleep: async (ms: number, s?: AbortSignal) => {
        await world.clock.sleep(ms, s)
        if (frozen > world.clock.now()) await world.clock.sleep(frozen - world.clock.now())
      },
    }
    const engine = {
      ...base,
      clock,
      observe: ({ run }: Progress) => {
        if (run.status === 'preparing' && frozen === 0) frozen = world.clock.now() + 120_000
      },
    }
    const run = await world.run(engine, suiteOf([stepOf(partition)], { graceBeforeMs: 5_000 }))
    expect((await world.store.ledger.history(run.id)).map((e) => e.type)).not.toContain('injected')
  })

  it('reverting from memory survives one failed call', async () => {
    let since = 0
    let failed = false
    const engine = around(
      world.engine('driver-1', {
        hook: ({ port, when }) => {
          if (since > 0 && when === 'before' && ['runs', 'ledger', 'locks', 'controls'].includes(port)) throw new StoreUnavailable('x')
        },
        observe: ({ run }) => {
          if (run.status === 'holding' && since === 0) since = world.clock.now()
        },
      }),
      async ({ method, args }, go) => {
        if (since > 0 && method === 'delete' && args[0].kind === 'Job' && !failed) {
          failed = true
          throw new KubernetesError('unavailable', 0, 'blip', { retryable: true })
        }
        return go()
      },
    )
    const code = world.run(engine, suiteOf([stepOf(partition, { durationMs: 100_000 })])).then(
      () => 'ok',
      (error: unknown) => error,
    )
    await world.pass(50_000)
    expect(failed).toBe(true)
    expect(world.sandbox.objects().filter((o) => o.kind === 'NetworkPolicy')).toEqual([])
    expect(await code).toBeInstanceOf(StoreUnavailable)
  })

  it('what a beacon of an ended run left does not keep the next run out', async () => {
    const first = await world.run(world.engine('a'), suiteOf([stepOf(podDelete)]), { key: 'a' })
    // a zombie's beacon, made after the end
    world.sandbox.create('jobs', {
      metadata: {
        name: `faultline-${first.id}-a1b2c`,
        namespace: ns,
        labels: { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': first.id, 'faultline.dev/role': 'beacon' },
        annotations: { 'faultline.dev/expires-at': '2027-01-01T00:00:00Z' },
      },
      spec: { parallelism: 0, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'x', image: 'x:1' }] } } },
    } as never)
    const next = await world.run(world.engine('b'), suiteOf([stepOf(podDelete)]), { key: 'b' })
    expect(next.status).toBe('succeeded')
  })
})
