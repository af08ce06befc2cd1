import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import type { ParsedSuite } from '../../lib/suite/parse.ts'
import { formatProblems } from '../../lib/suite/problems.ts'
import { suitesAmong } from '../../lib/suite/suite-names.ts'

/** Suites that travel with the functions, by file name without its ending. */
export async function packagedSuites(folder: string): Promise<readonly string[]> {
  return suitesAmong(await readdir(folder)).map(({ name }) => name)
}

/** A packaged suite by its name, or one that was sent along; only who needs a suite loads what reads it. @throws FaultlineError `bad_input` with every problem of it */
export async function findSuite(folder: string, wanted: string | object): Promise<Suite> {
  const [{ loadSuite }, { parseSuite }] = await Promise.all([import('../../lib/suite/load.ts'), import('../../lib/suite/parse.ts')])
  if (typeof wanted !== 'string') return usable(parseSuite(JSON.stringify(wanted, null, 2), 'suite'))
  const suites = suitesAmong(await readdir(folder))
  const found = suites.find(({ name }) => name === wanted)
  if (found !== undefined) return usable(await loadSuite(join(folder, found.file)))
  const names = suites.map(({ name }) => name)
  throw new FaultlineError('bad_input', `suite ${notAllowed(wanted, names, 'is not packaged')}`)
}

function usable(parsed: ParsedSuite): Suite {
  if (parsed.ok) return parsed.suite
  throw new FaultlineError('bad_input', formatProblems(parsed.problems))
}
