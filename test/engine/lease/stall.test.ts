import { afterEach, beforeEach, expect, it } from '@jest/globals'
import type { Engine } from '../../../lib/engine/engine.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

/** A process that stands still for so long once its fault is held, and a store, 0.3 s away, that is healthy all the while. */
function standingStill(forMs: number, notes: string[]): Engine {
  let thawed = Promise.resolve()
  let hasStood = false
  const base = world.engine('driver-1', {
    observe: (progress) => {
      if (progress.kind === 'note') notes.push(progress.message)
      if (progress.run.status !== 'holding' || hasStood) return
      hasStood = true
      thawed = world.clock.sleep(forMs)
    },
  })
  const sleep: Engine['clock']['sleep'] = async (ms, signal) => {
    await world.clock.sleep(ms, signal)
    await thawed
  }
  const { runs } = base.store
  const farRuns = new Proxy(runs, {
    get: (target, method) => {
      if (method !== 'save') return Reflect.get(target, method)
      return async (run: Parameters<typeof runs.save>[0]) => {
        await world.clock.sleep(300)
        return runs.save(run)
      }
    },
  })
  return { ...base, clock: { now: () => world.clock.now(), sleep }, store: { ...base.store, runs: farRuns } }
}

it('a process that stood still for more than half of its lease tries it once more, and goes on', async () => {
  const notes: string[] = []
  const run = await world.run(standingStill(20_000, notes), suiteOf([stepOf(partition, { durationMs: 40_000 })]))
  expect(notes).toEqual([expect.stringMatching(/^this process stood still for 1\d s; the lease is tried once more$/)])
  expect(run).toMatchObject({ status: 'succeeded', abort: null, orphans: 0 })
})

it('one that stood still for longer than its lease says so, and proves its undo', async () => {
  const notes: string[] = []
  const run = await world.run(standingStill(40_000, notes), suiteOf([stepOf(partition, { durationMs: 120_000 })]))
  expect(run).toMatchObject({ status: 'aborted', orphans: 0, abort: { reason: 'driver_lost', detail: 'it slept through its own lease' } })
  expect(notes.filter((note) => /did not answer|could not be renewed/.test(note))).toEqual([])
})
