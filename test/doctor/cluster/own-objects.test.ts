import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { sweepOrphans } from '../../../lib/engine/reap.ts'
import { judge, type Manifest } from '../../deploy/admission/judge.ts'
import { around } from '../../support/around.ts'
import { openWorld, type World } from '../../support/world.ts'
import { beginLook, lookAt, of } from './look.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const ours = () =>
  world.sandbox.objects().filter(({ kind, metadata }) => kind !== 'Event' && metadata.labels?.['faultline.dev/run'] === 'doctor-1')

describe('what doctor makes', () => {
  it('is gone by itself when the doctor dies at its worst moment', async () => {
    const before = world.footprint()
    const killed = new AbortController()
    void beginLook(world, { killed: killed.signal })
    await world.pass(3_500)
    expect(ours().map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Job', 'Pod', 'NetworkPolicy']))
    killed.abort()
    await world.pass(240_000)
    expect(world.footprint()).toEqual(before)
  })

  it('says when it expires: a sweep leaves it alone until then, and takes it where Kubernetes did not', async () => {
    const look = beginLook(world)
    await world.pass(3_500)
    const made = ours().filter(({ kind }) => kind !== 'Pod')
    expect(made.length).toBeGreaterThan(4)
    for (const { metadata } of made) expect(metadata.annotations?.['faultline.dev/expires-at']).toMatch(/^2026-01-05T09:0\d:\d\dZ$/)
    expect((await world.play(sweepOrphans(world.engine(), world.cluster))).found).toEqual([])
    await world.play(look)
    world.sandbox.mutateOnCreate('jobs', (draft) => Object.assign(draft.spec as object, { suspend: true }))
    const killed = new AbortController()
    void beginLook(world, { killed: killed.signal })
    await world.pass(2_000)
    killed.abort()
    await world.pass(240_000)
    const { removed, failed } = await world.play(sweepOrphans(world.engine(), world.cluster))
    expect([...removed].sort()).toEqual(
      ['', '-cordon', '-ttl'].map((suffix) => `Job faultline-injectors/faultline-doctor-1${suffix} (fuse)`).sort(),
    )
    expect([failed, ours()]).toEqual([[], []])
  })

  it('passes the admission policies, by account and by group', async () => {
    const made: Manifest[] = []
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const done = await go()
      const [first] = args
      if (method === 'create' && !['SelfSubjectReview', 'Event'].includes(first.kind)) made.push(first)
      return done
    })
    const connect = world.engine
    world.engine = () => engine
    await lookAt(world)
    world.engine = connect
    expect(made.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['Job', 'NetworkPolicy']))
    for (const who of ['driver', 'driver-by-group'] as const) expect(made.flatMap((object) => judge({ object, who }))).toEqual([])
  })

  it('is taken away at once when a person interrupts', async () => {
    const before = world.footprint()
    const interrupt = new AbortController()
    const look = beginLook(world, { interrupt: interrupt.signal })
    await world.pass(3_500)
    expect(ours()).not.toEqual([])
    interrupt.abort()
    const findings = await world.play(look)
    expect(of(findings, 'left-behind').state).toBe('ok')
    expect(of(findings, 'network-policies')).toMatchObject({ state: 'unknown', found: expect.stringContaining('interrupted') })
    expect(world.footprint()).toEqual(before)
  })

  it('is named, with a command, where it cannot be taken away', async () => {
    world.sandbox.forbid({ verb: 'delete', resource: 'jobs' })
    const findings = await lookAt(world, { only: ['dns'] })
    expect(of(findings, 'left-behind')).toMatchObject({
      state: 'failed',
      fix: expect.stringContaining('kubectl delete jobs,networkpolicies,pods -n faultline-injectors -l faultline.dev/run=doctor-1'),
    })
  })
})
