import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { fitSuite } from '../../lib/domain/fit-suite.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { plannedMs } from '../../lib/domain/together.ts'
import { parseSuite } from '../../lib/suite/parse.ts'

function suiteOf(file: object | string): Suite {
  const parsed = parseSuite(typeof file === 'string' ? readFileSync(file, 'utf8') : JSON.stringify(file), 'suite')
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))
  return parsed.suite
}

const stress = suiteOf('experiments/stress-test-suite.json')
const kill = (duration: number, graceSeconds: number) =>
  suiteOf({
    name: 'Kill',
    gracePeriod: 0,
    experiments: [{ name: 'Kill', type: 'node_failure', params: { failure_type: 'pod-kill', graceSeconds }, duration }],
  })

describe('a suite that has to fit into a time', () => {
  it('keeps its durations where it fits, and may not last longer', () => {
    expect(plannedMs(stress)).toBe(720_000)
    expect(fitSuite(stress, 870_000)).toEqual({ ok: true, isShortened: false, suite: { ...stress, maxDurationMs: 870_000 } })
  })

  it('keeps a limit of its own that is lower', () => {
    const strict = { ...stress, maxDurationMs: 800_000 }
    expect(fitSuite(strict, 3_600_000)).toEqual({ ok: true, isShortened: false, suite: strict })
  })

  it('has shorter faults in proportion, with room for each recovery, where it does not: 10 minutes for the stress test', () => {
    const fitted = fitSuite(stress, 600_000)
    if (!fitted.ok) throw new Error('it fits')
    expect(fitted.isShortened).toBe(true)
    expect(fitted.suite.maxDurationMs).toBe(600_000)
    // 600 - 60 of grace - 120 of rests - 5 × 30 for recoveries = 270 of 540.
    expect(fitted.suite.steps.map(({ durationMs }) => durationMs)).toEqual([60_000, 45_000, 60_000, 60_000, 45_000])
    expect(plannedMs(fitted.suite) + 5 * 30_000).toBe(600_000)
  })

  it('is told the least time that it needs where a fault would be shorter than 5 s', () => {
    expect(fitSuite(stress, 359_000)).toEqual({ ok: false, leastMs: 360_000 })
    expect(fitSuite(stress, 360_000)).toMatchObject({ ok: true, isShortened: true })
  })

  it('does not lengthen a fault that is shorter than that already', () => {
    expect(fitSuite(kill(2, 0), 32_000)).toMatchObject({ ok: true, isShortened: false })
    expect(fitSuite(kill(2, 0), 31_000)).toEqual({ ok: false, leastMs: 32_000 })
  })

  it('has its KILL before the end of a shorter fault', () => {
    const fitted = fitSuite(kill(60, 25), 50_000)
    expect(fitted).toMatchObject({ ok: true, suite: { steps: [{ durationMs: 20_000, fault: { graceSeconds: 10 } }] } })
  })
})
