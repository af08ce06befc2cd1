import { afterEach, describe, expect, it } from '@jest/globals'
import { isEnded } from '../../lib/domain/run.ts'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import { reapRuns, sweepOrphans } from '../../lib/engine/reap.ts'
import { crashAfterWrite } from '../support/crash.ts'
import { memory, nodeDrain, partition, podDelete, podKill, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

let world: World | undefined

afterEach(() => world?.close())

const suite = (fault: FaultSpec) => suiteOf([stepOf(fault, { durationMs: 4_000 })])
const faults: readonly (readonly [string, FaultSpec])[] = [
  ['network-partition', partition],
  ['node-drain', nodeDrain],
  ['pod-delete', podDelete],
  ['pod-kill', podKill],
  ['memory-exhaustion', memory],
]

/** Crashes a driver after its n-th write, lets a reaper (which may crash too) end it, and compares the cluster with before. */
async function crashAndReap(fault: FaultSpec, at: number, reaperCrash?: number): Promise<'crashed' | 'survived'> {
  world = await openWorld()
  const before = world.footprint()
  const crash = crashAfterWrite(at)
  const dead = await world.run(world.engine('dead', { hook: crash.hook }), suite(fault)).then(
    () => false,
    () => true,
  )
  if (!dead) return 'survived'
  await world.pass(61_000)
  if (reaperCrash !== undefined) {
    const second = crashAfterWrite(reaperCrash)
    await world
      .play(world.store.runs.due(world.clock.now()).then((due) => reapRuns((world as World).engine('dying', { hook: second.hook }), due)))
      .catch(() => undefined)
    await world.pass(61_000)
  }
  const reaper = world.engine('reaper')
  const due = await world.store.runs.due(world.clock.now())
  const reaped = await world.play(reapRuns(reaper, due))
  await world.pass(60_000)
  const runs = await world.store.runs.list()
  expect(reaped.errors).toEqual([])
  for (const run of runs) expect([run.id, isEnded(run)]).toEqual([run.id, true])
  for (const run of reaped.runs) expect(run).toMatchObject({ status: 'aborted', orphans: 0 })
  expect(await world.play(sweepOrphans(reaper, world.cluster))).toEqual({ found: [], removed: [], inert: [], failed: [] })
  expect(world.footprint()).toEqual(before)
  expect(world.sandbox.effects()).toEqual([])
  await world.play(lockIsFree(world))
  return 'crashed'
}

/** A later run in the same namespace is not kept out by the dead one's lock. */
async function lockIsFree(w: World): Promise<void> {
  const next = await w.run(w.engine('next'), suite(podDelete), { key: 'another' })
  expect(next).toMatchObject({ status: 'succeeded' })
}

describe('a driver that dies after any of its writes', () => {
  it.each(faults)(
    'leaves nothing of a %s that the reaper does not undo',
    async (_, fault) => {
      for (let at = 1; ; at++) {
        const outcome = await crashAndReap(fault, at).catch((error: unknown) => {
          throw new Error(`after write ${at}: ${(error as Error).message}`, { cause: error })
        })
        await world?.close()
        world = undefined
        if (outcome === 'survived') {
          expect(at).toBeGreaterThan(20)
          return
        }
      }
    },
    240_000,
  )
})

describe('a reaper that dies as well', () => {
  it.each(faults.slice(0, 2))(
    'leaves nothing of a %s that the next reaper does not undo',
    async (_, fault) => {
      for (const reaperCrash of [1, 2, 3, 5, 8, 11, 14]) {
        expect(await crashAndReap(fault, 24, reaperCrash)).toBe('crashed')
        await world?.close()
        world = undefined
      }
    },
    120_000,
  )
})
