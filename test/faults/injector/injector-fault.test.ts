import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Target } from '../../../lib/domain/injection.ts'
import type { Pod } from '../../../lib/domain/kube.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { reapRuns } from '../../../lib/engine/reap.ts'
import { around } from '../../support/around.ts'
import { storedRuns } from '../../support/stored-runs.ts'
import { memory, netfilter, podKill, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const image = 'faultline.dev/sandbox/injector'
const injectors = 'faultline-injectors'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const kill = suiteOf([stepOf(podKill)])

async function summaryAfter(run: Run): Promise<string | undefined> {
  const [injection] = await world.store.ledger.list(run.id)
  return injection?.evidence.find((e) => e.phase === 'after')?.summary
}

const rejected = { phase: 'Failed', reason: 'OutOfcpu', message: "Pod was rejected: Node didn't have enough resource: cpu" }
const noShell = { exitCode: 128, reason: 'StartError', message: 'exec: "sh": executable file not found in $PATH' }
const unstartable = {
  phase: 'Failed',
  containerStatuses: [{ name: 'injector', restartCount: 0, ready: false, containerID: 'containerd://1', state: { terminated: noShell } }],
}

describe('an injector that cannot start', () => {
  it('fails at once with the words of the kubelet, and that is the proof that nothing was applied', async () => {
    world.sandbox.breakImage(image)
    const began = world.clock.now()
    const run = await world.run(world.engine(), kill)
    expect(run.steps[0]?.reasons[0]?.detail).toMatch(
      /^the injector does not start on node sandbox-node-\d: (ErrImagePull: failed to pull|ImagePullBackOff: Back-off pulling) /,
    )
    expect(await summaryAfter(run)).toMatch(/^nothing was applied: the injector never started \((ErrImagePull|ImagePullBackOff): /)
    expect(run).toMatchObject({ status: 'failed', orphans: 0 })
    expect(world.clock.now() - began).toBeLessThan(20_000)
  })

  it.each([
    ['that took no pod', 'OutOfcpu: Pod was rejected: ', rejected],
    ['whose runtime could not start the container', 'StartError: exec: "sh": ', unstartable],
  ])('fails at once with the words of a kubelet %s, and is known not to have started', async (_what, words, status) => {
    world.sandbox.breakImage(image)
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const found = await go()
      const ofInjector = method === 'list' && args[0].kind === 'Pod' && args[1]?.labelSelector?.startsWith('job-name=')
      return ofInjector ? (found as readonly Pod[]).map((pod) => ({ ...pod, status })) : found
    })
    const began = world.clock.now()
    const run = await world.run(engine, kill)
    expect(run.steps[0]?.reasons[0]?.detail).toMatch(new RegExp(`^the injector does not start on node sandbox-node-\\d: ${words}`))
    expect(await summaryAfter(run)).toMatch(new RegExp(`^nothing was applied: the injector never started \\(${words}`))
    expect(run).toMatchObject({ status: 'failed', orphans: 0 })
    expect(world.clock.now() - began).toBeLessThan(20_000)
  })

  it('fails with the words of the webhook that refused its pod', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' }
    world.sandbox.patch('namespaces', { name: injectors }, { metadata: { labels } })
    const run = await world.run(world.engine(), kill)
    expect(run.steps[0]?.reasons[0]?.detail).toMatch(/^the injector's pod was refused: .*violates PodSecurity "restricted:latest"/)
    expect(await summaryAfter(run)).toMatch(/^nothing was applied: the injector never started \(.*violates PodSecurity/)
    expect(run.status).toBe('failed')
  })

  it('is still known not to have started when its driver dies right after taking it away', async () => {
    world.sandbox.breakImage(image)
    const run = await dieAfterTheFuse(world)
    expect(await neverStarted(run)).toMatch(/^(ErrImagePull|ImagePullBackOff)/)
    await world.pass(61_000)
    const { runs } = await world.play(reapRuns(world.engine('reaper'), [run], { giveUpAfterMs: 120_000 }))
    expect(runs[0]?.status).toBe('aborted')
    expect(await summaryAfter(run)).toMatch(/^nothing was applied/)
  })

  it('is told apart from one that is gone: whether that one left anything stays unknown until a check can run', async () => {
    const engine = around(
      world.engine('driver-1', { observe: ({ run }) => (run.status === 'holding' ? world.sandbox.breakImage(image) : undefined) }),
      (_, go) => go(),
    )
    const run = await world.run(engine, suiteOf([stepOf(podKill)]), { giveUpAfterMs: 30_000 })
    expect(run.status).toBe('reverting')
    expect(await summaryAfter(run)).toMatch(/^whether anything is left could not be told: the check does not start \(ErrImagePull/)
  })

  it("is refused at the plan when the injectors' namespace takes no Job", async () => {
    world.sandbox.deny({ resource: 'jobs', namespace: injectors, message: 'no Jobs here' })
    const run = await world.run(world.engine(), kill)
    expect(run).toMatchObject({ status: 'refused', refusals: [{ code: 'quota', message: expect.stringMatching(/no Jobs here/) }] })
  })

  it('whose Job is refused after all leaves a run that ends', async () => {
    const engine = around(world.engine(), async ({ method, args }, go) => {
      if (method === 'create' && args[0].metadata?.labels?.['faultline.dev/role'] === 'injector' && args[1]?.dryRun !== true)
        world.sandbox.deny({ resource: 'jobs', namespace: injectors, message: 'no Jobs any more' })
      return go()
    })
    const run = await world.run(engine, kill)
    expect(run).toMatchObject({ status: 'failed', steps: [{ reasons: [{ detail: expect.stringMatching(/no Jobs any more/) }] }] })
    expect(await summaryAfter(run)).toBe('nothing was applied: the injector never started (its Job was refused)')
  })
})

describe('an injector', () => {
  it('is told to end five seconds after the latest end that its step can have, whatever becomes of its fuse', async () => {
    let madeAt = 0
    const ends: number[] = []
    const engine = around(world.engine(), async ({ method, args }, go) => {
      if (method === 'create' && args[0].metadata?.labels?.['faultline.dev/role'] === 'injector' && args[1]?.dryRun !== true) {
        const env: readonly { name: string; value: string }[] = args[0].spec.template.spec.containers[0].env
        madeAt = world.clock.now()
        ends.push(Number(env.find((e) => e.name === 'FAULTLINE_ENDS_AT')?.value) * 1000)
      }
      return go()
    })
    await world.run(engine, kill)
    // 40 s to start, 5 s to show and 1 s of grace for the kill; 10 s that the step lasts; and the 5 s.
    expect(ends).toEqual([Math.ceil((madeAt + 61_000) / 1000) * 1000])
  })
})

async function neverStarted(run: Run): Promise<unknown> {
  const [injection] = await world.store.ledger.list(run.id)
  return injection?.undo.kind === 'injector' ? injection.undo.neverStarted : undefined
}

/** The driver dies once it has deleted the fuse, and with it the injector's Job. */
async function dieAfterTheFuse(on: World): Promise<Run> {
  let dead = false
  const base = on.engine('dead', {
    hook: () => {
      if (dead) throw new Error('the process is dead')
    },
  })
  const engine = around(base, async ({ method, args }, go) => {
    const result = await go()
    if (method === 'delete' && args[0].kind === 'Job' && args[0].namespace === injectors) dead = true
    return result
  })
  await on.run(engine, kill).catch(() => undefined)
  const [run] = await storedRuns(on.store)
  if (run === undefined) throw new Error('no run was recorded')
  return run
}

describe('a check that has nothing to measure', () => {
  it('is proof of the undo, and leaves no figure', async () => {
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const said = await go()
      if (method !== 'log' || !/-c0-/.test(args[0].name)) return said
      return String(said).replace(/"name":"restarts","unit":"count","value":\d+/g, '"name":"","unit":"","value":""')
    })
    const run = await world.run(engine, kill)
    const [injection] = await world.store.ledger.list(run.id)
    expect(run.status).toBe('succeeded')
    expect(injection?.evidence.find((e) => e.phase === 'after')).toMatchObject({ finding: 'yes', measurements: [] })
  })
})

describe('an injector that hangs while its fault is held', () => {
  it('leaves what it said before as no evidence at the end', async () => {
    let frozen = false
    const engine = world.engine('driver-1', {
      observe: ({ run }) => {
        if (run.status !== 'holding' || frozen) return
        frozen = true
        const pod = world.sandbox.objects().find((o) => o.kind === 'Pod' && o.metadata.namespace === injectors)
        world.sandbox.freeze({ namespace: injectors, name: pod?.metadata.name ?? '', container: 'injector' })
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(memory, { durationMs: 30_000 })]))
    expect(run).toMatchObject({ status: 'no_effect', orphans: 0 })
    expect(run.steps[0]?.reasons[0]?.detail).toMatch(
      /nothing heard of \S+ in the last 16 s: the injector, its node or the way to its log hangs/,
    )
  })
})

describe('an injector whose targets vanish while their fault is held', () => {
  const heldWith = (then: (target: Target) => void) =>
    world.engine('driver-1', {
      observe: (progress) => {
        if (progress.run.status !== 'holding' || !('injections' in progress)) return
        for (const target of progress.injections.flatMap((i) => i.targets)) {
          const { name, namespace, uid } = target
          const pod = world.sandbox.get('pods', name, namespace)
          if (pod?.metadata.uid !== uid) continue
          world.sandbox.delete('pods', { name, namespace }, { gracePeriodSeconds: 0 })
          then(target)
        }
      },
    })
  const held = suiteOf([stepOf(memory, { durationMs: 20_000 })])

  it('is proven undone by a look at their node, and leaves no check behind', async () => {
    const run = await world.run(
      heldWith(() => undefined),
      held,
    )
    expect(await summaryAfter(run)).toMatch(/^no residue on /)
    expect(run).toMatchObject({ status: 'no_effect', orphans: 0 })
  })

  it('is gone with their node', async () => {
    const run = await world.run(
      heldWith(({ node }) => world.sandbox.delete('nodes', { name: node })),
      held,
    )
    expect(await summaryAfter(run)).toBe('the node is gone, and all that was on it')
    expect(run.orphans).toBe(0)
  })
})

describe('an injector that dies while its fault is held', () => {
  it('is no evidence any more, whatever it said while it lived', async () => {
    let crashed = false
    const engine = world.engine('driver-1', {
      observe: ({ run }) => {
        if (run.status !== 'holding' || crashed) return
        crashed = true
        const pod = world.sandbox.objects().find((o) => o.kind === 'Pod' && o.metadata.namespace === injectors)
        world.sandbox.crash({ namespace: injectors, name: pod?.metadata.name ?? '', container: 'injector' }, 137)
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(memory, { durationMs: 20_000 })]))
    expect(crashed).toBe(true)
    expect(run).toMatchObject({ status: 'no_effect', orphans: 0 })
    expect(run.steps[0]?.reasons[0]?.code).toBe('ended_early')
  })

  it.each([
    ['before its replacement is there', 12_000],
    ['and is replaced', 4_000],
  ])('because its pod was deleted by force has ended its fault early, whatever its container does on: %s', async (_, afterMs) => {
    let gone = ''
    const engine = world.engine('driver-1', {
      observe: ({ run }) => {
        if (run.status !== 'holding' || gone !== '') return
        gone = world.sandbox.objects().find((o) => o.kind === 'Pod' && o.metadata.namespace === injectors)?.metadata.name ?? ''
        const pod = { namespace: injectors, name: gone }
        void world.clock.sleep(afterMs).then(() => world.sandbox.delete('pods', pod, { gracePeriodSeconds: 0 }))
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(netfilter, { durationMs: 20_000 })]))
    expect(gone).not.toBe('')
    expect(run).toMatchObject({ status: 'no_effect', orphans: 0 })
    expect(run.steps[0]?.reasons[0]?.code).toBe('ended_early')
  })

  it('before it bites is read before its Job is taken away, and told with the undo', async () => {
    const engine = around(world.engine(), async ({ method, args }, go) => {
      if (method !== 'log' || !/-n0-/.test(args[0].name)) return go()
      if (world.sandbox.get('pods', args[0].name, injectors) !== undefined)
        world.sandbox.crash({ namespace: injectors, name: args[0].name, container: 'injector' }, 126)
      return 'sh: 1: fork: Cannot allocate memory\n'
    })
    const run = await world.run(engine, suiteOf([stepOf(memory)]))
    expect(run.status).toBe('no_effect')
    expect(await summaryAfter(run)).toMatch(
      /^no residue on \S+; the injector had died: pod \S+-n0-\S+: Error \(exit code 126\); it said: sh: 1: fork: Cannot allocate memory$/,
    )
  })
})
