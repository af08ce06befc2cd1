import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { Job, Pod } from '../../../lib/domain/kube.ts'
import { managedSelector } from '../../../lib/domain/labels.ts'
import type { Run, RunStatus } from '../../../lib/domain/run.ts'
import { abortRun } from '../../../lib/engine/control.ts'
import { nodeDrain, partition, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const ns = 'jadevectordb-system'
const jobs = { apiVersion: 'batch/v1', kind: 'Job' }
const long = suiteOf([stepOf(partition, { durationMs: 60_000 }), stepOf(partition)])

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

/** Runs the suite, and does something to the cluster once, `afterMs` after the run came into the state. */
async function runAnd(
  status: RunStatus,
  act: () => Promise<unknown> | unknown,
  options: { readonly suite?: typeof long; readonly afterMs?: number } = {},
): Promise<Run> {
  let seen = false
  const engine = world.engine('driver-1', {
    observe: ({ run }) => {
      if (run.status !== status || seen) return
      seen = true
      void world.clock.sleep(options.afterMs ?? 2_000).then(act)
    },
  })
  return world.run(engine, options.suite ?? long)
}

/** As `kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline` does. */
async function haltByHand(): Promise<void> {
  const found = await world.cluster.objects.list<Job>(jobs, { labelSelector: managedSelector })
  for (const { metadata } of found)
    await world.cluster.objects.delete({ ...jobs, name: metadata.name, namespace: metadata.namespace ?? '' })
}

async function eventTimes(run: Run): Promise<Map<string, number>> {
  const history = await world.store.ledger.history(run.id)
  return new Map(history.map((event) => [event.type, event.at]))
}

describe('a person', () => {
  it('halts the run for good by deleting the Jobs, within 5 s', async () => {
    const before = world.footprint()
    let deletedAt = 0
    const run = await runAnd('holding', () => {
      deletedAt = world.clock.now()
      return haltByHand()
    })
    expect(run).toMatchObject({ status: 'aborted', orphans: 0, abort: { reason: 'halted', by: 'kubectl' } })
    expect(run.steps.map((s) => s.verdict)).toEqual(['aborted', 'skipped'])
    const times = await eventTimes(run)
    expect((times.get('abort') ?? 0) - deletedAt).toBeLessThanOrEqual(5_000)
    expect(world.footprint()).toEqual(before)
  })

  it('halts between steps as well', async () => {
    const run = await runAnd('resting', haltByHand, { suite: suiteOf([stepOf(partition, { intervalMs: 20_000 }), stepOf(partition)]) })
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted' } })
    expect(run.steps.map((s) => s.verdict)).toEqual(['succeeded', 'skipped'])
  })

  it('halts a drain, and the node is schedulable again', async () => {
    const before = world.footprint()
    const run = await runAnd('holding', haltByHand, { suite: suiteOf([stepOf(nodeDrain, { durationMs: 60_000 })]) })
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted' } })
    await world.pass(30_000)
    expect(world.footprint()).toEqual(before)
  })

  it('aborts one run through the store, within 5 s', async () => {
    let askedAt = 0
    const run = await runAnd('holding', async () => {
      askedAt = world.clock.now()
      const [found] = await world.store.runs.list()
      return abortRun(world.engine('someone'), found?.id ?? '', { who: { kind: 'os', name: 'ann' }, why: 'the pager rang' })
    })
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'asked', by: 'ann', detail: 'the pager rang' } })
    const times = await eventTimes(run)
    expect((times.get('abort') ?? 0) - askedAt).toBeLessThanOrEqual(5_000)
    expect((times.get('reverted') ?? 0) - askedAt).toBeLessThanOrEqual(8_000)
  })

  it('halts everything by the switch', async () => {
    const run = await runAnd('holding', () =>
      world.store.controls.set({ kind: 'halt' }, { by: 'bob', why: 'incident 7', at: world.clock.now() }),
    )
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', by: 'bob', detail: 'incident 7' } })
    await world.pass(10_000)
    expect(await world.run(world.engine(), long, { key: 'later' })).toMatchObject({
      status: 'refused',
      refusals: [{ code: 'halted', message: 'everything is halted by bob: incident 7' }],
    })
  })

  it('interrupts at once from the keyboard', async () => {
    const ctrlC = new AbortController()
    let pressedAt = 0
    const engine = world.engine('driver-1', {
      observe: ({ run }) => {
        if (run.status !== 'holding' || pressedAt > 0) return
        void world.clock.sleep(5_000).then(() => {
          pressedAt = world.clock.now()
          ctrlC.abort()
        })
        pressedAt = 1
      },
    })
    const run = await world.run(engine, long, { interrupt: ctrlC.signal })
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'interrupted' } })
    expect((await eventTimes(run)).get('abort')).toBe(pressedAt)
  })

  it.each([
    ['SIGINT', 'interrupted from the keyboard'],
    ['SIGTERM', 'interrupted by SIGTERM: the process was asked to end'],
    ['SIGHUP', 'interrupted by SIGHUP: its terminal was closed'],
  ])('says what %s is', async (signal, detail) => {
    const interrupt = new AbortController()
    const engine = world.engine('driver-1', {
      observe: ({ run }) => {
        if (run.status === 'holding') interrupt.abort(signal)
      },
    })
    expect(await world.run(engine, long, { interrupt: interrupt.signal })).toMatchObject({ abort: { reason: 'interrupted', detail } })
  })
})

describe('a fuse that is missing before its time', () => {
  it('halts the run', async () => {
    const run = await runAnd('holding', async () => {
      const fuses = await world.cluster.objects.list<Job>(jobs, { namespace: ns, labelSelector: 'faultline.dev/role=fuse' })
      for (const { metadata } of fuses) await world.cluster.objects.delete({ ...jobs, namespace: ns, name: metadata.name })
    })
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'halted', cause: 'fuse_deleted' } })
    expect(run.abort?.detail).toMatch(/^the fuse faultline-\S+ was removed /)
    expect(run.steps[0]?.reasons).toMatchObject([{ code: 'aborted', cause: 'fuse_deleted' }])
  })

  it('because it burnt by itself is blamed on no person', async () => {
    const run = await runAnd('holding', async () => {
      const [fuse] = await world.cluster.objects.list<Job>(jobs, { namespace: ns, labelSelector: 'faultline.dev/role=fuse' })
      await world.cluster.objects.patch({ ...jobs, namespace: ns, name: fuse?.metadata.name ?? '' }, { spec: { activeDeadlineSeconds: 1 } })
    })
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'fuse_burnt', by: 'kubernetes', cause: 'fuse_burnt' } })
    expect(run.abort?.detail).toMatch(/^the fuse faultline-\S+ burnt by itself /)
    expect(run.steps[0]?.reasons).toMatchObject([{ code: 'aborted', cause: 'fuse_burnt' }])
  })
})

describe('a target that is replaced during a partition', () => {
  it('has left it: the injection ended early, and the step is no pass', async () => {
    const run = await runAnd('holding', async () => {
      const [target] = await world.cluster.objects.list<Pod>(
        { apiVersion: 'v1', kind: 'Pod' },
        { namespace: ns, labelSelector: 'faultline.dev/target' },
      )
      world.sandbox.delete('pods', { namespace: ns, name: target?.metadata.name ?? '' })
    })
    expect(run.status).toBe('no_effect')
    expect(run.steps[0]).toMatchObject({ verdict: 'no_effect' })
    expect(run.steps[0]?.reasons[0]?.code).toBe('ended_early')
    expect(run.steps[0]?.reasons[0]?.detail).toMatch(/.* left the partition/)
    expect(run.steps[1]).toMatchObject({ verdict: 'succeeded' })
  })
})
