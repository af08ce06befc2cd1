import { entryForPeople } from './shared/entry.ts'
import { haltInput } from './shared/inputs.ts'
import { halt } from './shared/switches.ts'

/** Everything reverts, and nothing starts until `resume`. A function of its own, so that everyone may be allowed it. */
export const handler = entryForPeople('halt', haltInput, halt)
