import { FaultlineError } from '../lib/domain/errors.ts'
import { go } from './shared/begin.ts'
import { entry } from './shared/entry.ts'
import { advanceInput } from './shared/inputs.ts'

/** Goes on with a run whose driver's time is nearly up. */
export const handler = entry('advance', advanceInput, async ({ detail: { runId } }, invocation) => {
  const run = await invocation.store.runs.load(runId)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${runId}`)
  return go(invocation.engine(run.cluster), runId, invocation)
})
