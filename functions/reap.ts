import { entry } from './shared/entry.ts'
import { reapInput } from './shared/inputs.ts'
import { reapAll } from './shared/reaping.ts'

/** Every minute: ends what dead drivers left, and sweeps. */
export const handler = entry('reap', reapInput, (_, invocation) => reapAll(invocation))
