import { afterEach, describe, expect, it } from '@jest/globals'
import { createDynamoClient } from '../../lib/adapters/dynamodb/client.ts'
import { createDynamoStore } from '../../lib/adapters/dynamodb/store.ts'
import { ensureTable } from '../../lib/adapters/dynamodb/table.ts'
import type { Config } from '../../lib/config.ts'
import type { Actor } from '../../lib/domain/actor.ts'
import type { AuditEntry } from '../../lib/domain/audit.ts'
import { StoreUnavailable } from '../../lib/domain/errors.ts'
import { abortRun, resolveRun } from '../../lib/engine/control.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import { redeliverNotifications } from '../../lib/engine/notifications/redeliver-notifications.ts'
import { reapRuns } from '../../lib/engine/reap.ts'
import { haltAll, pauseSuite, resumeAll, unpauseSuite } from '../../lib/engine/switches.ts'
import { startDynalite } from '../../sandbox/aws/dynalite.ts'
import { around, dieIn } from '../support/around.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import { once, withoutTrail } from '../support/trail.ts'
import type { VirtualClock } from '../support/virtual-clock.ts'
import { openWorld, type World } from '../support/world.ts'

const suite = suiteOf([stepOf(partition)])
const [ann, bob, carl]: readonly [Actor, Actor, Actor] = [
  { kind: 'os', name: 'ann@laptop' },
  { kind: 'os', name: 'bob@desk' },
  { kind: 'os', name: 'carl@desk' },
]
const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function opened(...options: Parameters<typeof openWorld>): Promise<World> {
  const world = await openWorld(...options)
  closers.unshift(() => world.close())
  return world
}

async function onDynalite(clock: VirtualClock) {
  const server = await startDynalite()
  closers.push(server.close)
  const client = createDynamoClient({
    region: 'local',
    endpoint: server.url,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    timeoutMs: 20_000,
  })
  await ensureTable(client, 'faultline')
  return createDynamoStore({ client, table: 'faultline', clock })
}

const lines = (entries: readonly AuditEntry[]) => entries.map(({ kind, actor }) => `${kind} by ${actor?.name ?? 'itself'}`)

describe.each([
  ['in SQLite', undefined],
  ['in DynamoDB', onDynalite],
])('the audit trail %s', (_, open) => {
  it('of a game day with a halt, a resume by another, an abort and a resolve is complete and in order', async () => {
    const world = await opened({}, open)
    const { store } = world
    const driver = world.engine(
      'driver-1',
      once('holding', () => void haltAll(world.engine('ann'), ann, 'the pager rang')),
    )
    expect(await world.run(driver, suite, { key: 'first' })).toMatchObject({ status: 'aborted' })
    await world.pass(1_000)
    expect(await world.run(world.engine(), suite, { key: 'second' })).toMatchObject({ status: 'refused' })
    await world.play(resumeAll(world.engine('bob'), bob, 'all is well'))
    await world.pass(1_000)
    const aborting = world.engine(
      'driver-2',
      once('holding', async () => {
        const [live] = await store.runs.due(Number.MAX_SAFE_INTEGER)
        await abortRun(world.engine('ann'), live?.id ?? '', { who: ann, why: 'enough' })
      }),
    )
    expect(await world.run(aborting, suite, { key: 'third' })).toMatchObject({ status: 'aborted' })
    await world.pass(1_000)
    const stuck = around(world.engine('stuck'), ({ method }, go) =>
      method === 'delete' ? Promise.reject(new StoreUnavailable('the API server is away')) : go(),
    )
    const left = await world.run(stuck, suite, { key: 'fourth', giveUpAfterMs: 60_000 })
    const word = { who: bob, why: 'the node was scrapped', force: true }
    expect(await world.play(resolveRun(world.engine('bob'), left.id, word))).toMatchObject({ status: 'failed', resolved: { actor: bob } })
    await world.play(redeliverNotifications(world.engine('reaper'), () => undefined))

    const entries = await store.audit.list()
    expect(lines(entries)).toEqual([
      'start by test',
      'halt by ann@laptop',
      'abort by ann@laptop',
      'start by test',
      'refusal by test',
      'resume by bob@desk',
      'start by test',
      'abort by ann@laptop',
      'abort by ann@laptop',
      'start by test',
      'resolve by bob@desk',
    ])
    expect(entries.map(({ at }) => at)).toEqual(entries.map(({ at }) => at).sort((a, b) => a - b))
    expect(entries.find(({ kind }) => kind === 'resume')?.message).toBe('all is well')
    const aborts = entries.filter(({ kind, message }) => kind === 'abort' && message.includes('enough'))
    expect(aborts.map(({ message }) => message)).toEqual(['asked for: enough', 'asked: enough'])
  })
})

describe('what cannot be put on record', () => {
  it('does not happen: a resume, an unpause', async () => {
    const world = await opened()
    const engine = withoutTrail(world.engine(), () => true)
    await world.play(haltAll(world.engine(), ann, 'incident'))
    await world.play(pauseSuite(world.engine(), 'Example', ann, 'release'))
    const why = 'nothing was done, as it could not be put on record'
    await expect(world.play(resumeAll(engine, bob, 'all is well'))).rejects.toThrow(why)
    await expect(world.play(unpauseSuite(engine, 'Example', bob, 'done'))).rejects.toThrow(why)
    expect(await world.store.controls.read({ id: '-', suite: 'Example' })).toMatchObject({ halt: { by: 'ann@laptop' }, pause: {} })
  })

  it('does not happen: a resolve', async () => {
    const world = await opened()
    const run = await dieIn(world, 'holding', suite)
    await world.pass(200_000)
    const engine = withoutTrail(world.engine('ann'), () => true)
    await expect(world.play(resolveRun(engine, run.id, { who: ann, why: 'scrapped', force: true }))).rejects.toThrow('put on record')
    expect(await world.store.runs.load(run.id)).toMatchObject({ status: 'holding' })
  })

  it.each([
    ['by the driver of a run that it ends', true],
    ['by the reaper', false],
  ])('happens all the same when it is a halt, and is written later %s', async (_, isLive) => {
    const world = await opened()
    let isAway = false
    const halting = withoutTrail(world.engine('ann'), () => isAway)
    const halt = async () => {
      isAway = true
      expect(await haltAll(halting, ann, 'the pager rang')).toMatchObject({ isAudited: false })
    }
    if (isLive)
      await world.run(
        world.engine(
          'driver-1',
          once('holding', () => void halt()),
        ),
        suite,
      )
    else {
      await world.play(halt())
      expect(lines(await world.store.audit.list())).toEqual([])
      await world.play(redeliverNotifications(world.engine('reaper'), () => undefined))
      await world.play(redeliverNotifications(world.engine('reaper'), () => undefined))
    }
    expect(lines(await world.store.audit.list())).toEqual(
      isLive ? ['start by test', 'halt by ann@laptop', 'abort by ann@laptop'] : ['halt by ann@laptop'],
    )
  })

  it('stays in the outbox of a run until it is written', async () => {
    const world = await opened()
    let isAway = true
    const engine = withoutTrail(world.engine(), () => isAway)
    const run = await world.run(engine, suite)
    expect([run.status, lines(await world.store.audit.list())]).toEqual(['succeeded', []])
    expect((await world.store.runs.list({ unsettled: true })).map(({ id }) => id)).toEqual([run.id])
    isAway = false
    await world.play(redeliverNotifications(world.engine('reaper'), () => undefined))
    expect(lines(await world.store.audit.list())).toEqual(['start by test'])
    expect(await world.store.runs.list({ unsettled: true })).toEqual([])
  })

  it('is a resume of a halt that another set meanwhile: all stays halted, and the trail says so', async () => {
    const world = await opened()
    await world.play(haltAll(world.engine(), ann, 'incident'))
    const engine = world.engine('bob')
    const add: Engine['store']['audit']['add'] = async (entry) => {
      if (entry.message === 'all is well') await haltAll(world.engine('carl'), carl, 'another incident')
      return engine.store.audit.add(entry)
    }
    const slow = { ...engine, store: { ...engine.store, audit: { ...engine.store.audit, add } } }
    await expect(world.play(resumeAll(slow, bob, 'all is well'))).rejects.toMatchObject({ code: 'conflict' })
    expect(await world.store.controls.read({ id: '-', suite: '-' })).toMatchObject({ halt: { by: 'carl@desk', why: 'another incident' } })
    expect((await world.store.audit.list()).map(({ kind, message }) => `${kind}: ${message}`)).toContain(
      'resume: not done: all was halted anew meanwhile, and stays so: look by whom and why first',
    )
  })

  it('is told as not done where it was put on record and then failed', async () => {
    const world = await opened()
    await world.play(haltAll(world.engine(), ann, 'incident'))
    const engine = world.engine('bob', {
      hook: ({ port, method, when }) => {
        if (port === 'controls' && method === 'clear' && when === 'before') throw new StoreUnavailable('clear the halt')
      },
    })
    await expect(world.play(resumeAll(engine, bob, 'all is well'))).rejects.toThrow('clear the halt')
    expect((await world.store.audit.list()).map(({ kind, message }) => [kind, message])).toEqual([
      ['halt', 'incident'],
      ['resume', 'all is well'],
      ['resume', expect.stringMatching(/^perhaps not done: .*clear the halt/)],
    ])
  })
})

describe('a change of the guards', () => {
  const guarded = (longestStep: number): Partial<Config> => ({ guards: [{ longestStep }] })

  it('is an entry of its own ahead of the first start under them, with old and new', async () => {
    const world = await opened()
    for (const [key, longestStep] of [
      ['a', 600],
      ['b', 600],
      ['c', 900],
      ['d', 900],
    ] as const) {
      await world.run(world.engine('driver-1', { config: guarded(longestStep) }), suite, { key })
      await world.pass(1_000)
    }
    const entries = await world.store.audit.list()
    expect(entries.map(({ kind }) => kind)).toEqual(['start', 'start', 'guards', 'start', 'start'])
    const [first, , changed, third] = entries
    expect(changed).toMatchObject({ actor: null, data: { before: first?.data.guards, now: third?.data.guards } })
    expect(first?.data.guards).toMatch(/^[0-9a-f]{64}$/)
    expect(first?.data.guards).not.toBe(third?.data.guards)
  })

  it('is found by the mark of the last one, however many starts there were, and is told anew by a copy that was cut off before it', async () => {
    const world = await opened()
    const read: string[] = []
    let isMarkLost = false
    const engine = (longestStep: number): Engine => {
      const made = world.engine('driver-1', { config: guarded(longestStep) })
      const { audit } = made.store
      const newest: typeof audit.newest = (limit) => {
        read.push(`newest ${limit}`)
        return audit.newest(limit)
      }
      const markGuards: typeof audit.markGuards = (mark) => {
        if (!isMarkLost) return audit.markGuards(mark)
        isMarkLost = false
        return Promise.reject(new StoreUnavailable('insert the mark'))
      }
      return { ...made, store: { ...made.store, audit: { ...audit, newest, markGuards } } }
    }
    await world.run(engine(600), suite, { key: 'a' })
    await world.pass(1_000)
    await world.run(engine(600), suite, { key: 'b' })
    expect(read).toEqual(['newest 1000'])
    await world.pass(1_000)
    isMarkLost = true
    await world.run(engine(900), suite, { key: 'c' })
    expect((await world.store.audit.list()).map(({ kind }) => kind)).toEqual(['start', 'start', 'guards', 'start'])
    expect((await world.store.audit.guardsMarks(10)).map(({ guards }) => guards)).toHaveLength(2)
    expect(read).toEqual(['newest 1000'])
  })

  it('since the last start of an earlier version, which left no mark, is found in the trail', async () => {
    const world = await opened()
    const before: AuditEntry = {
      id: 'old#1',
      at: world.clock.now() - 1_000,
      kind: 'start',
      actor: null,
      message: 'requested',
      run: null,
      data: { guards: 'd0' },
    }
    await world.store.audit.add(before)
    await world.run(world.engine('driver-1', { config: guarded(600) }), suite)
    expect((await world.store.audit.list()).map(({ kind, data }) => [kind, data.before])).toContainEqual(['guards', 'd0'])
  })
})

it('a reaper’s abort of what a dead driver left is one of Faultline itself', async () => {
  const world = await opened()
  const run = await dieIn(world, 'holding', suite)
  await world.pass(200_000)
  await world.play(reapRuns(world.engine('reaper'), [run]))
  expect(lines(await world.store.audit.list())).toEqual(['start by test', 'abort by itself'])
})
