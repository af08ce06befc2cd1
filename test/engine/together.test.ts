import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Job } from '../../lib/domain/kube.ts'
import { runLabel, stepLabel } from '../../lib/domain/labels.ts'
import { reasonTexts } from '../../lib/domain/reason.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { FaultSpec, Step } from '../../lib/domain/suite.ts'
import { abortRun } from '../../lib/engine/control.ts'
import { drive } from '../../lib/engine/drive.ts'
import { reapRuns } from '../../lib/engine/reap.ts'
import { start } from '../../lib/engine/start.ts'
import { fakeProbes, probeOf, thresholdOf } from '../support/probes.ts'
import { Relay } from '../support/relay.ts'
import { anyPod, latency, memory, netfilter, partition, podDelete, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})

afterEach(() => world.close())

function member(
  fault: FaultSpec,
  name: string,
  change: { readonly delay?: number; readonly after?: readonly string[]; readonly lasts: number },
): Step {
  const together = { group: 'both', delayMs: (change.delay ?? 0) * 1_000, after: change.after ?? [] }
  return stepOf(fault, { name, durationMs: change.lasts * 1_000, intervalMs: 0, together })
}

/** A fault that holds over two others, of which one waits for the other. */
const three = suiteOf([
  member(memory, 'fill', { lasts: 30 }),
  member(netfilter, 'cut', { delay: 5, lasts: 10 }),
  member(partition, 'cut again', { delay: 1, after: ['cut'], lasts: 5 }),
  stepOf(podDelete, { name: 'alone' }),
])
const two = suiteOf([
  member(memory, 'fill', { lasts: 60 }),
  member(partition, 'cut', { delay: 5, lasts: 40 }),
  stepOf(podDelete, { name: 'alone' }),
])

/** The steps whose undo was begun, in that order. */
let undone: number[] = []

/** Plays the suite, and does something `after` seconds after its group began. */
async function runAnd(suite: typeof two, after: number, act: (run: Run) => Promise<unknown>, config = {}): Promise<Run> {
  let isSeen = false
  undone = []
  const engine = world.engine('driver-1', {
    ...config,
    observe: (progress) => {
      if (progress.kind === 'injection')
        for (const { step, status } of progress.injections) if (status === 'reverting' && !undone.includes(step)) undone.push(step)
      if (isSeen || progress.kind !== 'event' || progress.event.type !== 'group_begun') return
      isSeen = true
      void world.clock.sleep(after * 1_000).then(() => act(progress.run))
    },
  })
  return world.run(engine, suite)
}

async function eventsOf(run: Run, type: string): Promise<readonly (readonly [step: number | null, at: number])[]> {
  const history = await world.store.ledger.history(run.id)
  return history.filter((event) => event.type === type).map(({ step, at }) => [step, at])
}

describe('steps of a group', () => {
  it('begin, are proven, looked at again and undone each at its own time, and are judged once all are over', async () => {
    const before = world.footprint()
    const run = await world.run(world.engine(), three)
    expect([run.status, run.steps.map(({ verdict }) => verdict)]).toEqual([
      'succeeded',
      ['succeeded', 'succeeded', 'succeeded', 'succeeded'],
    ])
    const [fill, cut, again, alone] = run.steps
    const begun = fill?.plannedAt ?? 0
    for (const [record, dueAt, lastsMs] of [
      [fill, begun, 30_000],
      [cut, begun + 5_000, 10_000],
      [again, (cut?.revertedAt ?? 0) + 1_000, 5_000],
    ] as const) {
      expect(record?.plannedAt).toBe(dueAt)
      expect((record?.activeAt ?? 0) - dueAt).toBeLessThanOrEqual(2_000)
      expect((record?.plannedEnd ?? 0) - (record?.activeAt ?? 0)).toBe(lastsMs)
    }
    for (const record of [fill, cut, again]) expect((record?.revertedAt ?? 0) - (record?.plannedEnd ?? 0)).toBeLessThanOrEqual(1_000)
    expect((await eventsOf(run, 'rechecked')).map(([step]) => step)).toEqual([1, 2, 0, 3])
    expect((await eventsOf(run, 'recovered')).map(([step]) => step)).toEqual([2, 3])
    expect((alone?.plannedAt ?? 0) >= (fill?.recoveredAt ?? 0)).toBe(true)
    expect([fill?.recoveredAt, cut?.recoveredAt]).toEqual([again?.recoveredAt, again?.recoveredAt])
    const ledger = await world.store.ledger.list(run.id)
    for (const { status, evidence } of ledger)
      expect([status, evidence.map(({ phase, finding }) => (phase === 'before' ? null : finding)).filter((f) => f !== null)]).toEqual([
        'reverted',
        ['yes', 'yes', 'yes'],
      ])
    expect(new Set(ledger.flatMap(({ armed }) => armed?.uid ?? [])).size).toBe(3)
    expect(world.footprint()).toEqual(before)
  })

  it('of which one has no effect leave the others to their own ends', async () => {
    const [fill, cut, again] = three.steps as [Step, Step, Step]
    const missing = { ...cut, targets: { ...anyPod, selector: 'app=jadevectordb' } }
    await world.close()
    world = await openWorld({ replicas: 6, enforceNetworkPolicies: false })
    const run = await world.run(world.engine(), suiteOf([fill, missing, again]))
    expect(run.steps.map(({ verdict }) => verdict)).toEqual(['succeeded', 'succeeded', 'no_effect'])
    expect(run.status).toBe('no_effect')
  })

  it('of which one fails are undone at once, the newest first, and nothing more is begun', async () => {
    const lossy: FaultSpec = { ...latency, kind: 'loss', latencyMs: 0, lossPercent: 20 }
    const run = await world.run(
      world.engine(),
      suiteOf([
        member(memory, 'fill', { lasts: 60 }),
        member(partition, 'cut', { delay: 5, lasts: 60 }),
        member(lossy, 'lose', { delay: 10, lasts: 20 }),
        member(podDelete, 'later', { delay: 30, lasts: 5 }),
        stepOf(podDelete, { name: 'alone' }),
      ]),
    )
    expect([run.status, run.steps.map(({ verdict }) => verdict)]).toEqual([
      'failed',
      ['aborted', 'aborted', 'failed', 'skipped', 'skipped'],
    ])
    expect(reasonTexts(run.steps[0] as Run['steps'][number])).toEqual(['its group ended with step lose'])
    const failedAt = (await eventsOf(run, 'injected')).find(([step]) => step === 2)?.[1] ?? 0
    for (const record of run.steps.slice(0, 2)) expect((record.revertedAt ?? 0) - failedAt).toBeLessThanOrEqual(3_000)
    expect(run.orphans).toBe(0)
    expect(world.sandbox.effects()).toEqual([])
  }, 60_000)
})

describe('a group that is stopped', () => {
  it('is undone as a whole, what began last first, within 5 s', async () => {
    const before = world.footprint()
    let askedAt = 0
    const run = await runAnd(
      two,
      15,
      ({ id }) => {
        askedAt = world.clock.now()
        return abortRun(world.engine('person'), id, { who: { kind: 'os', name: 'ann' }, why: 'enough' })
      },
      {},
    )
    expect([run.status, run.steps.map(({ verdict }) => verdict)]).toEqual(['aborted', ['aborted', 'aborted', 'skipped']])
    expect(undone).toEqual([1, 0])
    for (const record of run.steps.slice(0, 2)) expect((record.revertedAt ?? 0) - askedAt).toBeLessThanOrEqual(5_000)
    expect(world.footprint()).toEqual(before)
  })

  it('by a person who takes the fuse of one of its steps away, ends the other, too', async () => {
    const run = await runAnd(two, 15, async ({ id }) => {
      const jobs = { apiVersion: 'batch/v1', kind: 'Job' }
      const found = await world.cluster.objects.list<Job>(jobs, {
        labelSelector: `${runLabel}=${id},${stepLabel}=0,faultline.dev/role=fuse`,
      })
      for (const { metadata } of found)
        await world.cluster.objects.delete({ ...jobs, name: metadata.name, namespace: metadata.namespace ?? '' })
    })
    expect(run).toMatchObject({ status: 'aborted', orphans: 0, abort: { reason: 'halted', by: 'kubectl', cause: 'fuse_deleted' } })
    expect(run.steps.map(({ verdict }) => verdict)).toEqual(['aborted', 'aborted', 'skipped'])
    expect(world.sandbox.effects()).toEqual([])
  })

  it('by a threshold undoes all of it; what was answered while both were at work counts for both', async () => {
    let answer = 0
    const probe = probeOf('errors', {
      source: { type: 'prometheus', url: null, query: 'errors', range: null, whenEmpty: null },
      mode: 'during',
    })
    const suite = { ...two, probes: [probe], thresholds: [thresholdOf('errors')] }
    const run = await runAnd(
      suite,
      20,
      async () => {
        answer = 1
      },
      { probes: fakeProbes(() => answer) },
    )
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'threshold' } })
    const [fill, cut] = run.steps
    const asked = (record: Run['steps'][number] | undefined) => record?.probes[0]?.asked ?? 0
    expect(asked(cut)).toBeGreaterThan(3)
    expect(asked(fill)).toBeGreaterThan(asked(cut))
    const samples = await world.store.samples.list(run.id)
    expect(samples.filter(({ step, beside }) => step === 1 && beside?.[0] === 0)).toHaveLength(asked(cut))
  })
})

describe('a group whose driver changes', () => {
  it('goes on under the next one, with all that is at work, as under one alone', async () => {
    const deeds = async (run: Run) => ({
      verdicts: run.steps.map(({ verdict, reasons }) => [verdict, reasons]),
      ledger: (await world.store.ledger.list(run.id)).map(({ step, status, targets }) => [step, status, targets.length]),
    })
    const alone = await deeds(await world.run(world.engine('alone'), three))
    await world.close()
    world = await openWorld({ replicas: 6 })
    const relay = new Relay(world, { timeMs: 6_000, handOver: { firstMs: 3_000, againMs: 1_500, leaveMs: 300 } })
    const run = await relay.run(three)
    expect(run.status).toBe('succeeded')
    expect(await deeds(run)).toEqual(alone)
    expect((await eventsOf(run, 'handed_over')).length).toBeGreaterThanOrEqual(5)
  }, 60_000)

  it('is undone by a reaper when its driver dies, and leaves nothing', async () => {
    const before = world.footprint()
    let isDead = false
    const dying = world.engine('driver-1', {
      hook: () => {
        if (isDead) throw new Error('the process is dead')
      },
      observe: (progress) => {
        if (progress.kind === 'event' && progress.event.type === 'injected' && 'step' in progress.run && progress.run.step === 1)
          isDead = true
      },
    })
    const { run } = await start(dying, world.request(two))
    await world.play(drive(dying, run.id).catch(() => undefined))
    await world.pass(70_000)
    const reaped = await world.play(reapRuns(world.engine('reaper'), [run]))
    expect(reaped.runs.map(({ status, orphans }) => [status, orphans])).toEqual([['aborted', 0]])
    expect((await world.store.ledger.list(run.id)).map(({ status }) => status)).toEqual(['reverted', 'reverted'])
    expect(world.footprint()).toEqual(before)
  }, 60_000)
})

describe('a plan of a group', () => {
  const refusalsOf = async (steps: readonly Step[]) => {
    const run = await world.run(world.engine(), suiteOf(steps), { key: steps.map(({ name }) => name).join(' ') })
    return [run.status, ...(run.status === 'refused' ? run.refusals.map(({ code, message }) => `${code}: ${message}`) : [])]
  }
  const onOne = (step: Step, names: readonly string[]): Step => ({ ...step, targets: { ...anyPod, names, count: null, percent: 100 } })
  const podNames = () =>
    world.sandbox
      .objects()
      .flatMap(({ kind, metadata }) => (kind === 'Pod' && metadata.labels?.app === 'jadevectordb' ? [metadata.name] : []))

  it('refuses two faults that cannot be told apart on one pod, and names them; not when one waits for the other', async () => {
    const [pod = ''] = podNames()
    const cut = onOne(member(netfilter, 'cut', { lasts: 5 }), [pod])
    expect(await refusalsOf([cut, onOne(member(latency, 'slow', { delay: 60, lasts: 5 }), [pod])])).toEqual([
      'refused',
      expect.stringMatching(/^overlap: .*slow \(network-degradation\) and cut \(network-partition\) may not overlap on one pod/),
    ])
    expect(await refusalsOf([cut, onOne(member(podDelete, 'delete', { after: ['cut'], delay: 5, lasts: 5 }), [pod])])).toEqual([
      'succeeded',
    ])
  })

  it('counts together what overlapping steps hit of a workload', async () => {
    const half = (fault: FaultSpec, name: string): Step => ({ ...member(fault, name, { lasts: 5 }), targets: { ...anyPod, count: 2 } })
    expect(await refusalsOf([half(partition, 'cut'), half(podDelete, 'delete')])).toEqual([
      'refused',
      expect.stringMatching(/^blast_radius: .*at most 1 may be hit.*2 hit by overlapping steps/),
    ])
  })

  it('combines what can be told apart on one pod', async () => {
    const [pod = ''] = podNames()
    const run = await world.run(
      world.engine(),
      suiteOf([onOne(member(memory, 'fill', { lasts: 10 }), [pod]), onOne(member(netfilter, 'cut', { delay: 2, lasts: 4 }), [pod])]),
    )
    expect([run.status, run.steps.map(({ verdict }) => verdict)]).toEqual(['succeeded', ['succeeded', 'succeeded']])
  })
})
