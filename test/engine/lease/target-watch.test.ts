import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import type { KubeObject } from '../../../lib/domain/kube.ts'
import { around } from '../../support/around.ts'
import { barePod } from '../../support/other-workloads.ts'
import { anyPod, memory, partition, stepOf, suiteOf } from '../../support/suites.ts'
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

  it.each([
    [false, 'joined the selection since: the fault does not hold it', 'reached'],
    [true, 'joined the selection since: the policy selects it, too', 'cut'],
  ] as const)(
    'pods that join the selection are told, and cut off where the suite says so (coverNew: %s)',
    async (covers, message, outcome) => {
      let seen = false
      const dialled: string[] = []
      const engine = world.engine('driver-1', {
        observe: ({ run }) => {
          if (run.status !== 'holding' || seen) return
          seen = true
          void world.clock.sleep(6_000).then(() => scaleTo(5))
          void world.clock.sleep(20_000).then(async () => {
            const pods = world.sandbox.objects().filter(({ kind, metadata }) => kind === 'Pod' && metadata.labels?.app === 'jadevectordb')
            for (const { metadata } of pods.filter(({ metadata: { name } }) => !before.includes(name)))
              dialled.push((await world.cluster.pods.dial({ namespace: ns, name: metadata.name, port: 8080 }, '/health')).outcome)
          })
        },
      })
      const before = world.sandbox.objects().map(({ metadata }) => metadata.name)
      const cut = { ...partition, kind: 'all', ...(covers ? { coverNew: true as const } : {}) } as const
      const all = stepOf(cut, { durationMs: 30_000, targets: { ...anyPod, count: null }, blastRadius: 'all' })
      const run = await world.run(engine, suiteOf([all]))
      expect(run.status).toBe('succeeded')
      expect(run.steps[0]?.changes.filter(({ code }) => code === 'joined').map((change) => change.message)).toEqual([message, message])
      expect(dialled).toEqual([outcome, outcome])
      await world.pass(5_000)
      expect(world.sandbox.effects()).toEqual([])
    },
  )

  it.each([
    [28_000, 'is gone, or another pod bears its name'],
    [29_990, 'is being deleted'],
  ])('a target that is deleted after the last look at the fault ends it early, too (%d of 30 000 ms)', async (afterMs, what) => {
    let target = ''
    const engine = world.engine('driver-1', {
      observe: (progress) => {
        if (progress.run.status !== 'holding' || target !== '' || !('injections' in progress)) return
        target = progress.injections[0]?.targets[0]?.name ?? ''
        const at = (progress.run.steps[0]?.activeAt ?? 0) + afterMs
        void world.clock.sleep(at - world.clock.now()).then(() => world.sandbox.delete('pods', { namespace: ns, name: target }))
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))
    expect(run.status).toBe('no_effect')
    expect(run.steps[0]?.reasons).toEqual([{ code: 'ended_early', detail: `${target}: ${what}`, cause: 'deleted' }])
    expect(run.steps[0]?.changes.filter(({ code }) => code === 'deleted')).toHaveLength(1)
  })

  it.each([
    ['stressor_oom_killed', 'no_effect', 'oom_killed'],
    ['stressor_died', 'no_effect', undefined],
    ['partial', 'succeeded', undefined],
  ])('what an injector said of its effect after the last look is told: %s', async (code, status, cause) => {
    const line = { phase: 'measure', ok: false, name: 'memory held', unit: 'MiB', value: 0, code, also: [], message: 'it died' }
    let [target, uid, isOver] = ['', '', false]
    const observed = world.engine('driver-1', {
      observe: (progress) => {
        isOver = progress.run.status === 'reverting'
        if ('injections' in progress)
          [target, uid] = [progress.injections[0]?.targets[0]?.name ?? '', progress.injections[0]?.targets[0]?.uid ?? '']
      },
    })
    const engine = around(observed, async ({ method, args }, go) => {
      const said = await go()
      // The news is at the end of a log, of which only so much is read.
      return method === 'log' && args[0].sinceSeconds !== undefined && isOver && said !== ''
        ? `${said}${JSON.stringify({ ...line, at: world.clock.now(), target: uid })}\n`
        : said
    })
    const run = await world.run(engine, suiteOf([stepOf(memory, { durationMs: 30_000 })]))
    expect(run.status).toBe(status)
    const reason = { code: 'ended_early', detail: `${target}: it died`, ...(cause === undefined ? {} : { cause }) }
    expect(run.steps[0]?.reasons).toEqual(status === 'succeeded' ? [] : [reason])
  })

  it('a target that is deleted once the fault is undone has not ended it', async () => {
    let target = ''
    const engine = world.engine('driver-1', {
      observe: (progress) => {
        if (progress.run.status !== 'recovering' || target !== '' || !('injections' in progress)) return
        target = progress.injections[0]?.targets[0]?.name ?? ''
        void world.sandbox.delete('pods', { namespace: ns, name: target })
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))
    expect(run.status).toBe('succeeded')
  })

  it('the undo waits for no look: an API server that lists no pods in time delays nothing', async () => {
    const engine = around(world.engine(), ({ method, args }, go) => {
      const isLook = method === 'list' && args[0].kind === 'Pod' && world.clock.now() - start >= 30_000
      return isLook ? world.clock.sleep(8_000).then(go) : go()
    })
    const start = world.clock.now()
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))
    const [step] = run.steps
    expect((step?.revertedAt ?? Number.POSITIVE_INFINITY) - (step?.plannedEnd ?? 0)).toBeLessThan(4_000)
  })

  it('a pod that joins while the fault is being injected is told', async () => {
    let isScaled = false
    const engine = around(world.engine(), async ({ method, args }, go) => {
      if (method === 'create' && args[0].kind === 'NetworkPolicy' && !isScaled) {
        isScaled = true
        await scaleTo(4)
        await world.pass(2_000)
      }
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))
    expect(run.steps[0]?.changes.map(({ code }) => code)).toEqual(['joined'])
  })

  it('refuses to cover what joins where a pod that must not be hit would be cut off, too', async () => {
    await barePod(world, { name: 'lonely', namespace: ns, nodeName: 'sandbox-node-1' })
    await world.cluster.objects.patch(
      { apiVersion: 'v1', kind: 'Pod', namespace: ns, name: 'lonely' },
      { metadata: { labels: { app: 'jadevectordb' } } },
    )
    const all = stepOf({ ...partition, kind: 'all', coverNew: true }, { targets: { ...anyPod, count: null } })
    const run = await world.run(world.engine(), suiteOf([all], { selector: 'app=none' }))
    expect(run.status === 'refused' ? run.refusals.map(({ message }) => message) : run.status).toContain(
      'pod lonely would be cut off, too, by coverNew: no controller owns it, so none brings it back',
    )
  })

  it('a node that goes NotReady is named at once', async () => {
    let seen = false
    const engine = world.engine('driver-1', {
      observe: ({ run, ...progress }) => {
        if (run.status !== 'holding' || seen || progress.kind !== 'event') return
        seen = true
        const node = 'injections' in progress ? (progress.injections[0]?.targets[0]?.node ?? '') : ''
        const status = { conditions: [{ type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'container runtime is down' }] }
        void world.clock.sleep(4_000).then(() => world.sandbox.patch('nodes', { name: node }, { status }))
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))
    const told = run.steps[0]?.changes.find(({ code }) => code === 'node_lost')
    expect(told?.message).toBe('the node is not Ready (KubeletNotReady): container runtime is down')
    expect((told?.at ?? Number.POSITIVE_INFINITY) - (run.steps[0]?.activeAt ?? 0)).toBeLessThan(12_000)
  })

  async function scaleTo(replicas: number): Promise<void> {
    for (const kind of ['Deployment', 'StatefulSet'])
      for (const { metadata } of await world.cluster.objects.list<KubeObject>({ apiVersion: 'apps/v1', kind }, { namespace: ns }))
        await world.cluster.objects.patch({ apiVersion: 'apps/v1', kind, namespace: ns, name: metadata.name }, { spec: { replicas } })
  }
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
