import { afterEach, expect, it } from '@jest/globals'
import { FaultlineError } from '../../../lib/domain/errors.ts'
import type { GuardRule } from '../../../lib/domain/guard-rules.ts'
import type { Hours } from '../../../lib/domain/hours.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { drive } from '../../../lib/engine/drive.ts'
import { examineSuite } from '../../../lib/engine/examine-suite.ts'
import { start } from '../../../lib/engine/start.ts'
import { anyPod, nodeDrain, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

const minuteMs = 60_000
/** The world's clock begins at 09:00 UTC on a Monday. */
const until = (toMinute: number): Hours => ({ timezone: 'UTC', days: [1], fromMinute: 9 * 60, toMinute })
const deletes = stepOf(podDelete, { targets: { ...anyPod, count: 1 } })
const suite = suiteOf([{ ...deletes, intervalMs: 5 * minuteMs }, deletes], { graceBeforeMs: 0 })

let world: World

afterEach(() => world.close())

const refusalsOf = (run: Run) => (run.status === 'refused' ? run.refusals.map(({ code, step }) => [code, step]) : run.status)

it('a start by hand outside of its windows is refused on record, its plan says so, and nothing is touched', async () => {
  world = await openWorld({ replicas: 3 })
  const before = world.footprint()
  const engine = world.engine('driver-1', { config: { guards: [{ windows: [until(9 * 60 + 5)] }] } })
  const { admission } = await examineSuite(engine, { cluster: world.cluster, suite, seed: 1 })
  expect(admission.refusals.map(({ code, step }) => [code, step])).toEqual([['outside_window', 1]])
  expect(refusalsOf(await world.run(engine, suite))).toEqual([['outside_window', 1]])
  expect(world.footprint()).toEqual(before)
})

it.each<readonly [string, GuardRule, RegExp]>([
  ['is outside of its window', { windows: [until(9 * 60 + 30)] }, /^step pod-delete would be going on at Mon 2026-01-05 09:3\d in UTC/],
  [
    'is in a freeze',
    { freezes: [{ from: '2026-01-05T09:20', to: '2026-01-05T12:00', timezone: 'UTC' }] },
    /freeze \(2026-01-05T09:20 to 2026-01-05T12:00 in UTC\)$/,
  ],
])('a step whose turn comes so late that it %s is refused then', async (_, rule, why) => {
  const run = await heldUp(rule, suite)
  expect(run.steps.map(({ verdict }) => verdict)).toEqual(['succeeded', 'failed'])
  expect(run.steps[1]?.reasons.map(({ detail }) => detail)).toEqual([expect.stringMatching(why)])
  expect((await world.store.ledger.list(run.id)).map(({ step }) => step)).toEqual([0])
})

/** A drain tries its evictions for as long as it is to be held: one of 10 minutes is over after 20 and the start of its fuse at the latest. */
const drain = stepOf(nodeDrain, { durationMs: 10 * minuteMs, blastRadius: 'all' })

it('a fault that might bite so late that it is held beyond its window is refused at the start', async () => {
  world = await openWorld({ replicas: 3 })
  const refusalsUntil = async (toMinute: number) => {
    const engine = world.engine('driver-1', { config: { guards: [{ windows: [until(toMinute)] }] } })
    const { admission } = await examineSuite(engine, { cluster: world.cluster, suite: suiteOf([drain], { graceBeforeMs: 0 }), seed: 1 })
    return admission.refusals.map(({ code, step }) => [code, step])
  }
  expect(await refusalsUntil(9 * 60 + 20)).toEqual([['outside_window', 0]])
  expect(await refusalsUntil(9 * 60 + 22)).toEqual([])
})

it('a fault whose turn comes so late that it might be held into a freeze is refused then', async () => {
  const rule = { freezes: [{ from: '2026-01-05T09:45', to: '2026-01-05T12:00', timezone: 'UTC' }] }
  const run = await heldUp(rule, { ...suite, steps: [...suite.steps.slice(0, 1), drain] })
  expect(run.steps[1]?.reasons.map(({ detail }) => detail)).toEqual([expect.stringMatching(/freeze \(2026-01-05T09:45 to/)])
})

it('a calendar that cannot be read any more refuses the step whose turn it is, and the run ends', async () => {
  world = await openWorld({ replicas: 3 })
  let asked = 0
  // At the start and for the first step it is there.
  const during = () => {
    asked += 1
    if (asked > 2) throw new FaultlineError('bad_input', 'freezes.ics cannot be read')
    return []
  }
  const run = await world.run(world.engine('driver-1', { config: { guards: [{ calendars: [{ name: 'freezes.ics', during }] }] } }), suite)
  expect(run.steps.map(({ verdict }) => verdict)).toEqual(['succeeded', 'failed'])
  expect(run.steps[1]?.reasons.map(({ detail }) => detail)).toEqual([expect.stringContaining('freezes.ics cannot be read')])
})

/** Runs the suite on a world whose first step needs 25 minutes to recover. */
async function heldUp(rule: GuardRule, held: typeof suite): Promise<Run> {
  world = await openWorld({ replicas: 3 })
  let isHeldUp = false
  const engine = world.engine('driver-1', {
    config: { guards: [rule] },
    observe: ({ run }) => {
      if (run.status !== 'injecting' || isHeldUp) return
      isHeldUp = true
      // No node takes a replacement for 25 minutes, so that recovery lasts as long.
      setSchedulable(false)
      void world.clock.sleep(25 * minuteMs).then(() => setSchedulable(true))
    },
  })
  return world.run(engine, { ...held, recoveryTimeoutMs: 60 * minuteMs, maxDurationMs: 120 * minuteMs })
}

function setSchedulable(schedulable: boolean): void {
  for (const { kind, metadata } of world.sandbox.objects())
    if (kind === 'Node') world.sandbox.patch('nodes', { name: metadata.name }, { spec: { unschedulable: !schedulable } })
}

it('a scheduled start that comes late is refused on record, and one in time is not', async () => {
  world = await openWorld({ replicas: 3 })
  const engine = world.engine('driver-1', { config: { guards: [{ latestStart: 60 }] } })
  const startAt = async (key: string, lateMs: number) => {
    const scheduledAt = world.clock.now() - lateMs
    const trigger = { kind: 'schedule', key, by: 'test', scheduledAt } as const
    const { run } = await start(engine, { ...world.request(suiteOf([deletes]), key), trigger, scheduledAt })
    return world.play(drive(engine, run.id))
  }
  expect(refusalsOf(await startAt('late', 61_000))).toEqual([['outside_window', null]])
  expect(refusalsOf(await startAt('in time', 50_000))).toBe('succeeded')
})
