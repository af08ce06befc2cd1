import { describe, expect, it } from '@jest/globals'
import { nextAction } from '../../lib/domain/next-action.ts'
import { seededRandom } from '../../lib/domain/random.ts'
import type { Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { InjectedOutcome } from '../../lib/domain/run-facts.ts'
import { runReasonTexts } from '../../lib/domain/run-reasons.ts'
import type { RunEvent } from '../../lib/domain/transition.ts'
import { retryDelayMs, transition } from '../../lib/domain/transition.ts'
import { probeOf } from '../support/probes.ts'
import { requestedRun } from '../support/runs.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'

const beacon = { namespace: 'ns', name: 'beacon', uid: 'b', burnsAt: 1e9 }
const active: InjectedOutcome = { n: 0, status: 'active', reason: null, measurements: [] }
const idle: InjectedOutcome = { n: 0, status: 'no_effect', reason: 'nothing bites', measurements: [] }
const broken: InjectedOutcome = { n: 0, status: 'failed', reason: 'forbidden', measurements: [] }
const abort: RunEvent = { type: 'abort', abort: { reason: 'asked', at: 5, by: 'ann', detail: 'enough' } }
const toHolding: readonly [RunEvent, number][] = [
  [{ type: 'admitted', baseline: { ready: 3, total: 3 } }, 0],
  [{ type: 'beacon_lit', beacon }, 100],
  [{ type: 'step_planned', plan: { id: 'p', count: 1, digest: 'd' }, targets: ['a'], warnings: [] }, 1_000],
  [{ type: 'injected', outcomes: [active] }, 2_000],
]

function play(events: readonly (readonly [RunEvent, number])[], run: Run = requestedRun()): Run {
  return events.reduce((r, [event, now]) => transition(r, event, now), run)
}

/** How a run ended, and why. */
function textsOf(run: Run): readonly string[] {
  return isEnded(run) ? [run.status, ...runReasonTexts(run)] : [run.status]
}

describe('transition', () => {
  it('holds an active fault for its duration, counted from the evidence', () => {
    expect(play(toHolding)).toMatchObject({ status: 'holding', step: 0, revertAt: 12_000, version: 5, rechecked: false })
  })

  it('walks a run without trouble to succeeded', () => {
    const step: readonly [RunEvent, number][] = [
      [{ type: 'rechecked', outcomes: [{ n: 0, finding: 'yes', summary: 'cut' }] }, 10_500],
      [{ type: 'hold_over' }, 12_000],
      [{ type: 'reverted', summaries: ['gone'] }, 12_300],
      [{ type: 'recovered', message: 'healthy' }, 13_000],
    ]
    const resting = play([...toHolding, ...step])
    expect(resting).toMatchObject({ status: 'resting', until: 15_000 })
    const second = play(
      [[{ type: 'rested' }, 15_000], ...toHolding.slice(2), ...step, [{ type: 'verified', orphans: [] }, 20_000]],
      resting,
    )
    expect(second).toMatchObject({ status: 'succeeded', endedAt: 20_000, resolved: null })
    expect(second.steps.map((s) => s.verdict)).toEqual(['succeeded', 'succeeded'])
  })

  it('reverts a fault without effect at once and never calls it a pass', () => {
    const run = play([...toHolding.slice(0, 3), [{ type: 'injected', outcomes: [idle] }, 2_000]])
    expect(run).toMatchObject({ status: 'reverting', retryAt: 2_000 })
    expect(run.steps[0]).toMatchObject({ verdict: 'no_effect', reasons: [{ code: 'no_effect', detail: 'nothing bites' }] })
  })

  it('ends failed and skips the rest when an injection fails', () => {
    const run = play([
      ...toHolding.slice(0, 3),
      [{ type: 'injected', outcomes: [active, broken] }, 2_000],
      [{ type: 'reverted', summaries: [] }, 2_500],
      [{ type: 'recovered', message: '' }, 2_600],
      [{ type: 'verified', orphans: [] }, 3_000],
    ])
    expect(textsOf(run)).toEqual(['failed', 'random: forbidden'])
    expect(run.steps.map((s) => s.verdict)).toEqual(['failed', 'skipped'])
  })

  it('calls a fault that ended early no_effect, with the reason', () => {
    const run = play([...toHolding, [{ type: 'rechecked', outcomes: [{ n: 0, finding: 'no', summary: 'a was replaced' }] }, 10_500]])
    expect(run.steps[0]).toMatchObject({ verdict: 'no_effect', reasons: [{ code: 'ended_early', detail: 'a was replaced' }] })
  })

  it('takes the end that the step is there to show for no failure, and no other', () => {
    const ended = (expected: 'oom_killed' | 'evicted') => {
      const suite = suiteOf([stepOf(partition, { expect: expected })])
      const outcome = { n: 0, finding: 'no', summary: 'gone', cause: 'oom_killed' } as const
      return play([...toHolding, [{ type: 'rechecked', outcomes: [outcome] }, 10_500]], requestedRun(suite)).steps[0]
    }
    expect(ended('oom_killed')).toMatchObject({ verdict: 'running', reasons: [] })
    expect(ended('evicted')).toMatchObject({
      verdict: 'no_effect',
      reasons: [{ code: 'ended_early', detail: 'gone', cause: 'oom_killed' }],
    })
  })

  it('fails a step that is undone later than the suite tolerates, and only then', () => {
    const late = (undoWithinMs: number) =>
      play(
        [...toHolding, [{ type: 'hold_over' }, 12_000], [{ type: 'reverted', summaries: [] }, 19_000]],
        requestedRun(suiteOf([stepOf(partition)], { undoWithinMs })),
      ).steps[0]?.reasons
    expect(late(6_000)).toContainEqual({ code: 'undone_late', detail: 'undone 7.0 s after its planned end (allowed: 6 s)' })
    expect(late(7_000)?.map(({ code }) => code)).not.toContain('undone_late')
  })

  it('counts a fault from its first effect on the target that was hit last', () => {
    const outcomes = [
      { ...active, biteAt: 1_200 },
      { ...active, n: 1, biteAt: 1_800 },
    ]
    const run = play([...toHolding.slice(0, 3), [{ type: 'injected', outcomes }, 2_000]])
    expect(run).toMatchObject({ status: 'holding', revertAt: 11_800, steps: [{ activeAt: 1_800, plannedEnd: 11_800 }, {}] })
  })

  it('does not take unknown at the end for a pass', () => {
    const run = play([...toHolding, [{ type: 'rechecked', outcomes: [{ n: 0, finding: 'unknown', summary: 'no answer' }] }, 10_500]])
    expect(run.steps[0]).toMatchObject({ verdict: 'no_effect', reasons: [{ code: 'unknown_at_end', detail: 'no answer' }] })
  })

  it('stays reverting while the undo is not proven, and waits longer and longer', () => {
    const run = play([...toHolding, [{ type: 'hold_over' }, 12_000], [{ type: 'undo_unproven', messages: ['x'] }, 12_100]])
    expect(run).toMatchObject({ status: 'reverting', attempts: 1, retryAt: 13_100 })
    expect([1, 19, 20, 25, 99].map(retryDelayMs)).toEqual([1_000, 1_000, 2_000, 30_000, 30_000])
  })

  it('keeps the first abort when a second one comes', () => {
    const run = play([
      ...toHolding,
      [abort, 5_000],
      [{ type: 'abort', abort: { reason: 'halted', at: 6, by: 'bob', detail: 'halt' } }, 6_000],
    ])
    expect(run).toMatchObject({ status: 'reverting', abort: { by: 'ann' } })
  })

  it('drops the fields of the state it leaves', () => {
    const run = play([
      ...toHolding,
      [abort, 5_000],
      [{ type: 'reverted', summaries: [] }, 6_000],
      [{ type: 'verified', orphans: [] }, 7_000],
    ])
    expect(Object.keys(run)).not.toEqual(expect.arrayContaining(['revertAt']))
    for (const key of ['revertAt', 'retryAt', 'until', 'attempts', 'step', 'rechecked']) expect(key in run).toBe(false)
    expect(textsOf(run)).toEqual(['aborted', 'asked: enough'])
    expect(run.steps[0]?.reasons).toEqual([{ code: 'aborted', detail: 'enough' }])
  })

  it('counts orphans as a failure', () => {
    const run = play([
      ...toHolding,
      [{ type: 'hold_over' }, 1],
      [{ type: 'reverted', summaries: [] }, 2],
      [{ type: 'not_recovered', message: 'm' }, 3],
    ])
    expect(transition(run, { type: 'verified', orphans: ['Job a/b'] }, 4)).toMatchObject({ status: 'failed', orphans: 1 })
  })

  it('throws on an event that does not fit the state', () => {
    expect(() => transition(requestedRun(), { type: 'rested' }, 0)).toThrow('event rested does not fit a run that is requested')
    const ended = transition(requestedRun(), { type: 'refused', refusals: [] }, 0)
    expect(() => transition(ended, abort, 0)).toThrow('event abort does not fit a run that is refused')
  })

  it('numbers its history by version, and leaves none for a renewed lease', () => {
    const run = play([...toHolding.slice(0, 3), [{ type: 'injected', outcomes: [active, idle] }, 2_000]])
    expect(run.events.map((e) => [e.version, e.n, e.at, e.type])).toEqual([
      [5, 0, 2_000, 'injected'],
      [5, 1, 2_000, 'injected'],
    ])
    expect(transition(run, { type: 'lease_renewed', lease: { owner: 'x', until: 9 } }, 3).events).toEqual([])
  })
})

describe('nextAction', () => {
  it('looks again 5 s before the planned end, and reverts on time', () => {
    const holding = play(toHolding)
    expect(nextAction(holding, 3_000)).toEqual({ do: 'wait', until: 7_000, watch: true })
    expect(nextAction(holding, 7_000)).toEqual({ do: 'recheck' })
    expect(nextAction(holding, 12_000)).toEqual({ do: 'end_hold' })
  })

  it('aborts a run that outlasts its maxDuration, but never a revert', () => {
    expect(nextAction(play(toHolding), 600_000)).toMatchObject({ do: 'abort', reason: 'deadline' })
    expect(nextAction(play([...toHolding, [abort, 3_000]]), 600_000)).toEqual({ do: 'revert' })
  })

  it('brings every run to an end from any state, whatever happens on the way', () => {
    const met = new Set<string>()
    for (let seed = 0; seed < 500; seed++) {
      const random = seededRandom(seed)
      let run = requestedRun(probed)
      let now = 0
      for (let i = 0; i < 400 && !isEnded(run); i++) {
        const action = nextAction(run, now)
        const event = action.do === 'wait' ? null : anyOutcome(run, action.do, random)
        now = action.do === 'wait' ? action.until : now + Math.floor(random() * 500)
        if (event !== null) run = transition(run, event, now)
        const aside = isEnded(run) ? null : anythingBeside(run, now, random)
        if (aside !== null) run = transition(run, aside, now)
        for (const type of [event?.type, aside?.type]) if (type !== undefined) met.add(type)
      }
      expect(isEnded(run)).toBe(true)
      expect(run.steps.every((s) => s.verdict !== 'running' && s.verdict !== 'pending')).toBe(true)
      expect(run.status === 'succeeded' ? run.steps.map((s) => s.verdict) : []).toEqual(
        run.status === 'succeeded' ? ['succeeded', 'succeeded'] : [],
      )
    }
    expect([...met]).toEqual(
      expect.arrayContaining([
        'leased',
        'lease_renewed',
        'handed_over',
        'threshold_crossed',
        'targets_changed',
        'steady_checked',
        'resolved',
        'abort',
      ]),
    )
  })
})

const errors = probeOf('errors', { mode: 'continuous' })
const probed = suiteOf([stepOf(partition), stepOf(partition)], { probes: [errors] })

/** What may come beside the main loop: renewals, takeovers, thresholds, people. */
function anythingBeside(run: Run, now: number, random: () => number): RunEvent | null {
  const lease = { owner: `driver-${Math.floor(random() * 3)}`, until: now + 30_000 }
  const crossing = {
    threshold: 'errors',
    probe: 'errors',
    value: 1,
    op: '>',
    limit: 0,
    forMs: 0,
    severity: 'warning',
    action: 'notify',
    since: now,
  } as const
  const chance = random()
  if (chance < 0.01) return abort
  if (chance < 0.012) return { type: 'resolved', by: 'ann', why: 'the node burnt' }
  if (chance < 0.02)
    return { type: 'leased', lease, continued: false, abort: { reason: 'driver_lost', at: now, by: lease.owner, detail: 'dead' } }
  if (chance < 0.04) return { type: 'leased', lease, continued: true, abort: null }
  if (chance < 0.06) return { type: 'handed_over', unfencedUntil: now + 15_000 }
  if (chance < 0.1) return { type: 'lease_renewed', lease }
  if (chance < 0.12) return { type: 'threshold_crossed', crossing }
  if (chance < 0.14 && run.status === 'holding')
    return { type: 'targets_changed', changes: [{ at: now, target: 'a', code: 'restarted', message: 'restarted' }] }
  return null
}

/** What a run may meet: mostly luck, sometimes not. */
function anyOutcome(run: Run, action: string, random: () => number): RunEvent {
  const good = random() < 0.8
  switch (action) {
    case 'admit':
      return good ? { type: 'admitted', baseline: { ready: 3, total: 3 } } : { type: 'refused', refusals: [] }
    case 'light_beacon':
      return { type: 'beacon_lit', beacon }
    case 'plan_step':
      return good
        ? { type: 'step_planned', plan: { id: 'p', count: 1, digest: 'd' }, targets: [], warnings: [] }
        : { type: 'step_refused', refusals: [] }
    case 'inject':
      return { type: 'injected', outcomes: [good ? active : random() < 0.5 ? idle : broken] }
    case 'recheck':
      return { type: 'rechecked', outcomes: [{ n: 0, finding: good ? 'yes' : 'no', summary: '' }] }
    case 'end_hold':
      return { type: 'hold_over' }
    case 'revert':
      return good ? { type: 'reverted', summaries: [] } : { type: 'undo_unproven', messages: [] }
    case 'check_recovery':
      return good ? { type: 'recovered', message: '' } : { type: 'not_recovered', message: '' }
    case 'check_steady':
      return {
        type: 'steady_checked',
        finding: good ? 'yes' : 'no',
        reasons: good ? [] : [{ code: 'steady_state_deviated', detail: '' }],
        probes: [],
      }
    case 'end_rest':
      return { type: 'rested' }
    case 'verify':
      return good ? { type: 'verified', orphans: [] } : { type: 'verify_failed', message: '', orphans: [] }
    case 'abort':
      return abort
    default:
      throw new Error(`${action} while ${run.status}`)
  }
}
