/** What a reason is measured against: the abort that ended the run, if one did. */
interface Aborted {
  readonly reasons: readonly string[]
  readonly abort: { readonly reason: string; readonly detail: string } | null
}

/** The reasons of a run's end, each once: the step that an abort interrupted repeats the abort's. */
export function runReasons({ reasons, abort }: Aborted): readonly string[] {
  const [first, ...rest] = reasons
  if (first === undefined || abort === null || !first.endsWith(abort.detail)) return reasons
  const told = abort.detail.startsWith(abort.reason) ? abort.detail : first
  return [told, ...rest.filter((reason) => !reason.endsWith(`: ${abort.detail}`))]
}

/** The reasons of a step, without the one that is told of the whole run. */
export function stepReasons(step: { readonly reasons: readonly string[] }, { abort }: Pick<Aborted, 'abort'>): readonly string[] {
  return abort === null ? step.reasons : step.reasons.filter((reason) => reason !== abort.detail)
}
