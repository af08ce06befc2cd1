import { type PlannedTest, plannedTests } from '../lib/suite/planned-tests.ts'
import type { RunFlags } from './session.ts'
import { adapted, parsedSuite, withSuiteFlags } from './suite-file.ts'
import type { Terminal } from './terminal.ts'

export interface TestFlags extends RunFlags {
  /** Seconds of fault, shared out over the tests. */
  readonly duration?: number
  /** Seconds of quiet after each test. */
  readonly pause: number
  readonly drain?: boolean
  readonly allowSkips?: boolean
  readonly allowUnused?: boolean
}

/** The tests that `faultline test` was asked for. */
export function testsOfFlags(family: string, flags: TestFlags, terminal: Terminal): Promise<readonly PlannedTest[]> {
  const { duration, drain = false, allowUnused = false } = flags
  return plannedTests(
    { family, duration, drain, allowUnused },
    {
      // Without its quiet: tests have their own.
      quick: async () => withSuiteFlags({ parsed: await parsedSuite('quick', terminal), file: 'quick', times: { grace: 0 } }, flags).suite,
      adapt: (suite) => adapted(suite, flags),
    },
  )
}
