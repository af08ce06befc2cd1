import type { Suite } from '../../lib/domain/suite.ts'
import { readSuite } from '../suite-file.ts'
import { packagedSuites } from '../suite-names.ts'
import type { Terminal } from '../terminal.ts'
import type { BoardSource } from './source.ts'

/** As many runs as hold every suite that is still used. */
const newestRuns = 200

/**
 * Suites whose schedules a calendar shows, by name: those of the newest runs, those that come along, and the files that were named, the
 * later ones before the earlier ones. A file that is no suite is left out: `validate` says why.
 */
export async function knownSuites(
  files: readonly string[],
  source: Pick<BoardSource, 'runs'>,
  terminal: Pick<Terminal, 'stdin' | 'env'>,
): Promise<readonly Suite[]> {
  const ran = (await source.runs(newestRuns)).map(({ suite }) => suite).reverse()
  const read = await Promise.all([...packagedSuites().values(), ...files].map((file) => readSuite(file, {}, terminal)))
  const parsed = read.flatMap(({ parsed: one }) => (one.ok ? [one.suite] : []))
  return [...new Map([...ran, ...parsed].map((suite) => [suite.name, suite])).values()]
}
