import { control } from './shared/control-actions.ts'
import { entryForPeople } from './shared/entry.ts'
import { controlInput } from './shared/inputs.ts'

/** What people ask by hand: status, plan, inject, test, replay, sweep, abort, resolve, pause, unpause. `halt`, `resume` and `approve` are functions. */
export const handler = entryForPeople('control', controlInput, control)
