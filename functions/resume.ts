import { entryForPeople } from './shared/entry.ts'
import { resumeInput } from './shared/inputs.ts'
import { resume } from './shared/switches.ts'

/** Lifts a halt. A function of its own, so that few may be allowed it. */
export const handler = entryForPeople('resume', resumeInput, resume)
