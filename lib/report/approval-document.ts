import type { StepToApprove } from '../domain/approval.ts'
import type { Run } from '../domain/run.ts'
import { iso } from './iso.ts'

/** A person's word for one plan. */
export interface ApprovalDocument {
  readonly at: string
  readonly by: string
  readonly why: string
  /** Digest of the plan. */
  readonly plan: string
  /** Before which step it was given, from 0; null: before the run began. */
  readonly step: number | null
}

export interface WaitingDocument {
  readonly plan: string
  readonly since: string
  /** Then it is refused. */
  readonly expiresAt: string
  readonly step: number | null
  readonly steps: readonly StepToApprove[]
}

/** Who approved the run, and what it waits for. */
export function approvalsOf(run: Run): { readonly approvals?: readonly ApprovalDocument[]; readonly waitsFor?: WaitingDocument } {
  const approvals = (run.approvals ?? []).map(({ at, by, why, plan, before: step }) => ({ at: iso(at), by, why, plan, step }))
  const given = approvals.length === 0 ? {} : { approvals }
  if (run.status !== 'awaiting_approval') return given
  const { request, since, expiresAt, before: step } = run
  return { ...given, waitsFor: { ...request, since: iso(since), expiresAt: iso(expiresAt), step } }
}
