import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { type Actor, claimed } from '../../lib/domain/actor.ts'
import { resolveRun } from '../../lib/engine/control.ts'
import { haltAll, resumeAll } from '../../lib/engine/switches.ts'
import { dieIn } from '../support/around.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import { openWorld, type World } from '../support/world.ts'

const [ann, bob]: readonly [Actor, Actor] = [
  { kind: 'os', name: 'ann@laptop' },
  { kind: 'os', name: 'bob@desk' },
]
let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

const wanting = () => world.engine('person', { config: { secondPerson: ['resume', 'resolve'] } })

it.each([
  ['the one who halted', ann],
  ['a name that is only claimed', claimed('bob')],
])('a halt is not lifted by %s where that takes a second person', async (_, who) => {
  await world.play(haltAll(wanting(), ann, 'the pager rang'))
  await expect(world.play(resumeAll(wanting(), who, 'all is well'))).rejects.toThrow('resume takes a second person')
  expect((await world.store.controls.read({ id: '-', suite: '-' })).halt).toMatchObject({ by: 'ann@laptop' })
  expect((await world.store.audit.list()).map(({ kind }) => kind)).toEqual(['halt'])
})

it('a halt is lifted by another, and by anyone where one person is enough', async () => {
  await world.play(haltAll(wanting(), ann, 'the pager rang'))
  expect(await world.play(resumeAll(wanting(), bob, 'all is well'))).toMatchObject({ by: 'ann@laptop' })
  await world.play(haltAll(world.engine(), ann, 'the pager rang'))
  expect(await world.play(resumeAll(world.engine(), ann, 'all is well'))).toMatchObject({ by: 'ann@laptop' })
})

it('a run is resolved by another than the one who started it', async () => {
  const run = await dieIn(world, 'holding', suiteOf([stepOf(partition)]))
  await world.store.runs.save({ ...run, version: run.version + 1, trigger: { ...run.trigger, by: 'ann@laptop', actor: ann } })
  await world.pass(200_000)
  const word = { why: 'scrapped', force: true }
  await expect(world.play(resolveRun(wanting(), run.id, { ...word, who: ann }))).rejects.toThrow('resolve takes a second person')
  expect(await world.play(resolveRun(wanting(), run.id, { ...word, who: bob }))).toMatchObject({
    status: 'failed',
    resolved: { actor: bob },
  })
})
