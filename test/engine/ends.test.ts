import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError, KubernetesError, StoreUnavailable } from '../../lib/domain/errors.ts'
import type { Notice } from '../../lib/domain/notice.ts'
import type { Run, RunStatus } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { abortRun, resolveRun } from '../../lib/engine/control.ts'
import { drive } from '../../lib/engine/drive.ts'
import type { Engine, Progress } from '../../lib/engine/engine.ts'
import { redeliverNotifications } from '../../lib/engine/notifications/redeliver-notifications.ts'
import { reapRuns } from '../../lib/engine/reap.ts'
import { around, dieIn } from '../support/around.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import { openWorld, type World } from '../support/world.ts'

const twoSteps = suiteOf([stepOf(partition), stepOf(partition)])
const word = { who: { kind: 'os', name: 'ada' }, why: 'the cluster was deleted' } as const

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

/** An engine that cannot get at the cluster any more. */
function without(cluster: 'gone' | 'unreachable'): Engine {
  const error =
    cluster === 'gone'
      ? new FaultlineError('cluster_gone', 'EKS does not find it')
      : new FaultlineError('unavailable', 'no such host', { retryable: true })
  return { ...world.engine('reaper', { dead: ['dead'] }), connect: () => Promise.reject(error) }
}

const live: readonly RunStatus[] = ['requested', 'preparing', 'injecting', 'holding', 'reverting', 'recovering', 'resting', 'verifying']

describe('a run whose cluster is gone', () => {
  it.each(live)('and whose driver died while it was %s is ended by the reaper, proven by that', async (status) => {
    const run = await dieIn(world, status, twoSteps)
    const { runs, errors } = await world.play(reapRuns(without('gone'), [run]))
    expect(errors).toEqual([])
    expect(runs).toMatchObject([{ status: 'aborted', orphans: 0 }])
    expect((await world.store.ledger.list(run.id)).filter((entry) => entry.status !== 'reverted')).toEqual([])
    expect((await world.store.ledger.history(run.id)).map(({ type }) => type)).toContain('verified')
  })

  it.each(['holding', 'recovering'] as const)('in the middle (%s) is ended by its driver, which does not try for ever', async (status) => {
    let isGone = false
    const away = new KubernetesError('unavailable', 0, 'no such host', { retryable: true })
    const engine = around(
      world.engine('driver-1', {
        observe: ({ run }) => {
          isGone ||= run.status === status
        },
      }),
      (_, go) => (isGone ? Promise.reject(away) : go()),
    )
    const connect: Engine['connect'] = async (ref) => {
      if (isGone) throw new FaultlineError('cluster_gone', 'EKS does not find it')
      return engine.connect(ref)
    }
    const began = world.clock.now()
    const run = await world.run({ ...engine, connect }, suiteOf([stepOf(partition, { durationMs: 300_000 })]))
    expect(run).toMatchObject({ status: 'aborted', abort: { reason: 'cluster_gone', detail: 'EKS does not find it' }, orphans: 0 })
    expect(world.clock.now() - began).toBeLessThan(status === 'holding' ? 30_000 : 340_000)
    expect((await world.store.ledger.list(run.id)).map((entry) => entry.status)).toEqual(['reverted'])
    expect(await world.store.locks.acquire(`${world.ref.uid}/jadevectordb-system`, 'next')).toBe('next')
  })

  it('is ended by an abort', async () => {
    const run = await dieIn(world, 'resting', twoSteps)
    const aborted = await world.play(abortRun(without('gone'), run.id, word))
    expect(aborted).toMatchObject({ driven: 'here', run: { status: 'aborted', abort: { by: 'ada' } } })
  })

  it.each(live)('as far as a person can tell, is ended on his word while it was %s, once no fuse burns any more', async (status) => {
    const run = await dieIn(world, status, twoSteps)
    await world.pass(300_000)
    expect(await world.play(resolveRun(without('unreachable'), run.id, word))).toMatchObject({
      status: 'failed',
      resolved: { by: 'ada', why: 'the cluster was deleted' },
    })
  })
})

describe("a person's word", () => {
  it('is not taken while a fuse can still end the fault, unless it is forced', async () => {
    const run = await dieIn(world, 'holding', twoSteps)
    const ann = world.engine('ann', { dead: ['dead'] })
    await expect(world.play(resolveRun(ann, run.id, word))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringMatching(/a fuse in the cluster ends the fault .* at .*; reap it then/),
    })
    expect(await world.play(resolveRun(ann, run.id, { ...word, force: true }))).toMatchObject({ status: 'failed' })
  })

  it('is not taken while the cluster answers and no reaper has tried', async () => {
    const run = await dieIn(world, 'holding', twoSteps)
    await world.pass(300_000)
    const ann = world.engine('ann', { dead: ['dead'] })
    await expect(world.play(resolveRun(ann, run.id, word))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining('reap it instead'),
    })
  })
})

describe('the end of a run', () => {
  const quick = suiteOf([stepOf(partition)])
  const ear = () => {
    const heard: Notice['kind'][] = []
    return { heard, notifier: { name: 'ear', notify: async ({ kind }: Notice) => void heard.push(kind) } }
  }

  it('is told, and its history copied, by a reaper that comes an hour after its driver died with it', async () => {
    const told = ear()
    let isDead = false
    const engine = world.engine('dead', {
      notifiers: [told.notifier],
      hook: () => {
        if (isDead) throw new Error('the process is dead')
      },
      observe: ({ run }) => {
        isDead ||= isEnded(run)
      },
    })
    await world.run(engine, quick).catch(() => undefined)
    const [run] = await world.store.runs.list()
    if (run === undefined) throw new Error('no run')
    expect(run.status).toBe('succeeded')
    expect((await world.store.ledger.history(run.id)).map(({ type }) => type)).not.toContain('verified')
    expect(told.heard).not.toContain('run.finished')

    await world.pass(3_600_000)
    const reaper = world.engine('reaper', { notifiers: [told.notifier] })
    await world.play(redeliverNotifications(reaper, () => undefined))
    expect(told.heard.filter((kind) => kind === 'run.finished')).toHaveLength(1)
    expect((await world.store.ledger.history(run.id)).map(({ type }) => type)).toContain('verified')
    expect(await world.store.runs.list({ unsettled: true })).toEqual([])
  })

  it('stays owed while a notifier is away, for a day', async () => {
    const away = { name: 'ear', notify: () => Promise.reject(new FaultlineError('unavailable', 'away', { retryable: true })) }
    await world.run(world.engine('driver-1', { notifiers: [away] }), quick)
    const owed = async () => (await world.store.runs.list({ unsettled: true })).length
    const said: string[] = []
    const reap = () => world.play(redeliverNotifications(world.engine('reaper', { notifiers: [away] }), (line) => said.push(line)))
    expect(await owed()).toBe(1)
    await world.pass(23 * 3_600_000)
    await reap()
    expect(await owed()).toBe(1)
    await world.pass(2 * 3_600_000)
    await reap()
    expect(await owed()).toBe(0)
    expect(said).toEqual([expect.stringContaining('not everyone could be told of its end for a day')])
  })

  it('is nothing that a reaper must look at once everyone was told', async () => {
    const told = ear()
    await world.run(world.engine('driver-1', { notifiers: [told.notifier] }), quick)
    expect(told.heard.at(-1)).toBe('run.finished')
    expect(await world.store.runs.list({ unsettled: true })).toEqual([])
  })

  it('is no failure of its driver when the lock cannot be given back any more', async () => {
    let isOver = false
    const engine = world.engine('driver-1', {
      hook: ({ port }) => {
        if (isOver && port !== 'objects' && port !== 'pods') throw new StoreUnavailable('any')
      },
      observe: ({ run }) => {
        isOver ||= run.status === 'succeeded'
      },
    })
    expect(await world.run(engine, quick)).toMatchObject({ status: 'succeeded' })
    expect(await world.run(world.engine('driver-2'), quick, { key: 'next' })).toMatchObject({ status: 'succeeded' })
  })

  it.each(['runs', 'ledger', 'locks'])(
    'that a crash cuts off right after it is stored or at the next call to %s is told, reported and copied by the next reaper',
    async (port) => {
      const told = ear()
      const left: string[] = []
      let isOver = false
      let isDead = false
      const engine = world.engine('dead', {
        notifiers: [told.notifier],
        report: async ({ id }) => void left.push(id),
        hook: (call) => {
          isDead ||= isOver && call.port === port
          if (isDead) throw new Error('the process is dead')
        },
        observe: ({ run }) => {
          isOver ||= isEnded(run)
        },
      })
      await world.run(engine, quick).catch(() => undefined)
      await theReaperTellsAll(told, left, 'once, and again where it died before it had noted that')
    },
  )

  it('that is followed by an outage of the table of 6.7 s is told, reported and copied, and its driver does not fail', async () => {
    const told = ear()
    const left: string[] = []
    let outageEndsAt: number | undefined
    const engine = world.engine('driver-1', {
      notifiers: [told.notifier],
      report: async ({ id }) => void left.push(id),
      hook: ({ port, when }) => {
        const isAway = outageEndsAt !== undefined && world.clock.now() < outageEndsAt
        if (isAway && when === 'before' && port !== 'objects' && port !== 'pods') throw new StoreUnavailable('any')
      },
      observe: ({ run }) => {
        if (isEnded(run)) outageEndsAt ??= world.clock.now() + 6_700
      },
    })
    expect(await world.run(engine, quick)).toMatchObject({ status: 'succeeded' })
    await theReaperTellsAll(told, left)
  })

  it('that cannot be reported stays owed, and is no failure of the run', async () => {
    const noted: string[] = []
    const full = async () => Promise.reject(new FaultlineError('unavailable', 'no space left'))
    const observe = (progress: Progress) => {
      if (progress.kind === 'note') noted.push(progress.message)
    }
    expect(await world.run(world.engine('driver-1', { report: full, observe }), quick)).toMatchObject({ status: 'succeeded' })
    expect(noted).toEqual(['the report could not be written: no space left'])
    const told = ear()
    await world.play(redeliverNotifications(world.engine('reaper', { report: full }), () => undefined))
    expect(await world.store.runs.list({ unsettled: true })).toHaveLength(1)
    await theReaperTellsAll(told, [])
  })

  it('is settled by the driver that ended it, not by a late call for another one', async () => {
    const away = { name: 'ear', notify: () => Promise.reject(new FaultlineError('unavailable', 'away', { retryable: true })) }
    const run = await world.run(world.engine('driver-1', { notifiers: [away] }), quick)
    await world.play(drive(world.engine('driver-2'), run.id))
    expect(await world.store.runs.list({ unsettled: true })).toHaveLength(1)
  })

  /** Whatever the driver had done of it: in the end each was told once, the report is there once, and nothing is owed. */
  async function theReaperTellsAll(told: ReturnType<typeof ear>, left: string[], times = 'once'): Promise<void> {
    const [run] = await world.store.runs.list()
    if (run === undefined) throw new Error('no run')
    expect(run.status).toBe('succeeded')
    const report = async ({ id }: Run) => {
      if (!left.includes(id)) left.push(id)
    }
    const reaper = world.engine('reaper', { notifiers: [told.notifier], report })
    for (let round = 0; round < 2; round++) {
      await world.pass(60_000)
      await world.play(redeliverNotifications(reaper, () => undefined))
    }
    const finished = told.heard.filter((kind) => kind === 'run.finished').length
    expect(finished).toBeGreaterThanOrEqual(1)
    expect(finished).toBeLessThanOrEqual(times === 'once' ? 1 : 2)
    expect(left).toEqual([run.id])
    expect((await world.store.ledger.history(run.id)).map(({ type }) => type)).toContain('verified')
    expect(await world.store.runs.list({ unsettled: true })).toEqual([])
  }
})
