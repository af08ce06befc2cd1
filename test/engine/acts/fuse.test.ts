import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FuseNotArmed } from '../../../lib/domain/errors.ts'
import type { Job, NetworkPolicy } from '../../../lib/domain/kube.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { reapRuns } from '../../../lib/engine/reap.ts'
import type { FaultContext } from '../../../lib/faults/fault.ts'
import { armFuse } from '../../../lib/faults/fuse.ts'
import { ownedBy, podlessFuse } from '../../../lib/faults/fuse-job.ts'
import { inspectFuse } from '../../../lib/faults/fuse-state.ts'
import { storedRuns } from '../../support/stored-runs.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const ns = 'jadevectordb-system'
const policyKind = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }
const long = suiteOf([stepOf(partition, { durationMs: 60_000 })])

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

async function context(runId = 'run-1'): Promise<FaultContext> {
  const { clock, config, connect } = world.engine()
  return { cluster: await connect(world.ref), clock, config, runId, nonce: '', namespace: ns, unfenced: (_, send) => send() }
}

const arm = (c: FaultContext, burnsInMs = 60_000) =>
  armFuse(c, podlessFuse(c, 0, ns), { step: 0, role: 'fuse', burnsAt: world.clock.now() + burnsInMs })

/** Drives until the fault is held, then the process dies without a word. */
async function dieWhileHolding(): Promise<Run> {
  let dead = false
  const engine = world.engine('dead', {
    hook: () => {
      if (dead) throw new Error('the process is dead')
    },
    observe: ({ run }) => {
      if (run.status === 'holding') dead = true
    },
  })
  await expect(world.run(engine, long)).rejects.toThrow()
  const [run] = await storedRuns(world.store)
  if (run === undefined) throw new Error('no run was recorded')
  return run
}

const policies = () => world.cluster.objects.list<NetworkPolicy>(policyKind, { namespace: ns })

describe('a fuse', () => {
  it('ends the partition alone, at its deadline, with no driver or reaper', async () => {
    const run = await dieWhileHolding()
    const [injection] = await world.store.ledger.list(run.id)
    const burnsAt = injection?.armed?.burnsAt ?? 0
    const [pod] = world.sandbox.objects().filter((o) => o.metadata.labels?.['faultline.dev/target'] !== undefined)
    const dial = () => world.cluster.pods.dial({ namespace: ns, name: pod?.metadata.name ?? '', port: 8080 }, '/health')
    expect(await dial()).toMatchObject({ outcome: 'cut' })
    await world.pass(burnsAt - 1_000 - world.clock.now())
    expect(await policies()).toHaveLength(1)
    await world.pass(3_000)
    expect(await policies()).toEqual([])
    expect(await dial()).toMatchObject({ outcome: 'reached' })
  })

  it('burns 10 s after the planned end once the fault is active', async () => {
    const run = await dieWhileHolding()
    const [injection] = await world.store.ledger.list(run.id)
    if (run.status !== 'holding') throw new Error(run.status)
    expect((injection?.armed?.burnsAt ?? 0) - run.revertAt).toBeGreaterThan(9_000)
    expect((injection?.armed?.burnsAt ?? 0) - run.revertAt).toBeLessThanOrEqual(11_000)
  })

  it('is not armed while a queueing webhook suspends it: nothing is injected', async () => {
    world.sandbox.mutateOnCreate('jobs', (job) => {
      const { metadata, spec } = job as unknown as { metadata: Job['metadata']; spec: { suspend: boolean } }
      if (metadata.labels?.['faultline.dev/role'] === 'fuse') spec.suspend = true
    })
    const run = await world.run(world.engine(), long)
    expect(run).toMatchObject({ status: 'failed', orphans: 0 })
    expect(run.steps[0]?.reasons[0]?.detail).toContain('it is suspended (a queueing webhook?) and would never burn')
    expect(await policies()).toEqual([])
  })

  it('that has burnt is not taken for an armed one though AlreadyExists says it is there', async () => {
    const c = await context()
    await world.play(arm(c, 31_000))
    const job = world.sandbox.get('jobs', podlessFuse({ runId: 'run-1', nonce: '' }, 0, ns).name, ns)
    world.sandbox.patch(
      'jobs',
      { namespace: ns, name: job?.metadata.name ?? '' },
      { status: { conditions: [{ type: 'FailureTarget', status: 'True' }] } },
    )
    await expect(world.play(arm(c))).rejects.toThrow('it has burnt already (condition FailureTarget)')
  })

  it('of another run under the same name is not ours', async () => {
    await world.play(arm(await context('run-1')))
    const spec = podlessFuse({ runId: 'run-1', nonce: '' }, 0, ns)
    const other = await context('run-2')
    const burnsAt = world.clock.now() + 60_000
    await expect(world.play(armFuse(other, spec, { step: 0, role: 'fuse', burnsAt }))).rejects.toBeInstanceOf(FuseNotArmed)
  })

  it('that would stay after it burnt, held by a finalizer, is not armed: what it owns would stay, too', async () => {
    world.sandbox.mutateOnCreate('jobs', (job) => {
      const { metadata } = job as unknown as { metadata: { finalizers?: string[] } }
      metadata.finalizers = ['example.org/hold']
    })
    await expect(world.play(arm(await context()))).rejects.toThrow(
      'its finalizers (example.org/hold) would keep it, and what it owns, after it burnt',
    )
  })

  it('on which another client puts a finalizer keeps no run from being proven undone', async () => {
    let name = ''
    const engine = world.engine('driver-1', {
      observe: ({ run, ...progress }) => {
        if (run.status !== 'holding' || name !== '' || !('injections' in progress)) return
        name = progress.injections[0]?.armed?.name ?? ''
        world.sandbox.patch('jobs', { namespace: ns, name }, { metadata: { finalizers: ['example.org/hold'] } })
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition)]))
    expect(name).not.toBe('')
    expect(run).toMatchObject({ status: 'succeeded', orphans: 0 })
    expect(world.sandbox.get('jobs', name, ns)).toBeUndefined()
  })

  it('whose making took long (its answer was lost, say) is given the time that it lacks', async () => {
    const c = await context()
    const first = await world.play(arm(c, 40_000))
    const wanted = world.clock.now() + 120_000
    const again = await world.play(arm(c, 120_000))
    expect(again.uid).toBe(first.uid)
    expect(again.burnsAt).toBeGreaterThanOrEqual(wanted)
  })

  it('once gone takes what a zombie makes later with it, also under the name of a new fuse', async () => {
    const run = await dieWhileHolding()
    const [injection] = await world.store.ledger.list(run.id)
    const [policy] = await policies()
    if (injection?.armed == null || policy === undefined) throw new Error('nothing was injected')
    await world.pass(61_000)
    await world.play(reapRuns(world.engine('reaper'), [run]))
    expect(await policies()).toEqual([])
    await world.play(arm(await context(run.id)))
    const { name, labels = {} } = policy.metadata
    await world.cluster.objects.create({ ...policy, metadata: { name, namespace: ns, labels, ownerReferences: ownedBy(injection.armed) } })
    await world.pass(1_000)
    expect(await policies()).toEqual([])
  })
})

describe('inspectFuse', () => {
  const job: Job = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: 'f',
      namespace: ns,
      uid: 'u',
      labels: { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': 'r', 'faultline.dev/step': '0' },
    },
    spec: { parallelism: 0, activeDeadlineSeconds: 60, template: { spec: {} } },
    status: { startTime: '2026-01-05T09:00:00Z' },
  }
  const nine = Date.UTC(2026, 0, 5, 9)
  const identity = { runId: 'r', step: 0 }

  it('counts from startTime', () => {
    expect(inspectFuse(job, identity, nine + 60_000)).toEqual({ armed: { namespace: ns, name: 'f', uid: 'u', burnsAt: nine + 60_000 } })
  })

  it.each<[string, Job, string]>([
    ['not started', { ...job, status: {} }, 'the Job controller has not started it (no status.startTime)'],
    ['going', { ...job, metadata: { ...job.metadata, deletionTimestamp: '2026-01-05T09:00:01Z' } }, 'it is being deleted'],
    [
      'of another step',
      { ...job, metadata: { ...job.metadata, labels: { ...job.metadata.labels, 'faultline.dev/step': '1' } } },
      'it belongs to another step',
    ],
    ['without a deadline', { ...job, spec: { template: { spec: {} } } }, 'its activeDeadlineSeconds was removed'],
    [
      'failed',
      { ...job, status: { ...job.status, conditions: [{ type: 'Failed', status: 'True' }] } },
      'it has burnt already (condition Failed)',
    ],
  ])('does not trust one that is %s', (_, seen, why) => {
    expect(inspectFuse(seen, identity, nine)).toMatchObject({ armed: null, why })
  })
})
