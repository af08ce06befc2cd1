import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { judgeTests } from '../../lib/domain/tests.ts'
import { plannedMs } from '../../lib/domain/together.ts'
import { workloadPods } from '../../lib/engine/acts/admit.ts'
import { recordOf } from '../../lib/report/record.ts'
import { testsDocument } from '../../lib/report/tests/document.ts'
import { inTurn } from '../../lib/report/tests/in-turn.ts'
import { testsSentence } from '../../lib/report/tests/summary.ts'
import { forWorkload } from '../../lib/suite/other-workload.ts'
import { type PlannedTest, plannedTests, withPause } from '../../lib/suite/planned-tests.ts'
import type { Answer } from './answers.ts'
import { beginSuite } from './begin.ts'
import type { Invocation } from './compose.ts'
import type { ControlInput } from './inputs.ts'
import { findSuite } from './suites.ts'

type Asked = Extract<ControlInput, { action: 'test' }>

/** What a test takes besides its fault and its quiet: an injector's start, evidence, undo, and recovery, 4 to 8 s as a rule. */
const aroundTestMs = 10_000

/** The last test hands its run over with this much left (`handOver.firstMs`): no test may need it. */
const spareMs = 90_000

/**
 * Every fault of a family, one after the other, each a run that is begun and guarded as `start` begins one. All of them in this invocation:
 * what would not fit into its time is refused before the first.
 */
export async function testFamily(input: Asked, invocation: Invocation): Promise<Answer> {
  const { clock, store, budget, settings, clusters } = invocation
  const startedAt = clock.now()
  const adapt = (suite: Suite) => forWorkload(suite, input)
  const quick = async () => ({ ...adapt(await findSuite(settings.suites, 'quick-test-suite')), graceBeforeMs: 0, graceAfterMs: 0 })
  const tests = await plannedTests(input, { quick, adapt })
  const [first] = tests
  if (first === undefined) throw new TypeError(`${input.family} has no tests`)
  const pauseOf = (test: PlannedTest) => (test === tests.at(-1) ? 0 : input.pause * 1000)
  await refuseTooLong(tests, { pauseOf, remainingMs: budget.remainingMs() })
  const podsOf = async (of: Suite) => workloadPods({ cluster: (await clusters.reach(input.cluster)).cluster, namespace: of.namespace }, of)
  const tried = await inTurn(tests, {
    isInterrupted: () => false,
    runOne: async (test) => {
      const suite = await test.suite(podsOf)
      const { cluster: name, seed, by } = input
      const begun = {
        ...(name === undefined ? {} : { cluster: name }),
        ...(seed === undefined ? {} : { seed }),
        ...(by === undefined ? {} : { by }),
      }
      const answer = await beginSuite(withPause(suite, pauseOf(test)), { ...begun, suite: suite.name, wait: true }, invocation)
      const run = await loaded(store, String(answer.run))
      return { run, record: await recordOf(store, run), isLost: false }
    },
  })
  const verdict = judgeTests(
    tried.map(({ result }) => result),
    { maySkip: input.allowSkips, isInterrupted: false },
  )
  const document = testsDocument({
    asked: input.family,
    verdict,
    startedAt,
    endedAt: clock.now(),
    cluster: { name: clusters.source(input.cluster).name, simulated: tried[0]?.record?.run.cluster.simulated ?? false },
    namespace: first.namespace,
    tests: tried,
  })
  return {
    happened: `${verdict}: ${testsSentence(document)}`,
    next: verdict === 'succeeded' ? 'nothing; what passed bit and is proven undone' : 'read the reasons; "status" with "run" tells each',
    ...document,
  }
}

async function loaded(store: Invocation['store'], id: string): Promise<Run> {
  const run = await store.runs.load(id)
  if (run === undefined) throw new FaultlineError('not_found', `run ${id} exists and cannot be read`, { retryable: true })
  return run
}

/** @throws FaultlineError `bad_input` when the tests would not be over before this invocation is */
async function refuseTooLong(
  tests: readonly PlannedTest[],
  { pauseOf, remainingMs }: { readonly pauseOf: (test: PlannedTest) => number; readonly remainingMs: number },
): Promise<void> {
  const suites = await Promise.all(tests.map(async (test) => withPause(await test.suite(async () => []), pauseOf(test))))
  const neededMs = suites.reduce((sum, suite) => sum + plannedMs(suite) + suite.steps.length * aroundTestMs, 0)
  if (neededMs <= remainingMs - spareMs) return
  const [needed, left] = [neededMs, Math.max(0, remainingMs - spareMs)].map((ms) => Math.ceil(ms / 1000))
  const message = `these tests take some ${needed} s, and this function has ${left} s for them: ask for a family at a time, or for less`
  throw new FaultlineError('bad_input', message)
}
