import { accessSync, constants, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { FaultlineError } from '../lib/domain/errors.ts'
import { errorText } from './error-text.ts'

/**
 * Makes the state directory, readable by its owner only; bad_input when it cannot be used. One that may be read only is enough to look at
 * what has run; what writes is refused by the ledger.
 */
export function openStateDir(given: string): string {
  if (given.trim() === '') {
    throw new FaultlineError(
      'bad_input',
      '--state (or FAULTLINE_STATE) is empty: it would be the working directory; name one, or leave it out',
    )
  }
  const directory = resolve(given)
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.R_OK | constants.X_OK)
  } catch (error) {
    throw new FaultlineError('bad_input', `--state ${given} cannot be used as a directory: ${errorText(error)}`, { cause: error })
  }
  return directory
}
