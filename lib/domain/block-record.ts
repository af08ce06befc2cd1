import type { Run } from './run.ts'
import { stepOf } from './run.ts'
import type { Answers } from './run-event.ts'
import { judged, recordOf, withAnswers, withStep } from './step-record.ts'
import { membersOf } from './together.ts'

/** The steps that the run is at, of a group those that were begun: what is to be judged once all of it is undone. */
export function begunBlock(run: Run): readonly number[] {
  const at = stepOf(run) ?? 0
  const members = membersOf(run.suite.steps, at)
  return members.length === 1 ? members : members.filter((member) => run.steps[member]?.plan != null)
}

/** When its fault was proven undone; of a group that an abort reverts as a whole, of each of its steps. */
export function withReverted(run: Run, now: number): Run {
  const undone = (all: Run, at: number) => withStep(all, { revertedAt: all.steps[at]?.revertedAt ?? now }, at)
  return (run.abort === null ? [stepOf(run) ?? 0] : begunBlock(run)).reduce(undone, run)
}

/** The answers of the step that the run is at, and, of a group, those of the others. */
export function withGroupAnswers(run: Run, answers: Answers): Run {
  return (answers.others ?? []).reduce((all, other) => withAnswers(all, other, other.step), withAnswers(run, answers))
}

/** Each of them with its verdict, once the workload is healthy again. */
export function recoveredAll(run: Run, answers: Answers, now: number): Run {
  const recovered = (all: Run, at: number) => judged(withStep(all, { recoveredAt: now }, at), at)
  return begunBlock(run).reduce(recovered, withGroupAnswers(run, answers))
}

/** A fault that is undone later than the suite tolerates fails its step; an abort has no planned end. */
export function withLateness(run: Run): Run {
  const { plannedEnd, revertedAt, verdict } = recordOf(run)
  const { undoWithinMs } = run.suite
  if (undoWithinMs === undefined || run.abort !== null || plannedEnd === null || revertedAt === null) return run
  const lateMs = revertedAt - plannedEnd
  if (lateMs <= undoWithinMs) return run
  const detail = `undone ${(lateMs / 1000).toFixed(1)} s after its planned end (allowed: ${undoWithinMs / 1000} s)`
  return withStep(run, { verdict: verdict === 'running' ? 'failed' : verdict, reasons: [{ code: 'undone_late', detail }] })
}
