import type { Control } from '../../lib/domain/control.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { AuditLine } from '../../lib/report/audit-line.ts'
import type { RunRecord } from '../../lib/report/document.ts'

/** Where the board looks, and what it can do there: the ledger of this machine, or a deployed installation. */
export interface BoardSource {
  /** For people: the state directory, or the stage. */
  readonly name: string
  /** Between two looks at what is live, at least. */
  readonly pauseMs: number
  now(): number
  /** Runs that are not over. */
  live(): Promise<readonly Run[]>
  /** Newest first. */
  runs(limit: number): Promise<readonly Run[]>
  record(runId: string): Promise<RunRecord | undefined>
  halted(): Promise<Control | null>
  /** Who did what, newest first. */
  audit(): Promise<readonly AuditLine[]>
  /** Every run reverts and none starts. Answers once the switch is stored. */
  halt(why: string): Promise<void>
  /** Lifts the halt, once that is on record. */
  resume(why: string): Promise<void>
  /** Answers once the run's driver is asked; a run without one is undone here, meanwhile. @throws FaultlineError `not_found` */
  abort(runId: string, why: string): Promise<void>
}
