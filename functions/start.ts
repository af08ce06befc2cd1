import { begin } from './shared/begin.ts'
import { entry } from './shared/entry.ts'
import { startInput } from './shared/inputs.ts'

/** Begins a run: by its schedule, or by hand. */
export const handler = entry('start', startInput, begin)
