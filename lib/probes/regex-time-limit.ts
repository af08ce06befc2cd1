import { createContext, Script } from 'node:vm'
import { FaultlineError } from '../domain/errors.ts'

/** In the driver's thread, where a lease is renewed every 10 s and a revert is due to the second: one pattern may cost so much of it. */
const mostMs = 100
/** Once or twice may be a busy machine; a pattern that needs so long again and again is not tried any more. */
const mostTries = 3
const call = new Script('work()')
const endedTimes = new Map<string, number>()

/**
 * Runs what a suite's own pattern may make endless (a regular expression that backtracks, a JSONPath over a deep document) for 100 ms at
 * most: V8 ends it, also within one match. @throws FaultlineError `invalid` when it takes longer, and at once after the third time
 */
export function withinTime<T>(what: string, work: () => T): T {
  const ended = endedTimes.get(what) ?? 0
  if (ended >= mostTries) throw new FaultlineError('invalid', `${what} took longer than ${mostMs} ms ${mostTries} times: make it simpler`)
  let result: { readonly value: T } | null = null
  const context = createContext({
    work: () => {
      result = { value: work() }
    },
  })
  try {
    call.runInContext(context, { timeout: mostMs })
  } catch (error) {
    if (Object(error).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
    endedTimes.set(what, ended + 1)
    throw new FaultlineError('invalid', `${what} took longer than ${mostMs} ms on this answer: make it simpler`, { cause: error })
  }
  if (result === null) throw new FaultlineError('invalid', `${what} gave nothing`)
  return (result as { readonly value: T }).value
}
