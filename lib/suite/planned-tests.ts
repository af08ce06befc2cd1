import { FaultlineError } from '../domain/errors.ts'
import { shareOf, shortestFaultMs } from '../domain/fit-suite.ts'
import type { Pod } from '../domain/kube.ts'
import { isReady } from '../domain/kube.ts'
import type { Step, Suite } from '../domain/suite.ts'
import { type FamilyName, familyNames } from '../domain/tests.ts'
import { suiteOfTest, testsOf } from './test-families.ts'

/** What a person asks of `test`, by flags or by an event. */
export interface TestsAsked {
  /** A family, or `all`. */
  readonly family: string
  /** Seconds of fault, shared out over the tests; undefined: as long as is usual for each. */
  readonly duration?: number | undefined
  readonly drain: boolean
  readonly allowUnused: boolean
}

/** Where the tests' suites come from, and what they are run on. */
export interface TestSuites {
  /** The quick suite, for the workload that was asked for. */
  readonly quick: () => Promise<Suite>
  /** Any other suite, for that workload. */
  readonly adapt: (suite: Suite) => Suite
}

/** A suite that is one test, or (the quick suite) several; made when its turn comes, for the pods there are by then. */
export interface PlannedTest {
  readonly family: FamilyName
  readonly names: readonly string[]
  readonly namespace: string
  /** `pods` are the workload's when the test's turn comes; they are asked for only where the test names one. */
  suite(pods: (suite: Suite) => Promise<readonly Pod[]>): Promise<Suite>
}

/** Seconds of fault of all tests together where none are given: the scripts' own default. */
const usualSeconds = 300

/**
 * The tests of a family, or of `all`, each with its share of the time.
 * @throws FaultlineError `bad_input` when a share is too short to show anything
 */
export async function plannedTests(asked: TestsAsked, { quick: readQuick, adapt }: TestSuites): Promise<readonly PlannedTest[]> {
  const { allowUnused } = asked
  const families = asked.family === 'all' ? familyNames : familyNames.filter((family) => family === asked.family)
  const single = testsOf(families, { withDrain: asked.drain })
  const quick = families.includes('automated') ? withQuick(await readQuick(), allowUnused) : null
  const seconds = shareOfEach(asked.duration, single.length + (quick?.steps.length ?? 0))
  return [
    ...single.map((test): PlannedTest => {
      const each = Math.floor(seconds ?? usualSeconds / single.length)
      const suiteFor = (pod: string) => adapt(suiteOfTest(test, { seconds: each, pod, allowUnused }))
      const plain = suiteFor('any')
      return {
        family: test.family,
        names: plain.steps.map(({ name }) => name),
        namespace: plain.namespace,
        suite: async (pods) => (test.isOfOnePod ? suiteFor(firstPod(await pods(plain))) : plain),
      }
    }),
    ...(quick === null ? [] : [automated(quick, seconds)]),
  ]
}

function automated(quick: Suite, seconds: number | null): PlannedTest {
  const { namespace, steps } = quick
  return { family: 'automated', names: steps.map(({ name }) => name), namespace, suite: async () => scaled(quick, seconds) }
}

/** The test with the quiet after it as part of its run: a person who deletes our Jobs meanwhile ends all of them. */
export function withPause(suite: Suite, pauseMs: number): Suite {
  return { ...suite, graceAfterMs: pauseMs, maxDurationMs: suite.maxDurationMs + pauseMs }
}

/** Null: each test has the time that is usual for it. */
function shareOfEach(duration: number | undefined, tests: number): number | null {
  if (duration === undefined) return null
  const share = duration / tests
  const least = shortestFaultMs / 1000
  if (share >= least) return share
  const why = `shared out over ${tests} tests, that is less than ${least} s for each, which shows nothing; at least ${tests * least}`
  throw new FaultlineError('bad_input', `--duration ${duration}: ${why}`)
}

function withQuick(suite: Suite, allowUnused: boolean): Suite {
  return allowUnused ? { ...suite, steps: suite.steps.map(withUnused) } : suite
}

function withUnused(step: Step): Step {
  return step.fault.type === 'network_partition' ? { ...step, fault: { ...step.fault, allowUnused: true } } : step
}

function scaled(suite: Suite, seconds: number | null): Suite {
  if (seconds === null) return suite
  const all = suite.steps.reduce((sum, { durationMs }) => sum + durationMs, 0)
  return shareOf(suite, (seconds * 1000 * suite.steps.length) / all)
}

/** The first Ready pod by name; where there is none, a name that the plan refuses as missing. */
function firstPod(pods: readonly Pod[]): string {
  const [first = 'none'] = pods
    .filter((pod) => isReady(pod))
    .map(({ metadata }) => metadata.name)
    .sort()
  return first
}
