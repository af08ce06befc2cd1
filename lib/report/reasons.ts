import type { Reason, ReasonCode } from '../domain/reason.ts'
import { reasonText } from '../domain/reason.ts'

/** The reasons of a step's document, without the abort's, which is told of the whole run. */
export function stepReasons(step: { readonly reasons: readonly string[]; readonly reasonCodes: readonly ReasonCode[] }): readonly string[] {
  return step.reasons.filter((_, i) => step.reasonCodes[i] !== 'aborted')
}

/** The same of a step's record. */
export function ownReasons({ reasons }: { readonly reasons: readonly Reason[] }): readonly string[] {
  return reasons.filter(({ code }) => code !== 'aborted').map(reasonText)
}
