import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Run } from '../../../lib/domain/run.ts'
import type { Engine } from '../../../lib/engine/engine.ts'
import { reapRuns } from '../../../lib/engine/reap.ts'
import { around } from '../../support/around.ts'
import { anyPod, memory, netfilter, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld({ nodes: 2, replicas: 2 })
})
afterEach(() => world.close())

/** Two pods on two nodes, and so two injectors under one fuse. */
const onTwoNodes = suiteOf([stepOf(netfilter, { durationMs: 5_000, targets: { ...anyPod, count: 2 }, blastRadius: 'all' })])

const isMade = (role: string, args: readonly unknown[]) => {
  const [object, options] = args as [{ kind?: string; metadata?: { labels?: Record<string, string> } }, { dryRun?: boolean }?]
  return object.kind === 'Job' && object.metadata?.labels?.['faultline.dev/role'] === role && options?.dryRun !== true
}

/** The second node makes the pod of its injector so much later than it was asked to. */
function secondIsReadyAfter(ms: number): Engine {
  let asked = 0
  return around(world.engine(), async ({ method, args }, go) => {
    if (method !== 'create' || !isMade('injector', args) || !String(args[0].metadata.name).endsWith('-n1') || ++asked > 1) return go()
    void world.clock.sleep(ms).then(go)
    return args[0]
  })
}

/** The log of the second node's injector cannot be read for so long. */
function secondIsSilentFor(ms: number): Engine {
  let madeAt = Number.POSITIVE_INFINITY
  return around(world.engine(), async ({ method, args }, go) => {
    if (method === 'create' && isMade('injector', args) && String(args[0].metadata.name).endsWith('-n1')) madeAt = world.clock.now()
    const answer = await go()
    return method === 'log' && /-n1-/.test(args[0].name) && world.clock.now() < madeAt + ms ? '' : answer
  })
}

async function fusesBurnt(run: Run): Promise<readonly string[]> {
  const history = await world.store.ledger.history(run.id)
  return history.flatMap(({ type, message }) => (type === 'abort' || /burn/.test(message) ? [message] : []))
}

describe('a fuse of two injectors of which one starts slowly', () => {
  it('does not burn under the step: it lasts as long as the slower one needs', async () => {
    const run = await world.run(secondIsReadyAfter(36_000), onTwoNodes)
    expect(await fusesBurnt(run)).toEqual([])
    expect(run).toMatchObject({ status: 'succeeded', abort: null, orphans: 0 })
    const { activeAt, plannedAt } = run.steps[0] ?? {}
    expect((activeAt ?? 0) - (plannedAt ?? 0)).toBeGreaterThanOrEqual(36_000)
  })

  it('nor when the effect was there all the while and could not be seen: it is held on, and looked at again', async () => {
    const run = await world.run(secondIsSilentFor(36_000), onTwoNodes)
    expect(await fusesBurnt(run)).toEqual([])
    expect(run).toMatchObject({ status: 'succeeded', abort: null, orphans: 0 })
    expect((await world.store.ledger.list(run.id)).map(({ evidence }) => evidence.find(({ phase }) => phase === 'end')?.finding)).toEqual([
      'yes',
      'yes',
    ])
  })

  it('nor when its own POST was answered late: the injectors get the time that it took', async () => {
    const engine = around(secondIsReadyAfter(40_000), async ({ method, args }, go) => {
      const answer = await go()
      if (method === 'create' && isMade('fuse', args)) await world.clock.sleep(29_000)
      return answer
    })
    const run = await world.run(engine, onTwoNodes)
    expect(await fusesBurnt(run)).toEqual([])
    expect(run).toMatchObject({ status: 'succeeded', abort: null, orphans: 0 })
  })
})

const checks = () => world.sandbox.objects().filter(({ metadata }) => metadata.labels?.['faultline.dev/role'] === 'check')

describe('a check', () => {
  it('is not made where the fuse never came to be, and so no injector', async () => {
    let made = 0
    const engine = around(world.engine(), ({ method, args }, go) => {
      if (method === 'create' && isMade('check', args)) made++
      if (method === 'create' && isMade('fuse', args)) world.sandbox.deny({ resource: 'jobs', message: 'no more Jobs' })
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(memory)]))
    expect(made).toBe(0)
    expect(run).toMatchObject({ status: 'failed', orphans: 0 })
    expect(checks()).toEqual([])
  })

  it('is not made anew by a driver that stood still while another ended the run', async () => {
    let thawed = Promise.resolve()
    let thaw = () => {}
    let ended: readonly Run[] = []
    let made = 0
    const base = world.engine('first')
    const sleep: Engine['clock']['sleep'] = async (ms, signal) => {
      await world.clock.sleep(ms, signal)
      await thawed
    }
    const engine = around({ ...base, clock: { now: () => world.clock.now(), sleep } }, async ({ method, args }, go) => {
      if (method === 'create' && isMade('check', args)) made++
      const answer = await go()
      if (method !== 'delete' || args[0].kind !== 'Job' || args[0].namespace !== 'faultline-injectors' || ended.length > 0) return answer
      thawed = new Promise((resolve) => {
        thaw = resolve
      })
      await world.clock.sleep(65_000)
      ended = (await reapRuns(world.engine('reaper'), await world.store.runs.list())).runs
      thaw()
      return answer
    })
    await world.run(engine, suiteOf([stepOf(memory)])).catch(() => undefined)
    expect(ended).toMatchObject([{ status: 'aborted', orphans: 0 }])
    expect([made, checks()]).toEqual([0, []])
  })

  it('that is left all the same is taken away by the closing sweep, and is no orphan', async () => {
    let copy: { kind: string; metadata: { name: string; namespace: string; labels: Record<string, string> }; spec: object } | undefined
    let isBack = false
    const engine = around(world.engine('driver-1'), async ({ method, args }, go) => {
      if (method === 'create' && isMade('check', args)) copy = args[0]
      if (method === 'list' && args[0].kind === 'Job' && args[1]?.namespace === 'faultline-injectors' && copy !== undefined && !isBack) {
        isBack = true
        const { name, namespace, labels } = copy.metadata
        world.sandbox.create('jobs', { metadata: { name: `late-${name}`, namespace, labels }, spec: copy.spec } as never)
      }
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(memory)]))
    expect(isBack).toBe(true)
    expect(run).toMatchObject({ status: 'succeeded', orphans: 0 })
    expect(checks()).toEqual([])
  })
})
