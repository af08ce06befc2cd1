import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

it('a run whose record would not fit at its end is refused before anything is done, with the figure', async () => {
  const before = world.footprint()
  const run = await world.run(world.engine(), suiteOf([stepOf(partition)], { description: 'x'.repeat(404_500) }))
  expect(run).toMatchObject({
    status: 'refused',
    refusals: [
      {
        code: 'blast_radius',
        step: null,
        message: expect.stringMatching(
          /^the record of a run of 1 steps would have \d{3} KB at its end, more than the 400 KB that can be stored; use several suites$/,
        ),
      },
    ],
  })
  expect(world.footprint()).toEqual(before)
})
