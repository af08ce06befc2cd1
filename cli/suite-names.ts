import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { FaultlineError } from '../lib/domain/errors.ts'
import { isYamlName } from '../lib/suite/suite-names.ts'
import { packageRoot } from './package-root.ts'

/** What every file of a suite that comes along ends in. */
const ending = '-test-suite.json'

/** The suite that `run` takes when none is named. */
export const defaultSuite = 'default'

/** Suites that come along, by the name that commands take for them: `default` is experiments/default-test-suite.json. */
export function packagedSuites(): ReadonlyMap<string, string> {
  const folder = join(packageRoot(), 'experiments')
  const files = readdirSync(folder).filter((file) => file.endsWith(ending))
  return new Map(files.map((file) => [file.slice(0, -ending.length), join(folder, file)]))
}

/**
 * The file that is meant: a path, or the name of a suite that comes along. A file of the working directory comes before such a name.
 * @throws FaultlineError `bad_input` for a word that is neither
 */
export async function suiteFile(given: string): Promise<string> {
  if (given === '-' || given === '' || /[/\\]|\.json$/.test(given) || isYamlName(given) || existsSync(given)) return given
  const suites = packagedSuites()
  const found = suites.get(given)
  if (found !== undefined) return found
  const { notAllowed } = await import('../lib/suite/did-you-mean.ts')
  throw new FaultlineError(
    'bad_input',
    `there is no file ${given}, and suite ${notAllowed(given, [...suites.keys()], 'does not come along')}`,
  )
}
