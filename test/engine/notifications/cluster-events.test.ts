import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import type { Progress } from '../../../lib/engine/engine.ts'
import { around } from '../../support/around.ts'
import { anyPod, nodeDrain, partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

interface Told {
  readonly metadata: { readonly namespace?: string }
  readonly involvedObject: { readonly kind: string; readonly name: string; readonly uid: string }
  readonly reason: string
  readonly type: string
  readonly message: string
  readonly count: number
}

const told = () =>
  (world.sandbox.objects() as unknown as readonly (Told & { readonly kind: string })[]).filter(
    ({ kind, reason }) => kind === 'Event' && reason.startsWith('Fault'),
  )

describe('events in the cluster', () => {
  it('stand on each target when its fault bites, and when it is proven undone', async () => {
    const run = await world.run(world.engine(), suiteOf([stepOf(partition)]))
    const [target] = (await world.store.ledger.list(run.id))[0]?.targets ?? []
    expect(told().map(({ reason, type, involvedObject: { kind, uid } }) => [reason, type, kind, uid])).toEqual([
      ['FaultInjected', 'Warning', 'Pod', target?.uid],
      ['FaultEnded', 'Normal', 'Pod', target?.uid],
    ])
    const [injected, ended] = told().map(({ message }) => message)
    expect(injected).toMatch(
      new RegExp(`^network-partition of run ${run.id}, step 1 \\(random\\): ${target?.name}: new connections .* are refused`),
    )
    expect(ended).toMatch(/: fuse, policy and labels are gone; 1 of 1 canaries answer$/)
  })

  it('of a drain stand on its node, in namespace default', async () => {
    await world.run(world.engine(), suiteOf([stepOf(nodeDrain)]))
    expect(told().map(({ reason, metadata: { namespace }, involvedObject: { kind } }) => [reason, kind, namespace])).toEqual([
      ['FaultInjected', 'Node', 'default'],
      ['FaultEnded', 'Node', 'default'],
    ])
  })

  it('tell on the workload why a run was refused', async () => {
    await world.store.controls.set({ kind: 'halt' }, { by: 'ann', why: 'freeze', at: world.clock.now() })
    const run = await world.run(world.engine(), suiteOf([stepOf(partition)]))
    expect(run.status).toBe('refused')
    expect(new Set(told().map(({ reason, message }) => `${reason} ${message}`))).toEqual(
      new Set([`FaultRefused run ${run.id} (Example) was refused: everything is halted by ann: freeze`]),
    )
    expect(told()).toHaveLength(3)
  })

  it('are written once by two drivers: the second counts up', async () => {
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const made = await go()
      // As another driver of the same run, a moment ago.
      if (method === 'create' && args[0].kind === 'Event' && args[0].reason === 'FaultEnded') await go().catch(() => undefined)
      return made
    })
    const twice = around(engine, ({ method, args }, go) =>
      method === 'create' && args[0].kind === 'Event' && args[0].reason === 'FaultInjected' ? go().then(go) : go(),
    )
    await world.run(twice, suiteOf([stepOf(partition)]))
    expect(told().map(({ reason, count }) => [reason, count])).toEqual([
      ['FaultInjected', 2],
      ['FaultEnded', 1],
    ])
  })

  it.each([
    ['forbidden', 403, 1],
    ['unavailable', 503, 3],
  ] as const)('that cannot be written (%s) hold nothing up, and are told', async (code, status, tries) => {
    const notes: string[] = []
    let asked = 0
    const versions: number[] = []
    const observe = (progress: Progress) => {
      versions.push(progress.run.version)
      if (progress.kind === 'note' && progress.message.startsWith('no event')) notes.push(progress.message)
    }
    const engine = around(world.engine('driver-1', { observe }), ({ method, args }, go) => {
      if (method !== 'create' || args[0].kind !== 'Event') return go()
      asked++
      return Promise.reject(new KubernetesError(code, status, 'not now'))
    })
    const three = stepOf(partition, { targets: { ...anyPod, count: 1 } })
    const run = await world.run(engine, suiteOf([three]))
    expect(run.status).toBe('succeeded')
    expect(asked).toBe(Math.min(tries, 2))
    expect(notes).toEqual(Array(asked).fill(expect.stringContaining('no event could be written in the cluster')))
    // Told of the run as it is: an older one would be shown as how it ended.
    expect(versions).toEqual(versions.toSorted((a, b) => a - b))
  })

  it('that hang keep the undo on time, and the driver 2 s at most', async () => {
    const engine = around(world.engine(), ({ method, args }, go) =>
      method === 'create' && args[0].kind === 'Event' ? world.clock.sleep(600_000).then(go) : go(),
    )
    const run = await world.run(engine, suiteOf([stepOf(partition)]))
    const [step] = run.steps
    expect((step?.revertedAt ?? 0) - (step?.plannedEnd ?? 0)).toBeLessThan(2_000)
    expect(world.clock.now() - (run.status === 'succeeded' ? run.endedAt : 0)).toBeLessThanOrEqual(4_000)
  })
})
