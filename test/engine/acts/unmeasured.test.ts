import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { RunStatus } from '../../../lib/domain/run.ts'
import { around } from '../../support/around.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

it('a fault whose effect could not be measured as it was put in place counts as none, whatever is seen of it later', async () => {
  let status: RunStatus = 'requested'
  const driver = world.engine('driver-1', {
    observe: ({ run }) => {
      status = run.status
    },
  })
  const engine = around(driver, async ({ method }, go) =>
    method === 'dial' && status === 'injecting' ? { outcome: 'unknown', status: null, message: 'a proxy answered' } : go(),
  )
  const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 30_000 })]))
  expect(run).toMatchObject({ status: 'no_effect', orphans: 0, steps: [{ verdict: 'no_effect' }] })
  const [entry] = await world.store.ledger.list(run.id)
  expect(entry?.status).toBe('reverted')
})
