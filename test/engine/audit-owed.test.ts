import { afterEach, expect, it } from '@jest/globals'
import type { Actor } from '../../lib/domain/actor.ts'
import type { AuditEntry } from '../../lib/domain/audit.ts'
import { abortRun } from '../../lib/engine/control.ts'
import { haltAll, pauseSuite, resumeAll, unpauseSuite } from '../../lib/engine/switches.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import { once, withoutTrail } from '../support/trail.ts'
import { openWorld, type World } from '../support/world.ts'

const suite = suiteOf([stepOf(partition)])
const [ann, bob, carl]: readonly [Actor, Actor, Actor] = [
  { kind: 'os', name: 'ann@laptop' },
  { kind: 'os', name: 'bob@desk' },
  { kind: 'os', name: 'carl@desk' },
]
const lines = (entries: readonly AuditEntry[]) => entries.map(({ kind, actor }) => `${kind} by ${actor?.name}`)
let opened: World | undefined

afterEach(() => opened?.close())

async function open(): Promise<World> {
  opened = await openWorld()
  return opened
}

it('a second halt or pause in a row happens all the same while the trail is away, and both are written later', async () => {
  const world = await open()
  let isAway = true
  const engine = withoutTrail(world.engine(), () => isAway)
  await world.play(haltAll(engine, ann, 'the pager rang'))
  await world.pass(1_000)
  await world.play(haltAll(engine, bob, 'it rang again'))
  await world.play(pauseSuite(engine, 'Example', ann, 'release'))
  await world.play(pauseSuite(engine, 'Example', bob, 'release, still'))
  isAway = false
  await world.play(resumeAll(world.engine('carl'), carl, 'all is well'))
  await world.play(unpauseSuite(world.engine('carl'), 'Example', carl, 'released'))
  const trail = lines(await world.store.audit.list())
  expect(trail.filter((line) => line.startsWith('halt'))).toEqual(['halt by ann@laptop', 'halt by bob@desk'])
  expect(trail.filter((line) => line.startsWith('pause')).sort()).toEqual(['pause by ann@laptop', 'pause by bob@desk'])
  expect(trail.filter((line) => /carl/.test(line))).toEqual(['resume by carl@desk', 'unpause by carl@desk'])
})

it('an abort happens all the same while the trail is away, and both that it was asked for and that it took effect are written later', async () => {
  const world = await open()
  let isAway = false
  const asking = withoutTrail(world.engine('ann'), () => isAway)
  const ask = async () => {
    const [live] = await world.store.runs.due(Number.MAX_SAFE_INTEGER)
    isAway = true
    await abortRun(asking, live?.id ?? '', { who: ann, why: 'enough' })
  }
  const run = await world.run(
    world.engine(
      'driver-1',
      once('holding', () => void ask()),
    ),
    suite,
  )
  expect(run.status).toBe('aborted')
  const aborts = (await world.store.audit.list()).filter(({ kind }) => kind === 'abort')
  expect(aborts.map(({ message, actor }) => `${message} (${actor?.name})`)).toEqual([
    'asked for: enough (ann@laptop)',
    'asked: enough (ann@laptop)',
  ])
})
