import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { refuseCommands } from '../../lib/suite/commands.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import type { OtherTimes, Warned } from '../../lib/suite/other-times.ts'
import type { OtherWorkload } from '../../lib/suite/other-workload.ts'
import type { ParsedSuite } from '../../lib/suite/parse.ts'
import type { PartFlags } from '../../lib/suite/part-of-suite.ts'
import { formatProblems } from '../../lib/suite/problems.ts'
import { suitesAmong } from '../../lib/suite/suite-names.ts'
import type { GivenValues } from '../../lib/suite/variables.ts'
import type { VariablesInput } from './inputs.ts'
import type { Settings } from './settings.ts'

/** Suites that travel with the functions, by file name without its ending. */
export async function packagedSuites(folder: string): Promise<readonly string[]> {
  return suitesAmong(await readdir(folder)).map(({ name }) => name)
}

/** A packaged suite by its name (`quick` for quick-test-suite), or one that was sent along; only who needs a suite loads what reads it. @throws FaultlineError `bad_input` with every problem of it */
export async function findSuite(folder: string, wanted: string | object, set: VariablesInput = {}): Promise<Suite> {
  const [{ loadSuite }, { parseSuite }] = await Promise.all([import('../../lib/suite/load.ts'), import('../../lib/suite/parse.ts')])
  const given = givenBy(set)
  if (typeof wanted !== 'string') return usable(parseSuite(JSON.stringify(wanted, null, 2), 'suite', { given }))
  const suites = suitesAmong(await readdir(folder))
  const found = [wanted, `${wanted}-test-suite`].flatMap((one) => suites.filter(({ name }) => name === one))[0]
  if (found !== undefined) return usable(await loadSuite(join(folder, found.file), given))
  const names = suites.map(({ name }) => name)
  throw new FaultlineError('bad_input', `suite ${notAllowed(wanted, names, 'is not packaged')}`)
}

/** As `findSuite`, for another workload and another time where the asker says so. */
export async function changedSuite(
  {
    suite: wanted,
    set,
    only,
    skip,
    namespace,
    selector,
    duration,
    grace,
  }: OtherWorkload & OtherTimes & PartFlags & { readonly suite: string | object; readonly set?: VariablesInput | undefined },
  { settings }: { readonly settings: Pick<Settings, 'suites'> },
): Promise<Warned> {
  const [{ forWorkload }, { withTimes }, { partOf }] = await Promise.all([
    import('../../lib/suite/other-workload.ts'),
    import('../../lib/suite/other-times.ts'),
    import('../../lib/suite/part-of-suite.ts'),
  ])
  const { suite, warnings } = withTimes(partOf(await findSuite(settings.suites, wanted, set), { only, skip }), { duration, grace })
  return { suite: forWorkload(suite, { namespace, selector }), warnings }
}

/** A function's environment holds nothing for suites: a variable is what the event says, or its default. */
function givenBy(set: VariablesInput): GivenValues {
  const said = Object.fromEntries(Object.entries(set).map(([name, value]) => [name, String(value)]))
  return { said, env: {}, by: 'set', how: (name) => `give the event "set": { "${name}": "value" }` }
}

function usable(parsed: ParsedSuite): Suite {
  if (parsed.ok) {
    refuseCommands(parsed.suite, 'suite')
    return parsed.suite
  }
  throw new FaultlineError('bad_input', formatProblems(parsed.problems))
}
