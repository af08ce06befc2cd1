import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError } from '../../../lib/domain/errors.ts'
import { isOpen } from '../../../lib/domain/injection.ts'
import { anyPod, podKill, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

describe('a ledger that takes only some of a step', () => {
  it('lets nothing be injected, and has no open entry when the run is over', async () => {
    const before = world.footprint()
    let added = 0
    const engine = world.engine('driver-1', {
      hook: ({ port, method, when }) => {
        if (port !== 'ledger' || method !== 'add' || when !== 'before') return
        added++
        if (added === 2) throw new FaultlineError('invalid', 'the entry is too large')
      },
    })
    const run = await world.run(engine, suiteOf([stepOf(podKill, { targets: { ...anyPod, count: 3 }, blastRadius: 'all' })]))
    expect(run).toMatchObject({
      status: 'failed',
      steps: [{ name: 'pod-kill', reasons: [{ code: 'refused', detail: 'the entry is too large' }] }],
    })
    const ledger = await world.store.ledger.list(run.id)
    expect(ledger).toHaveLength(1)
    expect(ledger.filter(isOpen)).toEqual([])
    expect((await world.store.ledger.history(run.id)).map((e) => e.type)).not.toContain('injected')
    expect(world.footprint()).toEqual(before)
  })
})
