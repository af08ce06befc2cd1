import type { Stage, Told } from '../stage.ts'

/** Something hostile happens while a fault holds; what the run tells of it is held against what is true. */
export interface HostileScenario {
  readonly name: string
  play(stage: Stage): Promise<Account>
}

/** One line of the table of told against true. */
export interface Account {
  readonly told: string
  readonly truth: string
  /** Undefined where it could not be played here; `told` says why. */
  readonly agree: boolean | undefined
}

/** Verdict, causes and reasons in one line. */
export function inShort({ verdict, reasons, abort, steps }: Told): string {
  const causes = [...new Set(steps.flatMap((step) => step.endCauses))]
  const by = abort === null ? [] : [`${abort.reason}${abort.cause === undefined ? '' : ` (${abort.cause})`} by ${abort.by}`]
  return [verdict, ...by, ...(causes.length === 0 ? [] : [causes.join(', ')]), ...reasons].join('; ')
}

/** All that a run tells, for a look whether something is said in it. */
export function says(told: Told, what: RegExp): boolean {
  return what.test(JSON.stringify(told))
}

/** "none", or what there is. */
export const listed = (found: readonly string[]) => (found.length === 0 ? 'none' : [...new Set(found)].join(', '))
