import type { MemberState, Overlapping, Run, StepRecord } from './run.ts'
import { withState } from './run.ts'
import type { RunEvent } from './run-event.ts'
import { membersOf, predecessorsOf } from './together.ts'

/**
 * When a step of a group is to begin: its delay after the group's begin, or after the last of those that it waits for was proven undone.
 * Infinity while one of them is not. From the suite and what is stored alone.
 */
export function dueAt(run: Overlapping, step: number): number {
  const waitedFor = predecessorsOf(run.suite.steps, step).map((before) => run.steps[before]?.revertedAt ?? Number.POSITIVE_INFINITY)
  return Math.max(run.since, ...waitedFor) + (run.suite.steps[step]?.together?.delayMs ?? 0)
}

/** The steps of the group that a run is at. */
export function groupOf(run: Overlapping): readonly number[] {
  return membersOf(run.suite.steps, run.step)
}

/** What one step of the group is at. One that has not begun yet is being prepared, until it is due. */
export function memberOf(run: Overlapping, step: number): MemberState {
  return run.members.find((member) => member.step === step) ?? { status: 'preparing', step, until: dueAt(run, step) }
}

/** The run as that step of the group sees it: as if it were at that one alone. The same run where there is no group, or the step is over. */
export function viewOf(run: Run, step: number): Run {
  if (run.status !== 'overlapping') return run
  const member = memberOf(run, step)
  return member.status === 'over' ? run : withState(run, member)
}

/** The steps of the group that are not over, in order of begin; those that have not begun come last. */
export function openMembers(run: Overlapping): readonly number[] {
  const over = new Set(run.members.filter(({ status }) => status === 'over').map(({ step }) => step))
  const begun = run.members.map(({ step }) => step)
  return [...begun, ...groupOf(run).filter((step) => !begun.includes(step))].filter((step) => !over.has(step))
}

/** The group's run after something happened to one of its steps: `seen` is that step's view of it. */
export function withView(run: Overlapping, seen: Run, { step, now }: { readonly step: number; readonly now: number }): Run {
  const before = memberOf(run, step)
  const state = memberAfter(seen, { step, before, now })
  const isNew = !run.members.some((member) => member.step === step)
  const members = isNew ? [...run.members, state] : run.members.map((member) => (member.step === step ? state : member))
  return goOn(withState(seen, { status: 'overlapping', step: run.step, since: run.since, members }), now)
}

function memberAfter(
  seen: Run,
  { step, before, now }: { readonly step: number; readonly before: MemberState; readonly now: number },
): MemberState {
  switch (seen.status) {
    case 'preparing':
    case 'injecting':
    case 'holding':
    case 'reverting': {
      const { status } = seen
      if (status === 'preparing') return { status, step, until: seen.until }
      if (status === 'injecting') return { status, step, since: seen.since }
      if (status === 'holding') return { status, step, revertAt: seen.revertAt, rechecked: seen.rechecked }
      return { status, step, since: seen.since, attempts: seen.attempts, retryAt: seen.retryAt }
    }
    default:
      // Refused although its ledger was begun: whatever there is of it is undone.
      if (seen.status === 'verifying' && before.status === 'injecting') return revertingAt(step, now)
      // Undone, or refused before there was anything to undo.
      return { status: 'over', step }
  }
}

/**
 * A step that failed ends its group: what the others did is undone, and what has not begun never does. Once all are over the workload is
 * awaited as a whole; where nothing was planned there is nothing to wait for.
 */
function goOn(run: Overlapping, now: number): Run {
  const group = groupOf(run)
  const failed = group.find((step) => run.steps[step]?.verdict === 'failed')
  const going = failed === undefined ? run : endedBy(run, failed, now)
  const over = going.members.filter(({ status }) => status === 'over').length
  if (over < (failed === undefined ? group.length : going.members.length)) return going
  const begun = group.filter((member) => going.steps[member]?.plan !== null)
  const step = begun.at(-1) ?? run.step
  if (begun.length === 0) return withState(going, { status: 'verifying', step, since: now, until: now, attempts: 0, found: [] })
  return withState(going, { status: 'recovering', step, since: now, until: now + run.suite.recoveryTimeoutMs })
}

function endedBy(run: Overlapping, failed: number, now: number): Overlapping {
  const isCut = ({ status }: MemberState) => status === 'preparing' || status === 'injecting' || status === 'holding'
  const cut = new Set(run.members.filter(isCut).map(({ step }) => step))
  const detail = `its group ended with step ${run.steps[failed]?.name}`
  const steps = run.steps.map(
    (record, step): StepRecord =>
      cut.has(step) && record.verdict === 'running'
        ? { ...record, verdict: 'aborted', reasons: [...record.reasons, { code: 'aborted', detail }] }
        : record,
  )
  return { ...run, steps, members: run.members.map((member) => (isCut(member) ? revertingAt(member.step, now) : member)) }
}

function revertingAt(step: number, now: number): MemberState {
  return { status: 'reverting', step, since: now, attempts: 0, retryAt: now }
}

/** What may happen to a step of a group, by what it is at; an act that was overtaken by the end of its group tells nothing any more. */
const eventsOf: Readonly<Record<Exclude<MemberState['status'], 'over'>, readonly RunEvent['type'][]>> = {
  preparing: ['step_planned', 'step_refused'],
  injecting: ['injected', 'step_refused'],
  holding: ['rechecked', 'hold_over'],
  reverting: ['reverted', 'undo_unproven'],
}

/** Whether the event still fits what its step is at. */
export function fitsMember(run: Run, step: number, event: RunEvent): boolean {
  if (run.status !== 'overlapping') return false
  const { status } = memberOf(run, step)
  if (event.type === 'late_calls') return true
  if (event.type === 'targets_changed') return status === (event.ended === undefined ? 'holding' : 'reverting')
  if (status === 'over') return false
  return eventsOf[status].includes(event.type) && !(status === 'preparing' && isEnding(run))
}

/** Whether a step of the group failed, so that nothing more of it begins. */
export function isEnding(run: Overlapping): boolean {
  return groupOf(run).some((step) => run.steps[step]?.verdict === 'failed')
}

/** Steps whose acts end with their group, which this change has ended: their state says so already. */
export function overtaken(before: Run, after: Run): readonly number[] {
  const hasEnded = (run: Run) => run.status === 'overlapping' && isEnding(run)
  return after.status === 'overlapping' && hasEnded(after) && !hasEnded(before) ? openMembers(after) : []
}
