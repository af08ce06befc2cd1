import { type Actor, claimed, known } from '../../lib/domain/actor.ts'
import type { Invocation } from './compose.ts'

/** Who asks: the caller that AWS signed, with the name that came along as a claim; without one, only that name. */
export function actorOf({ caller }: Pick<Invocation, 'caller'>, said: string | undefined, otherwise = 'the AWS console'): Actor {
  return caller === null ? claimed(said ?? otherwise) : known(caller, said)
}
