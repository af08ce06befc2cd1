import { shortPlan, toApproveText } from '../domain/approval.ts'
import type { ApprovalDocument, WaitingDocument } from './approval-document.ts'
import { dateAndTimeInWords } from './durations.ts'

/** `bob@desk on 5 January 2026, 10:00:00 UTC: as agreed (plan 3fa9c1d2e4b5)`. */
function approvalText({ at, by, why, plan, step }: ApprovalDocument): string {
  const what = step === null ? '' : `, before step ${step + 1}`
  return `${by} on ${dateAndTimeInWords(Date.parse(at))}: ${why} (plan ${shortPlan(plan)}${what})`
}

/** What a run waits for, as lines. */
function waitingTexts({ plan, expiresAt, steps }: WaitingDocument): readonly string[] {
  const asked = steps.filter(({ why }) => why.length > 0).map(toApproveText)
  return [`approval of plan ${shortPlan(plan)}, until ${dateAndTimeInWords(Date.parse(expiresAt))}`, ...asked]
}

/** Facts of a report's head: who approved it, and what it waits for. */
export function approvalFacts({
  approvals = [],
  waitsFor,
}: {
  readonly approvals?: readonly ApprovalDocument[] | undefined
  readonly waitsFor?: WaitingDocument | undefined
}): readonly (readonly [name: string, value: string])[] {
  return [
    ...approvals.map((one) => ['Approved by', approvalText(one)] as const),
    ...(waitsFor === undefined ? [] : waitingTexts(waitsFor).map((text, i) => [i === 0 ? 'Waits for' : '', text] as const)),
  ]
}
