import { approve } from './shared/approving.ts'
import { entryForPeople } from './shared/entry.ts'
import { approveInput } from './shared/inputs.ts'

/** Says yes to what a run waits for. A function of its own, so that few may be allowed it. */
export const handler = entryForPeople('approve', approveInput, approve)
