import { describe, expect, it } from '@jest/globals'
import type { ReasonCode } from '../../lib/domain/reason.ts'
import type { Refusal } from '../../lib/domain/refusal.ts'
import type { Run } from '../../lib/domain/run.ts'
import { endsTests, judgeTests, resultsOf, type TestResult, type TestVerdict } from '../../lib/domain/tests.ts'
import { aborted, base, cutDone } from '../report/records.ts'

const refused = (...codes: readonly Refusal['code'][]): Run => ({
  ...aborted,
  status: 'refused',
  abort: null,
  refusals: codes.map((code) => ({ code, step: null, message: `because ${code}` })),
  steps: base.steps,
})
const failed = (...codes: readonly ReasonCode[]): Run => ({
  ...aborted,
  status: 'failed',
  abort: null,
  steps: [{ ...cutDone, verdict: 'failed', reasons: codes.map((code) => ({ code, detail: `because ${code}` })) }],
})
const succeeded: Run = { ...aborted, status: 'succeeded', abort: null, steps: [cutDone, { ...cutDone, name: 'Squeeze' }] }
const verdicts = (run: Run) => resultsOf('network', run).map(({ verdict }) => verdict)
const results = (...list: readonly TestVerdict[]): readonly TestResult[] =>
  list.map((verdict) => ({ family: 'network', name: verdict, verdict, reasons: [] }))

describe('a test', () => {
  it.each(['injector_missing', 'fuse_missing', 'mechanism', 'permission', 'blast_radius', 'guard', 'unsafe_target', 'quota'] as const)(
    'that is refused for %s cannot run here: it is skipped, with the reason, and the next one may begin',
    (code) => {
      expect(resultsOf('node', refused(code))).toEqual([
        { family: 'node', name: 'Cut', verdict: 'skipped', reasons: [`because ${code}`] },
        { family: 'node', name: 'Squeeze', verdict: 'skipped', reasons: [`because ${code}`] },
      ])
      expect(endsTests(refused(code))).toBe(false)
    },
  )

  it.each(['halted', 'namespace', 'terminating', 'unhealthy', 'unreachable', 'busy', 'clock_skew'] as const)(
    'that is refused for %s is no skip, and ends the tests: the next one would be refused as well',
    (code) => {
      expect(verdicts(refused(code, 'injector_missing'))).toEqual(['refused', 'refused'])
      expect(endsTests(refused(code))).toBe(true)
    },
  )

  it.each(['paused', 'unsteady', 'no_targets', 'outside_window'] as const)('that is refused for %s is no skip', (code) => {
    expect(verdicts(refused(code))).toEqual(['refused', 'refused'])
    expect(endsTests(refused(code))).toBe(false)
  })

  it('that the node cannot do is skipped, and only that', () => {
    expect(verdicts(failed('not_possible_here'))).toEqual(['skipped'])
    expect(verdicts(failed('not_possible_here', 'injection_failed'))).toEqual(['failed'])
    expect(verdicts(failed('injection_failed'))).toEqual(['failed'])
    expect(verdicts(failed())).toEqual(['failed'])
  })

  it('that was proven to bite and to be undone has passed; what was never begun has not', () => {
    expect(verdicts(succeeded)).toEqual(['passed', 'passed'])
    expect(
      verdicts({ ...aborted, status: 'no_effect', abort: null, steps: [{ ...cutDone, verdict: 'no_effect' }, ...base.steps.slice(1)] }),
    ).toEqual(['no_effect', 'not_run'])
  })

  it('of a run that is not over, or was ended on a word, is unproven, whatever its step said', () => {
    expect(verdicts({ ...base, status: 'reverting', step: 0, since: 0, attempts: 3, retryAt: 0, steps: [cutDone] })).toEqual(['unproven'])
    expect(verdicts({ ...failed(), resolved: { by: 'ann', why: 'scrapped' } } as Run)).toEqual(['unproven'])
  })

  it('whose run left an orphan, or was aborted after its last step, has not passed', () => {
    expect(verdicts({ ...succeeded, status: 'failed', orphans: 1 } as Run)).toEqual(['passed', 'failed'])
    const abort = { reason: 'halted', at: 0, by: 'ann', detail: 'enough' } as const
    expect(verdicts({ ...succeeded, status: 'aborted', abort } as Run)).toEqual(['passed', 'aborted'])
  })

  it.each([
    ['an abort', aborted, true],
    ['an undo that is not proven', { ...base, status: 'reverting', step: 0, since: 0, attempts: 3, retryAt: 0 } as Run, true],
    ['an orphan', { ...failed(), orphans: 1 } as Run, true],
    ['a failure', failed('injection_failed'), false],
    ['success', succeeded, false],
  ])('ends the tests by %s: %#', (_, run, ends) => {
    expect(endsTests(run)).toBe(ends)
  })
})

describe('the verdict of all tests', () => {
  const here = { maySkip: true, isInterrupted: false }
  const inCi = { maySkip: false, isInterrupted: false }

  it.each([
    [['passed', 'passed'], 'succeeded'],
    [['passed', 'skipped'], 'succeeded'],
    [['skipped', 'skipped'], 'skipped'],
    [['passed', 'failed', 'skipped'], 'failed'],
    [['passed', 'no_effect'], 'failed'],
    [['passed', 'refused'], 'failed'],
    [['refused', 'not_run'], 'refused'],
    [['skipped', 'refused'], 'refused'],
    [['passed', 'failed', 'aborted', 'not_run'], 'aborted'],
    [['aborted', 'unproven'], 'unproven'],
    [[], 'skipped'],
  ] as const)('of %j is %s', (list, verdict) => {
    expect(judgeTests(results(...list), here)).toBe(verdict)
  })

  it('fails for one that was skipped where skips are not allowed, and never passes by skips alone', () => {
    expect(judgeTests(results('passed', 'skipped'), inCi)).toBe('failed')
    expect(judgeTests(results('passed', 'passed'), inCi)).toBe('succeeded')
    expect(judgeTests(results('skipped'), inCi)).toBe('skipped')
  })

  it('is aborted where a person ended them between two tests', () => {
    expect(judgeTests(results('passed', 'not_run'), { maySkip: true, isInterrupted: true })).toBe('aborted')
  })
})
