import { createContext, Script } from 'node:vm'
import { FaultlineError } from '../domain/errors.ts'

const mostMs = 100
const call = new Script('work()')

/**
 * Runs what a suite's own pattern may make endless (a regular expression that backtracks, a JSONPath over a deep document) for 100 ms at
 * most: it runs in the driver's thread, where a revert may be due. @throws FaultlineError `invalid` when it takes longer
 */
export function withinTime<T>(what: string, work: () => T): T {
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
    throw new FaultlineError('invalid', `${what} took longer than ${mostMs} ms on this answer: make it simpler`, { cause: error })
  }
  if (result === null) throw new FaultlineError('invalid', `${what} gave nothing`)
  return (result as { readonly value: T }).value
}
