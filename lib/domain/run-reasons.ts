import { failedLoads } from './load.ts'
import type { Reason, ReasonCode } from './reason.ts'
import { reasonText, refusedReasons } from './reason.ts'
import type { Ended } from './run.ts'
import type { Abort } from './run-facts.ts'
import { counted } from './text.ts'

/** A reason of the run's end: of one of its steps, or (null) of the run as a whole. */
export interface RunReason extends Reason {
  readonly step: number | null
}

/** Why the run ended as it did; each reason once: a step that an abort interrupted does not repeat the abort's. */
export function runReasons(run: Ended): readonly RunReason[] {
  const whole = (code: ReasonCode, detail: string): RunReason => ({ code, detail, step: null })
  const { resolved, status, refusals, abort, orphans } = run
  if (resolved !== null) return [whole('resolved', `ended by ${resolved.by}: ${resolved.why}`)]
  if (status === 'refused') return refusedReasons(refusals).map((reason, i) => ({ ...reason, step: refusals[i]?.step ?? null }))
  const loads = failedLoads(run).map(({ name, detail }) => whole('load_died', `load ${name} ${detail}`))
  const steps = [...loads, ...run.steps.flatMap(({ reasons }, step) => reasons.map((reason) => ({ ...reason, step })))]
  if (abort !== null) return [whole('aborted', abortText(abort)), ...steps.filter(({ code }) => code !== 'aborted')]
  return orphans > 0 ? [whole('orphans', `${counted(orphans, 'orphaned object')} found and removed`), ...steps] : steps
}

/** The same as sentences that name their step. */
export function runReasonTexts(run: Ended): readonly string[] {
  return runReasons(run).map((reason) => {
    const name = reason.step === null || run.status === 'refused' ? undefined : run.steps[reason.step]?.name
    return name === undefined ? reasonText(reason) : `${name}: ${reasonText(reason)}`
  })
}

/** An abort in a few words; "interrupted from the keyboard" and crossed thresholds say by themselves what they are. */
function abortText({ reason, detail }: Abort): string {
  return reason === 'interrupted' ? detail : `${reason}: ${detail}`
}
