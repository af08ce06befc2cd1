import { describe, expect, it } from '@jest/globals'
import { nextAction, nextOfMember } from '../../lib/domain/next-action.ts'
import { dueAt, fitsMember, openMembers, overtaken, viewOf } from '../../lib/domain/overlapping.ts'
import type { Overlapping, Run } from '../../lib/domain/run.ts'
import type { InjectedOutcome } from '../../lib/domain/run-facts.ts'
import type { Step } from '../../lib/domain/suite.ts'
import type { RunEvent } from '../../lib/domain/transition.ts'
import { transition } from '../../lib/domain/transition.ts'
import { requestedRun } from '../support/runs.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'

const active: InjectedOutcome = { n: 0, status: 'active', reason: null, measurements: [] }
const planned: RunEvent = { type: 'step_planned', plan: { id: 'p', count: 1, digest: 'd' }, targets: ['a'], warnings: [] }
const bites: RunEvent = { type: 'injected', outcomes: [active] }
const undone: RunEvent = { type: 'reverted', summaries: ['gone'] }

function member(name: string, delayMs: number, after: readonly string[] = []): Step {
  return stepOf(partition, { name, intervalMs: 0, together: { group: 'g', delayMs, after } })
}

const suite = suiteOf([member('a', 0), member('b', 5_000), member('c', 1_000, ['b']), stepOf(partition, { name: 'alone' })])

function begun(): Run {
  const run = {
    ...requestedRun(),
    suite,
    steps: suite.steps.map(({ name }) => ({ ...(requestedRun().steps[0] as Run['steps'][number]), name })),
  }
  const admitted = transition(run, { type: 'admitted', baseline: { ready: 3, total: 3 } }, 0)
  const lit = transition(admitted, { type: 'beacon_lit', beacon: { namespace: 'ns', name: 'b', uid: 'u', burnsAt: 1e9 } }, 0)
  expect(nextAction(lit, 1_000)).toEqual({ do: 'begin_group' })
  return transition(lit, { type: 'group_begun' }, 1_000)
}

const of = (step: number, event: RunEvent) => ({ type: 'of_member', step, event }) as const
const play = (run: Run, events: readonly (readonly [number, RunEvent, number])[]): Run =>
  events.reduce((all, [step, event, at]) => transition(all, of(step, event), at), run)
const at = (run: Run) => run as Overlapping
const verdicts = (run: Run) => run.steps.map(({ verdict }) => verdict)

describe('a group', () => {
  it('has for each step the next action of a run that is at that step alone', () => {
    const run = begun()
    expect(nextAction(run, 1_000)).toEqual({ do: 'overlap' })
    expect([0, 1, 2].map((step) => nextOfMember(at(run), step, 1_000))).toEqual([
      { do: 'plan_step' },
      { do: 'wait', until: 6_000, watch: true },
      { do: 'wait', until: Number.POSITIVE_INFINITY, watch: true },
    ])
    const holding = play(run, [
      [0, planned, 1_000],
      [0, bites, 2_000],
    ])
    expect(viewOf(holding, 0)).toMatchObject({ status: 'holding', step: 0, revertAt: 12_000 })
    expect(nextOfMember(at(holding), 0, 12_000)).toEqual({ do: 'end_hold' })
    expect(nextAction(holding, 600_000)).toMatchObject({ do: 'abort', reason: 'deadline' })
  })

  it('begins a step that waits for another once that is undone, however late', () => {
    const run = play(begun(), [
      [1, planned, 6_000],
      [1, bites, 7_000],
      [1, { type: 'hold_over' }, 17_000],
    ])
    expect(dueAt(at(run), 2)).toBe(Number.POSITIVE_INFINITY)
    expect(dueAt(at(play(run, [[1, undone, 30_000]])), 2)).toBe(31_000)
  })

  it('waits for the workload once all of its steps are undone, and rests after its last', () => {
    const whole = [0, 1, 2].flatMap((step): readonly (readonly [number, RunEvent, number])[] => [
      [step, planned, 1_000],
      [step, bites, 2_000],
      [step, { type: 'rechecked', outcomes: [{ n: 0, finding: 'yes', summary: '' }] }, 8_000],
      [step, { type: 'hold_over' }, 12_000],
      [step, undone, 13_000],
    ])
    const run = play(begun(), whole)
    expect(run).toMatchObject({ status: 'recovering', step: 2 })
    const resting = transition(run, { type: 'recovered', message: '' }, 15_000)
    expect(resting).toMatchObject({ status: 'resting', step: 2 })
    expect(verdicts(resting)).toEqual(['succeeded', 'succeeded', 'succeeded', 'pending'])
    expect(resting.steps.slice(0, 3).map(({ recoveredAt }) => recoveredAt)).toEqual([15_000, 15_000, 15_000])
    const late = transition(run, { type: 'not_recovered', message: '1 of 3' }, 15_000)
    expect(verdicts(late)).toEqual(['failed', 'failed', 'failed', 'pending'])
  })

  it('ends with a step that fails: what holds is undone, what has not begun never does, and what comes too late is dropped', () => {
    const two = play(begun(), [
      [0, planned, 1_000],
      [0, bites, 2_000],
      [1, planned, 6_000],
    ])
    const failed = play(two, [[1, { type: 'injected', outcomes: [{ ...active, status: 'failed', reason: 'no' }] }, 7_000]])
    expect(at(failed).members.map(({ status }) => status)).toEqual(['reverting', 'reverting'])
    expect(overtaken(two, failed)).toEqual([0, 1, 2])
    expect(overtaken(failed, failed)).toEqual([])
    expect(nextOfMember(at(failed), 2, 99_000)).toEqual({ do: 'nothing' })
    expect([fitsMember(failed, 0, { type: 'hold_over' }), fitsMember(failed, 2, planned), fitsMember(failed, 0, undone)]).toEqual([
      false,
      false,
      true,
    ])
    const over = play(failed, [
      [0, undone, 8_000],
      [1, undone, 9_000],
    ])
    expect(over).toMatchObject({ status: 'recovering', step: 1 })
    const ended = transition(transition(over, { type: 'recovered', message: '' }, 10_000), { type: 'verified', orphans: [] }, 11_000)
    expect([ended.status, verdicts(ended)]).toEqual(['failed', ['aborted', 'failed', 'skipped', 'skipped']])
  })

  it('of which nothing was planned has no workload to wait for', () => {
    const refused: RunEvent = { type: 'step_refused', refusals: [{ code: 'overlap', step: 0, message: 'both on one pod' }] }
    expect(play(begun(), [[0, refused, 1_000]])).toMatchObject({ status: 'verifying', until: 1_000 })
  })

  it('of which a later step is refused fails with it, and begins no second time', () => {
    const refused: RunEvent = { type: 'step_refused', refusals: [{ code: 'unsafe_target', step: 1, message: 'not Ready' }] }
    const run = play(begun(), [
      [0, planned, 1_000],
      [0, bites, 2_000],
      [1, refused, 6_000],
      [0, undone, 7_000],
    ])
    expect(transition(run, { type: 'recovered', message: '' }, 8_000)).toMatchObject({ status: 'verifying' })
  })

  it('undoes what its ledger lacks entries of, although the step is refused', () => {
    const refused: RunEvent = { type: 'step_refused', refusals: [{ code: 'unreachable', step: 0, message: 'entries are missing' }] }
    const run = play(begun(), [
      [0, planned, 1_000],
      [0, refused, 2_000],
    ])
    expect(viewOf(run, 0)).toMatchObject({ status: 'reverting' })
    expect(openMembers(at(run))).toEqual([0, 1, 2])
  })

  it('is left as a whole by an abort, which every step that was at work is told of', () => {
    const run = play(begun(), [
      [0, planned, 1_000],
      [0, bites, 2_000],
      [1, planned, 6_000],
      [1, bites, 7_000],
    ])
    const aborting = transition(run, { type: 'abort', abort: { reason: 'asked', at: 8_000, by: 'ann', detail: 'enough' } }, 8_000)
    expect(aborting.status).toBe('reverting')
    const ended = transition(transition(aborting, undone, 9_000), { type: 'verified', orphans: [] }, 9_500)
    expect([ended.status, verdicts(ended)]).toEqual(['aborted', ['aborted', 'aborted', 'skipped', 'skipped']])
    expect(ended.steps.map(({ revertedAt }) => revertedAt)).toEqual([9_000, 9_000, null, null])
  })

  it('tells each step of its history by its own number', () => {
    const run = play(begun(), [[1, planned, 6_000]])
    expect(run.events.map(({ step, type }) => [step, type])).toEqual([[1, 'step_planned']])
  })
})
