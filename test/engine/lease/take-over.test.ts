import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { VersionConflict } from '../../../lib/domain/errors.ts'
import { reapRuns } from '../../../lib/engine/reap.ts'
import { dieIn } from '../../support/around.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

it('who takes a run over closes its ledger to the driver before it, before anything else is done', async () => {
  const run = await dieIn(world, 'holding', suiteOf([stepOf(partition)]))
  const [stale] = await world.store.ledger.list(run.id)
  if (stale === undefined) throw new Error('there is no entry')
  const late: Promise<unknown>[] = []
  const reaper = world.engine('reaper', {
    observe: (progress) => {
      if (progress.kind !== 'event' || progress.event.type !== 'leased') return
      const saved = world.store.ledger.save({ ...stale, version: stale.version + 1, reason: 'written late' })
      late.push(
        saved.then(
          () => 'stored',
          (error: unknown) => error,
        ),
      )
    },
  })
  await world.clock.advance(90_000)
  await world.play(reapRuns(reaper, [run]))
  expect(await Promise.all(late)).toEqual([expect.any(VersionConflict)])
})
