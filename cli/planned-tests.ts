import { FaultlineError } from '../lib/domain/errors.ts'
import { shareOf, shortestFaultMs } from '../lib/domain/fit-suite.ts'
import type { Pod } from '../lib/domain/kube.ts'
import { isReady } from '../lib/domain/kube.ts'
import type { Step, Suite } from '../lib/domain/suite.ts'
import { type FamilyName, familyNames } from '../lib/domain/tests.ts'
import { workloadPods } from '../lib/engine/acts/admit.ts'
import { suiteOfTest, testsOf } from '../lib/suite/test-families.ts'
import type { ChosenCluster } from './clusters.ts'
import type { RunFlags } from './session.ts'
import { parsedSuite, withSuiteFlags } from './suite-file.ts'
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

/** Seconds of fault of all tests together where `--duration` is left out: the scripts' own default. */
const usualSeconds = 300

/** A suite that is one test, or (the quick suite) several; made when its turn comes, for the pods there are by then. */
export interface PlannedTest {
  readonly family: FamilyName
  readonly names: readonly string[]
  readonly namespace: string
  suite(chosen: ChosenCluster): Promise<Suite>
}

/**
 * The tests of a family, or of `all`, each with its share of the time.
 * @throws FaultlineError `bad_input` when a share is too short to show anything
 */
export async function plannedTests(asked: string, flags: TestFlags, terminal: Terminal): Promise<readonly PlannedTest[]> {
  const families = asked === 'all' ? familyNames : familyNames.filter((family) => family === asked)
  const single = testsOf(families, { withDrain: flags.drain === true })
  const quick = families.includes('automated') ? await quickSuite(flags, terminal) : null
  const seconds = shareOfEach(flags.duration, single.length + (quick?.steps.length ?? 0))
  return [
    ...single.map((test): PlannedTest => {
      const each = Math.floor(seconds ?? usualSeconds / single.length)
      const suiteFor = (pod: string) =>
        withSuiteFlags({ parsed: suiteOfTest(test, { seconds: each, pod, allowUnused: flags.allowUnused === true }), file: 'test' }, flags)
          .suite
      const plain = suiteFor('any')
      return {
        family: test.family,
        names: plain.steps.map(({ name }) => name),
        namespace: plain.namespace,
        suite: async (chosen) => (test.isOfOnePod ? suiteFor(await firstPod(chosen, plain)) : plain),
      }
    }),
    ...(quick === null ? [] : [automated(quick, seconds)]),
  ]
}

function automated(quick: Suite, seconds: number | null): PlannedTest {
  const { namespace, steps } = quick
  return { family: 'automated', names: steps.map(({ name }) => name), namespace, suite: async () => scaled(quick, seconds) }
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

/** The quick suite without its quiet: tests have their own. */
async function quickSuite(flags: TestFlags, terminal: Terminal): Promise<Suite> {
  const { suite } = withSuiteFlags({ parsed: await parsedSuite('quick', terminal), file: 'quick', times: { grace: 0 } }, flags)
  return flags.allowUnused === true ? { ...suite, steps: suite.steps.map(withUnused) } : suite
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
async function firstPod({ cluster }: ChosenCluster, suite: Suite): Promise<string> {
  const pods: readonly Pod[] = await workloadPods({ cluster, namespace: suite.namespace }, suite)
  const [first = 'none'] = pods
    .filter((pod) => isReady(pod))
    .map(({ metadata }) => metadata.name)
    .sort()
  return first
}
