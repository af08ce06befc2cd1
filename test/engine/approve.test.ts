import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Config } from '../../lib/config.ts'
import { type Actor, claimed } from '../../lib/domain/actor.ts'
import { defaultApproval } from '../../lib/domain/approval.ts'
import { StoreUnavailable } from '../../lib/domain/errors.ts'
import type { Notice } from '../../lib/domain/notice.ts'
import type { Awaiting, Run } from '../../lib/domain/run.ts'
import { runReasonTexts } from '../../lib/domain/run-reasons.ts'
import type { FaultSpec, Suite } from '../../lib/domain/suite.ts'
import { approveRun, declineRun } from '../../lib/engine/approve.ts'
import { abortRun } from '../../lib/engine/control.ts'
import { drive } from '../../lib/engine/drive.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import { handOverAtOnce } from '../../lib/engine/lease/hand-over.ts'
import { reapRuns } from '../../lib/engine/reap.ts'
import { haltAll, resumeAll } from '../../lib/engine/switches.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import { openWorld, type World } from '../support/world.ts'

const [ann, bob]: readonly [Actor, Actor] = [
  { kind: 'os', name: 'ann@laptop' },
  { kind: 'os', name: 'bob@desk' },
]
const all: FaultSpec = { ...partition, kind: 'all' }
const allPods = { names: null, selector: 'app=jadevectordb', owner: null, zone: null, node: null, percent: null, count: null }
const whole = stepOf(all, { name: 'Whole', targets: allPods })
const suite = suiteOf([whole])
const hour = 3_600_000
let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

const asking = (owner = 'driver-1', config: Partial<Config> = {}, told: Notice[] = []) =>
  world.engine(owner, {
    config: { approval: { ...defaultApproval, simulated: true }, ...config },
    notifiers: [{ name: 'people', notify: async (notice) => void told.push(notice) }],
  })

async function waiting(what: Suite = suite, engine: Engine = asking()): Promise<Awaiting> {
  const run = await world.run(engine, what)
  if (run.status !== 'awaiting_approval') throw new Error(`the run is ${run.status}: ${JSON.stringify(run.steps)}`)
  return run
}

const locks = (run: Run) => world.store.locks.acquire(`${run.cluster.uid}/${run.namespace}`, 'other')
const kinds = async () => (await world.store.audit.list()).map(({ kind, actor }) => `${kind} by ${actor?.name}`)
const approve = (run: Awaiting, who: Actor = bob, engine: Engine = asking('person')) =>
  world.play(approveRun(engine, run.id, { who, why: 'as agreed', plan: run.request.plan.slice(0, 12) }))
const reap = (run: Run) => world.play(reapRuns(asking('reaper'), [run]))

async function scale(replicas: number): Promise<void> {
  const [deployment] = world.sandbox.peek('deployments')
  const { name = '', namespace = '' } = deployment?.metadata ?? {}
  await world.cluster.objects.patch({ apiVersion: 'apps/v1', kind: 'Deployment', namespace, name }, { spec: { replicas } })
  await world.pass(60_000)
}

describe('a destructive run', () => {
  it('waits without lock, lease or trace, and tells what it would do to whom', async () => {
    const before = world.footprint()
    const told: Notice[] = []
    const run = await waiting(suite, asking('driver-1', {}, told))
    expect(run).toMatchObject({ before: null, lease: null, expiresAt: run.since + hour })
    expect(run.request.steps).toMatchObject([{ name: 'Whole', hits: [{ owner: 'Deployment jadevectordb', pods: 3, of: 3 }] }])
    expect(told.map(({ kind }) => kind)).toEqual(['approval.needed'])
    expect(world.footprint()).toEqual(before)
    expect(await locks(run)).toBe('other')
    expect(await kinds()).toEqual(['start by test'])
  })

  it('is done once it is approved, by the driver that goes on, and its plan is the one that was approved', async () => {
    const run = await waiting()
    const person = asking('person')
    await approve(run, bob, person)
    const done = await world.play(drive(person, run.id))
    expect(done).toMatchObject({ status: 'succeeded', approvals: [{ by: 'bob@desk', plan: run.request.plan, before: null }] })
    expect(await kinds()).toEqual(['start by test', 'approve by bob@desk'])
  })

  it('begins its maxDuration with the approval, not while it waits', async () => {
    const run = await waiting(suiteOf([whole], { maxDurationMs: 120_000 }))
    await world.pass(hour / 2)
    const person = asking('person')
    await approve(run, bob, person)
    expect(await world.play(drive(person, run.id))).toMatchObject({ status: 'succeeded' })
  })

  it('is handed over to another driver by who cannot drive', async () => {
    const run = await waiting()
    const asked: string[] = []
    const approved = await approve(run)
    await world.play(handOverAtOnce(asking('person'), approved, { handOver: async (id) => void asked.push(id) }))
    expect(asked).toEqual([run.id])
    expect(await world.play(drive(asking('driver-2'), run.id))).toMatchObject({ status: 'succeeded' })
  })

  it('asks again when its plan is another one by then', async () => {
    const run = await waiting()
    await scale(4)
    const person = asking('person')
    await approve(run, bob, person)
    const again = await world.play(drive(person, run.id))
    expect(again).toMatchObject({ status: 'awaiting_approval', request: { steps: [{ hits: [{ pods: 4, of: 4 }] }] } })
    expect(world.sandbox.effects()).toEqual([])
    await expect(approve(run)).rejects.toMatchObject({ code: 'conflict' })
    await approve(again as Awaiting, bob, person)
    expect(await world.play(drive(person, run.id))).toMatchObject({ status: 'succeeded', approvals: [{}, {}] })
  })

  it('is refused when its time is up, by the reaper, and is never approved after it', async () => {
    const run = await waiting()
    await world.pass(hour - 60_000)
    expect((await reap(run)).runs).toEqual([])
    await world.pass(70_000)
    await expect(approve(run)).rejects.toThrow('it is too late to approve it')
    const [ended] = (await reap(run)).runs
    expect(ended).toMatchObject({ status: 'refused', refusals: [{ code: 'not_approved', step: null }] })
    expect(await kinds()).toEqual(['start by test', 'refusal by test'])
  })

  it('is ended by who says no', async () => {
    const run = await waiting()
    const ended = await world.play(declineRun(asking('person'), run.id, 'ann@laptop declined it'))
    expect(ended).toMatchObject({ status: 'refused', refusals: [{ code: 'not_approved', message: 'ann@laptop declined it' }] })
  })

  it('loses nothing when its driver, or a second one, comes by: it goes on waiting', async () => {
    const run = await waiting()
    expect(await world.play(drive(asking('driver-2'), run.id))).toEqual(run)
    expect(await world.store.runs.load(run.id)).toEqual(run)
  })
})

describe('an approval', () => {
  it('does not happen where it cannot be put on record', async () => {
    const run = await waiting()
    const person = asking('person')
    const add = () => Promise.reject(new StoreUnavailable('insert into the trail'))
    const mute: Engine = { ...person, store: { ...person.store, audit: { ...person.store.audit, add } } }
    await expect(approve(run, bob, mute)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await world.store.runs.load(run.id)).toMatchObject({ status: 'awaiting_approval' })
  })

  it('takes another person than the one who started it, where that is asked for', async () => {
    const run = await waiting()
    const version = run.version + 1
    await world.store.runs.save({ ...run, version, trigger: { ...run.trigger, by: 'ann@laptop', actor: ann } })
    const person = asking('person', { secondPerson: ['approve'] })
    await expect(approve(run, ann, person)).rejects.toThrow('approve takes a second person')
    await expect(approve(run, claimed('bob'), person)).rejects.toThrow('approve takes a second person')
    expect(await approve(run, bob, person)).toMatchObject({ status: 'requested' })
  })

  it('is no more once all was halted, also where that was lifted since', async () => {
    const run = await waiting()
    await world.play(haltAll(asking('person'), ann, 'the pager rang'))
    await expect(approve(run)).rejects.toThrow('was halted while it waited, by ann@laptop')
    await world.play(resumeAll(asking('person'), ann, 'all is well'))
    await expect(approve(run)).rejects.toThrow('was halted while it waited, by ann@laptop')
    const [ended] = (await reap(run)).runs
    expect(ended).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'ann@laptop' } })
  })

  it('is no more once the run was aborted', async () => {
    const run = await waiting()
    const { run: ended, driven } = await world.play(abortRun(asking('person'), run.id, { who: ann, why: 'not today' }))
    expect([driven, ended.status]).toEqual(['here', 'aborted'])
    await expect(approve(run)).rejects.toThrow('nothing of it waits for approval')
    // It was asked for, and took effect.
    expect(await kinds()).toEqual(['abort by ann@laptop', 'start by test', 'abort by ann@laptop'])
  })

  it('of one person counts, where two give it at once', async () => {
    const run = await waiting()
    const [one, other] = await Promise.allSettled([approve(run, ann, asking('a')), approve(run, bob, asking('b'))])
    expect([one?.status, other?.status].sort()).toEqual(['fulfilled', 'rejected'])
    expect((await world.store.runs.load(run.id))?.approvals).toHaveLength(1)
  })
})

describe('a later step that has become another one', () => {
  const two = suiteOf([stepOf(partition, { name: 'Some' }), { ...whole, name: 'Later' }])

  /** Approved as planned; the workload grows while the first step is held. */
  async function untilLater(): Promise<Awaiting> {
    const run = await waiting(two)
    const person = asking('person')
    await approve(run, bob, person)
    const driven = drive(person, run.id)
    await world.play(driven, world.clock.now() + 8_000)
    return driven as Promise<Run> as Promise<Awaiting>
  }

  it('waits between two faults, keeps beacon and lock, and goes on where it was', async () => {
    const driven = untilLater()
    await world.play(new Promise((resolve) => void world.clock.sleep(5_000).then(resolve)))
    await scale(4)
    const run = await world.play(driven)
    expect(run).toMatchObject({ status: 'awaiting_approval', before: 1, lease: null })
    expect(run.request.steps).toMatchObject([{ step: 1, name: 'Later', hits: [{ pods: 4, of: 4 }] }])
    expect(await locks(run)).toBe(run.id)
    await world.pass(60_000)
    const person = asking('person')
    await approve(run, bob, person)
    const done = await world.play(drive(person, run.id))
    expect([done.status, done.steps.map(({ verdict }) => verdict)]).toEqual(['succeeded', ['succeeded', 'succeeded']])
  })
})

it('what a run ended with that no person approved says so', async () => {
  const run = await waiting()
  await world.pass(hour)
  const [ended] = (await reap(run)).runs
  if (ended?.status !== 'refused') throw new Error('it is not refused')
  expect(runReasonTexts(ended)).toEqual([expect.stringMatching(/^it waited from .* to .*, and no person approved it$/)])
})
