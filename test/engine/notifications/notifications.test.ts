import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError, StoreUnavailable } from '../../../lib/domain/errors.ts'
import type { Notice } from '../../../lib/domain/notice.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { resolveRun } from '../../../lib/engine/control.ts'
import { drive } from '../../../lib/engine/drive.ts'
import { redeliverNotifications } from '../../../lib/engine/notifications/redeliver-notifications.ts'
import { reapRuns } from '../../../lib/engine/reap.ts'
import type { Notifier } from '../../../lib/ports.ts'
import { around, dieIn } from '../../support/around.ts'
import { partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

/** The simulated cluster answers over real connections: a busy machine may move a virtual time by this much; an notifier takes 10 s. */
const noiseMs = 2_000

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

/** An notifier that keeps what it is told. */
function ear(tell: () => Promise<void> = async () => undefined, name = 'ear') {
  const heard: Notice[] = []
  const notifier: Notifier = {
    name,
    notify: async (notice) => {
      heard.push(notice)
      await tell()
    },
  }
  return { notifier, heard, kinds: () => heard.map((notice) => notice.kind) }
}

const hangs = () => new Promise<void>(() => undefined)
const refuses = async () => {
  throw new FaultlineError('unavailable', 'connection refused', { retryable: true })
}

const suite = suiteOf([stepOf(partition), stepOf(podDelete)])

/** When what happened, in ms from the request; when the lease is given back does not matter. */
async function times(run: Run) {
  const history = await world.store.ledger.history(run.id)
  return history.filter(({ type }) => type !== 'released').map(({ type, at }) => ({ type, at: at - run.requestedAt }))
}

describe('notifiers', () => {
  it('are told of a whole run, each thing once and in order', async () => {
    const { notifier, kinds, heard } = ear()
    const run = await world.run(world.engine('driver-1', { notifiers: [notifier] }), suite)
    expect(run.status).toBe('succeeded')
    expect(kinds()).toEqual([
      'run.started',
      'fault.active',
      'fault.reverted',
      'fault.recovered',
      'fault.active',
      'fault.reverted',
      'fault.recovered',
      'run.finished',
    ])
    expect(heard[1]?.step?.targets).toHaveLength(1)
    expect(heard.at(-1)).toMatchObject({ severity: 'info', message: 'succeeded', run: { status: 'succeeded' } })
  })

  it('that hang, refuse or break delay nothing of the run', async () => {
    const plain = await world.run(world.engine('driver-1'), suite, { key: 'plain' })
    const breaks = () => Promise.reject(new TypeError('a bug of the notifier'))
    for (const [name, tell] of Object.entries({ hangs, refuses, breaks })) {
      const told = ear(tell, name)
      const broken = await world.run(world.engine('driver-1', { notifiers: [told.notifier] }), suite, { key: name })
      expect(broken.status).toBe('succeeded')
      expect(told.heard.length).toBeGreaterThan(0)
      const expected = await times(plain)
      const found = await times(broken)
      expect(found.map(({ type }) => type)).toEqual(expected.map(({ type }) => type))
      const delays = found.map(({ at }, i) => at - (expected[i]?.at ?? 0))
      expect(Math.max(...delays)).toBeLessThan(noiseMs)
    }
  })

  it('get after their own outage what they refused', async () => {
    let isAway = true
    const told = ear(async () => {
      if (isAway) await refuses()
    })
    const engine = world.engine('driver-1', {
      notifiers: [told.notifier],
      observe: ({ run }) => {
        if (run.status === 'resting') isAway = false
      },
    })
    await world.run(engine, suite)
    const last = told.heard.slice(told.heard.findIndex((notice) => notice.at > 0 && notice.run.status === 'resting'))
    expect(new Set(told.heard.map((notice) => notice.id)).size).toBe(8)
    expect(last.map((notice) => notice.kind)).toContain('run.finished')
  })

  it('hear from the reaper what the dead driver could not tell, and nothing twice', async () => {
    const deaf = ear(refuses)
    const run = await dieIn(world, 'holding', suite)
    expect(run.status).toBe('holding')
    const heard = ear()
    const reaper = world.engine('reaper', { notifiers: [heard.notifier], dead: ['dead'] })
    await world.play(reapRuns(reaper, [run]))
    expect(heard.kinds()).toEqual(['run.started', 'fault.active', 'run.aborting', 'fault.reverted', 'run.finished'])
    const again = ear()
    await world.play(drive(world.engine('third', { notifiers: [again.notifier, deaf.notifier] }), run.id))
    expect([...again.heard, ...deaf.heard]).toEqual([])
  })

  it('hear nothing twice when a dead driver had told it', async () => {
    const before = ear()
    let dead = false
    const engine = world.engine('dead', {
      notifiers: [before.notifier],
      hook: () => {
        if (dead) throw new Error('the process is dead')
      },
      observe: ({ run }) => {
        if (run.status === 'holding') void world.clock.sleep(3_000).then(() => { dead = true }) // biome-ignore format: one look
      },
    })
    await world.run(engine, suite).catch(() => undefined)
    expect(before.kinds()).toEqual(['run.started', 'fault.active'])
    const [run] = await world.store.runs.list()
    if (run === undefined) throw new Error('no run')
    const after = ear()
    await world.play(reapRuns(world.engine('reaper', { notifiers: [after.notifier], dead: ['dead'] }), [run]))
    expect(after.kinds()).toEqual(['run.aborting', 'fault.reverted', 'run.finished'])
  })

  it('are paged while an undo is not proven: after 10 s, then every 5 min, and again when a person ends it', async () => {
    const told = ear()
    const engine = around(world.engine('driver-1', { notifiers: [told.notifier] }), ({ method, args }, go) => {
      if (method === 'delete' && args[0].kind === 'Job' && /-0-[a-z0-9]{5}$/.test(args[0].name))
        throw new FaultlineError('forbidden', 'not allowed to delete jobs')
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(partition)]), { giveUpAfterMs: 400_000 })
    expect(run.status).toBe('reverting')
    const pages = told.heard.filter((notice) => notice.kind === 'undo.unproven')
    expect(pages.map(({ severity }) => severity)).toEqual(['critical', 'critical'])
    const [first, second] = pages.map((page) => page.at)
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(300_000)
    expect(pages[0]?.message).toContain('not allowed to delete jobs')
    await world.play(resolveRun(engine, run.id, { who: { kind: 'os', name: 'ada' }, why: 'node is scrap' }))
    expect(told.heard.at(-1)).toMatchObject({ kind: 'run.finished', severity: 'critical', data: { unproven: true } })
  })

  it('are paged by a driver that lost the store while a fault is in place', async () => {
    const told = ear()
    let isAway = false
    const engine = world.engine('driver-1', {
      notifiers: [told.notifier],
      hook: ({ port }) => {
        if (isAway && port !== 'objects' && port !== 'pods') throw new StoreUnavailable('any')
      },
      observe: ({ run }) => {
        if (run.status === 'holding') isAway = true
      },
    })
    await expect(world.run(engine, suiteOf([stepOf(partition, { durationMs: 120_000 })]))).rejects.toBeInstanceOf(StoreUnavailable)
    expect(told.heard.at(-1)).toMatchObject({ kind: 'undo.unproven', severity: 'critical', step: { index: 0 } })
  })

  it('that were away at the end of a run hear of it from the next reaper, once', async () => {
    let isAway = false
    const told = ear(async () => {
      if (isAway) await refuses()
    })
    const engine = world.engine('driver-1', {
      notifiers: [told.notifier],
      observe: ({ run }) => {
        if (run.status === 'verifying') isAway = true
      },
    })
    await world.run(engine, suiteOf([stepOf(partition)]))
    isAway = false
    const reaper = ear()
    for (const owner of ['reaper-1', 'reaper-2'])
      await world.play(redeliverNotifications(world.engine(owner, { notifiers: [reaper.notifier] }), () => undefined))
    expect(reaper.kinds()).toEqual(['run.finished'])
    await world.pass(900_001)
    const late = ear()
    await world.play(redeliverNotifications(world.engine('reaper-3', { notifiers: [{ ...late.notifier, name: 'new' }] }), () => undefined))
    expect(late.heard).toEqual([])
  })

  it('are told why a run is refused', async () => {
    await world.store.controls.set({ kind: 'halt' }, { by: 'ada', why: 'incident 7', at: 0 })
    const told = ear()
    const run = await world.run(world.engine('driver-1', { notifiers: [told.notifier] }), suite)
    expect(run.status).toBe('refused')
    expect(told.heard.map(({ kind, message }) => `${kind}: ${message}`)).toEqual([
      'run.refused: refused (halted): everything is halted by ada: incident 7',
    ])
  })

  it('are not asked for what they do not want', async () => {
    const told = ear()
    const notifier: Notifier = { ...told.notifier, wants: (notice) => notice.kind.startsWith('run.') }
    await world.run(world.engine('driver-1', { notifiers: [notifier] }), suiteOf([stepOf(partition)]))
    expect(told.kinds()).toEqual(['run.started', 'run.finished'])
  })
})
