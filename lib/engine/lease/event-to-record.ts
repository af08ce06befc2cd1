import { fitsMember } from '../../domain/overlapping.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded } from '../../domain/run.ts'
import type { MemberEvent, RunEvent } from '../../domain/run-event.ts'
import { isAwaiting } from './awaiting.ts'
import { besides } from './besides.ts'

/** What concerns no step more than another. */
const ofWholeRun: readonly RunEvent['type'][] = ['lease_renewed', 'handed_over', 'threshold_crossed', 'threshold_recovered', 'abort']

/** Whether what is told of the step that the run is at still fits; it may have gone on. */
function fitsRun(run: Run, event: RunEvent): boolean {
  return event.type !== 'targets_changed' || run.status === (event.ended === undefined ? 'holding' : 'reverting')
}

/** The event as the run's record takes it, `member` being the step of a group that tells it; null for what came too late. */
export function eventToRecord(run: Run, member: number | null, event: RunEvent): RunEvent | MemberEvent | null {
  if (besides.includes(event.type) && (isEnded(run) || isAwaiting(run))) return null
  if (member === null || ofWholeRun.includes(event.type)) return fitsRun(run, event) ? event : null
  return fitsMember(run, member, event) ? { type: 'of_member', step: member, event } : null
}
