import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { KubernetesError } from '../../lib/domain/errors.ts'
import { drive } from '../../lib/engine/drive.ts'
import { start } from '../../lib/engine/start.ts'
import { around } from '../support/around.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 6 })
})

afterEach(() => world.close())

/** A driver whose API server is away for good as soon as it verifies. */
function awayWhileVerifying() {
  let verifying = false
  const driver = world.engine('driver-1', {
    observe: ({ run }) => {
      verifying ||= run.status === 'verifying'
    },
  })
  return around(driver, async (_, go) => {
    if (verifying) throw new KubernetesError('unavailable', 0, 'away')
    return go()
  })
}

describe('an API that is away for good', () => {
  it('a run that verifies against an API that says no ends, or is left, some time', async () => {
    const engine = awayWhileVerifying()
    let over = false
    const suite = suiteOf([stepOf(partition)])
    const { run } = await world.play(start(engine, world.request(suite)))
    void drive(engine, run.id, { giveUpAfterMs: 300_000 }).finally(() => {
      over = true
    })
    await world.pass(900_000)
    expect(over).toBe(true)
  }, 60_000)

  it('a driver told to stop while it verifies against an API that is away leaves in the end', async () => {
    const stop = new AbortController()
    const engine = awayWhileVerifying()
    let over = false
    const { run } = await world.play(start(engine, world.request(suiteOf([stepOf(partition)]))))
    void drive(engine, run.id, { giveUpAfterMs: 300_000, interrupt: stop.signal }).finally(() => {
      over = true
    })
    await world.pass(30_000)
    stop.abort()
    await world.pass(600_000)
    expect(over).toBe(true)
  }, 60_000)
})
