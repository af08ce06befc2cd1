import { FaultlineError } from '../lib/domain/errors.ts'
import type { Run } from '../lib/domain/run.ts'

/** What the process answers to its caller; in --help and in the README. */
export const exitCodes = {
  succeeded: 0,
  /** failed, no_effect or aborted */
  notSucceeded: 1,
  /** wrong use, a bad suite, a run that was refused, or one that waits for approval */
  refused: 2,
  /** something could not be proven undone */
  unproven: 3,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The exit code for a run as its driver left it. */
export function exitCodeOf(run: Pick<Run, 'status'>): ExitCode {
  switch (run.status) {
    case 'succeeded':
      return exitCodes.succeeded
    case 'failed':
    case 'no_effect':
    case 'aborted':
      return exitCodes.notSucceeded
    case 'refused':
    case 'awaiting_approval':
      return exitCodes.refused
    default:
      return exitCodes.unproven
  }
}

/** The exit code for an error that came before anything was touched; a mistake of ours (no FaultlineError) counts as a failure. */
export function exitCodeOfError(error: unknown): ExitCode {
  return error instanceof FaultlineError ? exitCodes.refused : exitCodes.notSucceeded
}
