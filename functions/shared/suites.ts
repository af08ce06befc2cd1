import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import type { ParsedSuite } from '../../lib/suite/parse.ts'
import { formatProblems } from '../../lib/suite/problems.ts'

/** Suites that travel with the functions, by file name without `.json`. */
export async function packagedSuites(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder)
  return files.filter((file) => file.endsWith('.json') && file !== 'schema.json').map((file) => file.slice(0, -'.json'.length))
}

/** A packaged suite by its name, or one that was sent along; only who needs a suite loads what reads it. @throws FaultlineError `bad_input` with every problem of it */
export async function findSuite(folder: string, wanted: string | object): Promise<Suite> {
  const [{ loadSuite }, { parseSuite }] = await Promise.all([import('../../lib/suite/load.ts'), import('../../lib/suite/parse.ts')])
  if (typeof wanted !== 'string') return usable(parseSuite(JSON.stringify(wanted, null, 2), 'suite'))
  const names = await packagedSuites(folder)
  if (names.includes(wanted)) return usable(await loadSuite(join(folder, `${wanted}.json`)))
  throw new FaultlineError('bad_input', `suite ${notAllowed(wanted, names, 'is not packaged')}`)
}

function usable(parsed: ParsedSuite): Suite {
  if (parsed.ok) return parsed.suite
  throw new FaultlineError('bad_input', formatProblems(parsed.problems))
}
