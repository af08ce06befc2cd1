import { entryForPeople } from './shared/entry.ts'
import { lookInput } from './shared/inputs.ts'
import { look } from './shared/look-actions.ts'

/** What is and what was: status, runs, records. Changes nothing and enters no cluster, so that everyone may be allowed it. */
export const handler = entryForPeople('look', lookInput, look)
