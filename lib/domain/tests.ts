import { assertNever } from './errors.ts'
import { reasonTexts } from './reason.ts'
import type { Refusal } from './refusal.ts'
import type { Run } from './run.ts'
import { isEnded } from './run.ts'
import { runReasonTexts } from './run-reasons.ts'

/** What `faultline test` can try, in this order; `automated` is the quick suite. */
export const familyNames = ['network', 'node', 'resource', 'degradation', 'dns', 'http', 'automated'] as const
export type FamilyName = (typeof familyNames)[number]

/** What became of one test. `skipped`: it cannot run here. `not_run`: the tests were ended before it. */
export type TestVerdict = 'passed' | 'failed' | 'no_effect' | 'aborted' | 'refused' | 'skipped' | 'unproven' | 'not_run'

/** One test: a step of a run, or one that had none. */
export interface TestResult {
  readonly family: FamilyName
  readonly name: string
  readonly verdict: TestVerdict
  readonly reasons: readonly string[]
}

/** What became of all tests together. `skipped`: none of them could run. */
export type TestsVerdict = 'succeeded' | 'failed' | 'aborted' | 'refused' | 'skipped' | 'unproven'

/** Refusals that say: not with this configuration, on this cluster, under these rights and guards. All others say: not now. */
const cannotRunHere: readonly Refusal['code'][] = [
  'injector_missing',
  'fuse_missing',
  'mechanism',
  'permission',
  'blast_radius',
  'guard',
  'unsafe_target',
  'quota',
]

/** Refusals that the next test would meet as well. */
const meetsEveryTest: readonly Refusal['code'][] = ['halted', 'namespace', 'terminating', 'unhealthy', 'unreachable', 'busy', 'clock_skew']

/** What a run says of the tests that are its steps; one that is not over, or was ended on a person's word, proves none of them. */
export function resultsOf(family: FamilyName, run: Run): readonly TestResult[] {
  const all = (verdict: TestVerdict, reasons: readonly string[]) => run.steps.map(({ name }) => ({ family, name, verdict, reasons }))
  if (!isEnded(run)) return all('unproven', [`the run is still ${run.status}: not proven undone`])
  if (run.resolved !== null) return all('unproven', runReasonTexts(run))
  if (run.status === 'refused') {
    const isImpossible = run.refusals.every(({ code }) => cannotRunHere.includes(code))
    return all(isImpossible ? 'skipped' : 'refused', runReasonTexts(run))
  }
  const results = run.steps.map((step) => ({ family, name: step.name, verdict: ofStep(step), reasons: reasonTexts(step) }))
  const isWorse = run.orphans > 0 || (run.abort !== null && results.every(({ verdict }) => verdict === 'passed'))
  if (!isWorse) return results
  const verdict = run.abort === null ? 'failed' : 'aborted'
  return results.map((result, i) => (i < results.length - 1 ? result : { ...result, verdict, reasons: runReasonTexts(run) }))
}

function ofStep({ verdict, reasons }: Run['steps'][number]): TestVerdict {
  switch (verdict) {
    case 'succeeded':
      return 'passed'
    case 'failed':
      return reasons.length > 0 && reasons.every(({ code }) => code === 'not_possible_here') ? 'skipped' : 'failed'
    case 'no_effect':
    case 'aborted':
      return verdict
    case 'pending':
    case 'running':
    case 'skipped':
      return 'not_run'
    default:
      return assertNever(verdict)
  }
}

/**
 * Whether no further test may begin: an abort of any kind ends all of them (a person who deletes our Jobs ends all
 * chaos), and so does an undo without proof, or a refusal that the next test would meet as well.
 */
export function endsTests(run: Run): boolean {
  if (!isEnded(run) || run.resolved !== null || run.abort !== null || run.orphans > 0) return true
  return run.status === 'refused' && run.refusals.some(({ code }) => meetsEveryTest.includes(code))
}

/** What the verdict of several tests depends on beside them. */
export interface Judging {
  /** False in CI, unless skips are allowed aloud: what was not tried is no pass there. */
  readonly maySkip: boolean
  /** A person ended the tests between two of them. */
  readonly isInterrupted: boolean
}

/** The verdict of all tests: the worst of them; a skipped one is never counted as passed. */
export function judgeTests(results: readonly TestResult[], { maySkip, isInterrupted }: Judging): TestsVerdict {
  const has = (...verdicts: readonly TestVerdict[]) => results.some(({ verdict }) => verdicts.includes(verdict))
  if (has('unproven')) return 'unproven'
  if (isInterrupted || has('aborted')) return 'aborted'
  if (has('failed', 'no_effect')) return 'failed'
  if (has('refused', 'not_run')) return has('passed') ? 'failed' : 'refused'
  if (!has('passed')) return 'skipped'
  return has('skipped') && !maySkip ? 'failed' : 'succeeded'
}
