import type { Action } from '../../domain/next-action.ts'
import { deadlineOf, nextOfMember } from '../../domain/next-action.ts'
import { dueAt, isEnding, memberOf, openMembers } from '../../domain/overlapping.ts'
import type { Overlapping } from '../../domain/run.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { whyGone } from '../lease/cluster-gone.ts'
import type { Driver } from '../lease/driver.ts'

type Perform = (driver: Driver, action: Exclude<Action, { readonly do: 'nothing' }>) => Promise<RunEvent | null>

interface Options {
  /** As of `drive`: counted for the undo of each step. */
  readonly giveUpAfterMs: number | undefined
  readonly perform: Perform
}

/**
 * Drives the steps of a group side by side until it is over, or the run is to stop; false when the driver is to leave it, because all that
 * is left is an undo that cannot be proven.
 * 1. A step is driven from when it is due, by what is stored alone, as a run is that has no other step. 2. What one step records may make
 * others due, or end them. 3. Whatever ends it, acts that put faults in place are over before this returns; an undo may still be under way,
 * and is joined by what undoes the rest.
 */
export async function overlap(driver: Driver, options: Options): Promise<boolean> {
  const { clock } = driver.engine
  const began = clock.now()
  const lanes = new Map<number, Promise<void>>()
  const wake = { now: new AbortController() }
  const failures: unknown[] = []
  for (;;) {
    const woken = AbortSignal.any([driver.interrupted, driver.nextRecord, wake.now.signal])
    const { run } = driver
    if (run.status !== 'overlapping' || driver.interrupted.aborted || failures.length > 0) break
    const now = clock.now()
    if (now >= deadlineOf(run)) {
      const detail = `the run lasted longer than its maxDuration of ${run.suite.maxDurationMs / 1000} s`
      driver.requestStop({ reason: 'deadline', by: driver.engine.owner, detail })
      continue
    }
    if (givesUp(run, { ...options, began, now })) return false
    for (const step of openMembers(run)) {
      if (lanes.has(step) || !isDue(run, step, now)) continue
      const lane = driveMember(driver.member(step), step, options.perform)
        .catch((error: unknown) => {
          failures.push(error)
        })
        .finally(() => {
          lanes.delete(step)
          wake.now.abort()
        })
      lanes.set(step, lane)
    }
    await clock.sleep(Math.max(0, wakeAt(run, now) - now), woken)
    if (wake.now.signal.aborted) wake.now = new AbortController()
  }
  await Promise.all([...lanes].map(([step, lane]) => (isReverting(driver, step) ? undefined : lane)))
  driver.throwIfLost()
  if (failures.length > 0) throw failures[0]
  return true
}

function isDue(run: Overlapping, step: number, now: number): boolean {
  const isBegun = run.members.some((member) => member.step === step)
  return isBegun || (!isEnding(run) && dueAt(run, step) <= now)
}

/** When there is something to do that no record tells: a step becomes due, the run has lasted too long, an undo is given up. */
function wakeAt(run: Overlapping, now: number): number {
  const due = openMembers(run)
    .map((step) => dueAt(run, step))
    .filter((at) => at > now)
  return Math.min(deadlineOf(run), ...due)
}

function isReverting({ run }: Driver, step: number): boolean {
  return run.status !== 'overlapping' || memberOf(run, step).status === 'reverting'
}

/** One step from its plan to the proof of its undo. */
async function driveMember(member: Driver, step: number, perform: Perform): Promise<void> {
  const { clock } = member.engine
  for (;;) {
    member.throwIfLost()
    const { run, stop } = member.whole
    if (run.status !== 'overlapping' || stop !== null) return
    const action = nextOfMember(run, step, clock.now())
    if (action.do === 'nothing') return
    member.actBegins()
    const event = await perform(member, action)
    member.throwIfLost()
    const gone = event?.type === 'undo_unproven' ? await whyGone(member) : null
    if (gone !== null) return member.whole.requestStop({ reason: 'cluster_gone', by: member.engine.owner, detail: gone.message })
    if (event !== null) await member.record(event)
  }
}

/** As for a run of one step: nothing holds any more, nothing will begin, and what is left was tried for long enough. */
function givesUp(
  run: Overlapping,
  { giveUpAfterMs, began, now }: Pick<Options, 'giveUpAfterMs'> & { readonly began: number; readonly now: number },
): boolean {
  if (giveUpAfterMs === undefined) return false
  const isStuck = (step: number) => {
    const member = memberOf(run, step)
    if (member.status === 'preparing') return isEnding(run) || dueAt(run, step) === Number.POSITIVE_INFINITY
    return member.status === 'reverting' && member.attempts > 0 && now - Math.max(began, member.since) > giveUpAfterMs
  }
  return openMembers(run).every(isStuck)
}
