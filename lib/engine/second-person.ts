import type { Config, SecondPersonAct } from '../config.ts'
import { type Actor, whyNotAnother } from '../domain/actor.ts'
import { FaultlineError } from '../domain/errors.ts'

/** Where the configuration wants four eyes for an act. @throws FaultlineError `refused` unless it is shown that they are two persons */
export function wantSecondPerson(
  { secondPerson }: Pick<Config, 'secondPerson'>,
  act: SecondPersonAct,
  { first, second }: { readonly first: Actor; readonly second: Actor },
): void {
  const why = secondPerson.includes(act) ? whyNotAnother(first, second) : null
  if (why !== null) throw new FaultlineError('refused', `${act} takes a second person (secondPerson in faultline.config.json): ${why}`)
}
