import type { Run } from '../../domain/run.ts'
import { endsTests, resultsOf } from '../../domain/tests.ts'
import type { PlannedTest } from '../../suite/planned-tests.ts'
import type { RunRecord } from '../document.ts'
import type { TestedStep } from './document.ts'

/** What became of a test's run. */
export interface TriedRun {
  readonly run: Run
  readonly record: RunRecord
  /** Its driver lost it: nothing more may begin. */
  readonly isLost: boolean
}

/** One after the other, until one of them ends them all: what comes after it is told as not run. */
export async function inTurn(
  tests: readonly PlannedTest[],
  {
    runOne,
    isInterrupted,
  }: { readonly runOne: (test: PlannedTest, index: number) => Promise<TriedRun>; readonly isInterrupted: () => boolean },
): Promise<readonly TestedStep[]> {
  const tried: TestedStep[] = []
  let isOver = false
  for (const [i, test] of tests.entries()) {
    isOver ||= isInterrupted()
    if (isOver) {
      tried.push(...test.names.map((name) => notRun(test, name)))
      continue
    }
    const { run, record, isLost } = await runOne(test, i)
    tried.push(...resultsOf(test.family, run).map((result, step) => ({ result, record, step })))
    isOver = isLost || endsTests(run)
  }
  return tried
}

function notRun({ family }: PlannedTest, name: string): TestedStep {
  return { result: { family, name, verdict: 'not_run', reasons: [] }, record: null, step: null }
}
