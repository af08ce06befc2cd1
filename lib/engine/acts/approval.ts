import { type ApprovalPlace, type ApprovalRequest, requestOfRun, requestOfStep } from '../../domain/approval.ts'
import { deadlineOf } from '../../domain/next-action.ts'
import type { Awaiting, ClusterRef, Preparing, Requested } from '../../domain/run.ts'
import type { Suite } from '../../domain/suite.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { isoSeconds } from '../../time.ts'
import type { Engine } from '../engine.ts'
import type { Driver } from '../lease/driver.ts'
import { namespaceLock } from './admit.ts'
import type { PlannedStep } from './plan.ts'

/** What of a plan waits for a person; null: nothing of it does. */
export function approvalOf(
  { approval: rules }: Engine['config'],
  { cluster, suite }: { readonly cluster: ClusterRef; readonly suite: Suite },
  plans: readonly PlannedStep[],
): ApprovalRequest | null {
  return requestOfRun({ rules, place: placeOf(cluster, suite.namespace), suite, plans })
}

function placeOf({ uid, name, simulated }: ClusterRef, namespace: string): ApprovalPlace {
  return { clusterUid: uid, clusterName: name, namespace, simulated }
}

/** The plan of a run that is about to begin, where it takes an approval that it has not as it would be done now. */
export function approvalToBegin({ engine }: Driver, run: Requested, plans: readonly PlannedStep[]): RunEvent | null {
  const request = approvalOf(engine.config, run, plans)
  if (request === null || run.approvals?.some(({ plan }) => plan === request.plan) === true) return null
  return { type: 'approval_needed', request, expiresAt: engine.clock.now() + engine.config.approval.expiresMs }
}

/** The same of a step whose turn has come: what was approved before the run began is approved, as long as nothing of it has changed. */
export function approvalOfStep({ engine }: Driver, run: Preparing, plan: PlannedStep): RunEvent | null {
  const { cluster, suite, approvals = [] } = run
  const { approval: rules } = engine.config
  const request = requestOfStep({ rules, place: placeOf(cluster, suite.namespace), suite }, plan, approvals)
  if (request === null) return null
  // What is approved later could not be done before the run's own end.
  const latest = deadlineOf(run) - (suite.steps[plan.step]?.durationMs ?? 0)
  return { type: 'approval_needed', request, expiresAt: Math.min(engine.clock.now() + rules.expiresMs, latest) }
}

/**
 * A run that waits to begin holds no lock: it touches nothing, and another one of the namespace may be over long before a person has
 * answered. The lock goes first, while this driver is certain to have the run: after the run is stored as waiting, an approval may let
 * another driver take the same lock.
 */
export async function giveBackLock(driver: Driver): Promise<void> {
  await driver.context().held?.()
  await driver.engine.store.locks.release(namespaceLock(driver.run), driver.run.id)
}

/** What ends a run that no person approved in time. */
export function lapsed(run: Awaiting): RunEvent {
  const { since, expiresAt } = run
  return notApproved(run, `it waited from ${isoSeconds(since)} to ${isoSeconds(expiresAt)}, and no person approved it`)
}

/** A run that has begun ends as one whose step was refused; before that it is refused itself. */
export function notApproved({ before: step }: Awaiting, message: string): RunEvent {
  return { type: step === null ? 'refused' : 'step_refused', refusals: [{ code: 'not_approved', step, message }] }
}
