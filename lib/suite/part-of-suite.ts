import { FaultlineError } from '../domain/errors.ts'
import type { Step, Suite } from '../domain/suite.ts'
import { notAllowed } from './did-you-mean.ts'

/** Steps of a suite as people name them: by name, or by number from 1. */
export interface PartFlags {
  /** Only these. */
  readonly only?: readonly string[] | undefined
  /** All but these. */
  readonly skip?: readonly string[] | undefined
}

/**
 * The suite with the steps that are asked for, in its own order; it keeps the names of those that it leaves out.
 * @throws FaultlineError `bad_input` for a step that it has not, or when none is left
 */
export function partOf(suite: Suite, { only = [], skip = [] }: PartFlags): Suite {
  if (only.length === 0 && skip.length === 0) return suite
  const wanted = only.length === 0 ? suite.steps : only.flatMap((word) => stepsNamed(suite, word, '--only'))
  const unwanted = skip.flatMap((word) => stepsNamed(suite, word, '--skip'))
  const isTaken = (step: Step) => wanted.includes(step) && !unwanted.includes(step)
  const steps = suite.steps.filter(isTaken)
  const leftOut = suite.steps.flatMap((step, n) => (isTaken(step) ? [] : [{ number: n + 1, name: step.name }]))
  if (steps.length === 0) throw new FaultlineError('bad_input', '--only and --skip leave no step of the suite')
  return leftOut.length === 0 ? suite : { ...suite, steps, leftOut }
}

/** A name comes before a number: a step may be called `2`. Of steps of one name all are meant. */
function stepsNamed({ steps }: Suite, word: string, flag: string): readonly Step[] {
  const named = steps.filter(({ name }) => name === word)
  const numbered = /^[1-9]\d{0,2}$/.test(word) ? steps[Number(word) - 1] : undefined
  const found = named.length > 0 ? named : numbered === undefined ? [] : [numbered]
  if (found.length > 0) return found
  const names = steps.map(({ name }) => name)
  throw new FaultlineError('bad_input', `${flag} ${notAllowed(word, names, `is no step of the suite, which has ${steps.length}`)}`)
}
