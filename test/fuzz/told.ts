import { FaultlineError } from '../../lib/domain/errors.ts'

/** What became of one input: an answer, or an error with words; anything else is a bug, and is thrown. */
export function told(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return words(error)
  }
}

/** As `told`, of what takes time. */
export async function toldLater<T>(work: Promise<T>): Promise<T | FaultlineError> {
  return work.catch(words)
}

function words(error: unknown): FaultlineError {
  if (error instanceof FaultlineError && error.message !== '') return error
  throw error
}
