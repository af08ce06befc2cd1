import type { Actor } from '../lib/domain/actor.ts'
import { FaultlineError } from '../lib/domain/errors.ts'
import type { ChosenCluster } from './clusters.ts'
import { osActor } from './owner.ts'

/** Who acts on a cluster: whom its API server takes the credentials for, and who sits here. A simulated one knows no persons. */
export async function actorOn({ ref, cluster }: Pick<ChosenCluster, 'ref' | 'cluster'>): Promise<Actor> {
  const person = osActor()
  if (ref.simulated || cluster.whoAmI === undefined) return person
  const name = await cluster.whoAmI().catch(unlessUnavailable)
  return name === null ? person : { kind: 'kubernetes', name, also: [person] }
}

/** What comes next on that cluster tells that it does not answer. */
function unlessUnavailable(error: unknown): null {
  if (error instanceof FaultlineError) return null
  throw error
}
