import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place

beforeAll(async () => {
  place = await openPlace()
})

afterAll(() => place.close())

describe('a suite that comes along', () => {
  it.each([
    [[], 'Plan of Default test suite (experiments/default-test-suite.json)'],
    [['default'], 'Plan of Default test suite (experiments/default-test-suite.json)'],
    [['quick'], 'Plan of Quick test suite (experiments/quick-test-suite.json)'],
    [['stress'], 'Plan of Stress test suite (experiments/stress-test-suite.json)'],
  ])('is meant by %j', async (named, title) => {
    const { code, out } = await faultline(['plan', ...named, ...place.flags])
    expect(code).toBe(0)
    expect(out).toContain(title)
  })

  it('that is not there is told, with those that are', async () => {
    const { code, err } = await faultline(['run', 'stres', ...place.flags])
    expect(code).toBe(2)
    expect(err).toBe('error: there is no file stres, and suite `stres`: did you mean `stress`? Allowed: default, quick, stress\n')
  })

  it('runs as the scripts ran it, within 600 seconds and with 30 of quiet', async () => {
    const { code, out } = await faultline(['plan', 'stress', '--duration', '600', '--grace', '30', ...place.flags])
    expect(code).toBe(0)
    expect(out).toContain(
      'warning: faults are shortened to fit into --duration 600: Memory exhaustion 120 s → 60 s, Full partition 90 s → 45 s, ',
    )
    expect(out).toMatch(/^Total: about 7 min 30 s/m)
  })

  it('that cannot fit is refused, with the time that it needs', async () => {
    const { code, err } = await faultline(['run', 'stress', '--duration', '100', ...place.flags])
    expect(code).toBe(2)
    expect(err).toBe(
      "error: --duration 100: the suite's faults, rests and grace periods do not fit, with 30 s for each recovery; at least 360 do\n",
    )
  })
})

describe('the flags of time', () => {
  it('change the quiet before and after, and how long the run may take', async () => {
    const suite = await place.file('suite.json', { ...partitionSuite(1), gracePeriod: 60 })
    const times = async (...flags: readonly string[]) => {
      const { plannedMs, maxDurationMs } = JSON.parse((await faultline(['plan', suite, ...flags, '--json', ...place.flags])).out)
      return { plannedMs, maxDurationMs }
    }
    expect(await times()).toEqual({ plannedMs: 121_000, maxDurationMs: 1_202_000 })
    expect(await times('--grace', '0', '--duration', '90')).toEqual({ plannedMs: 1_000, maxDurationMs: 90_000 })
    expect(await times('--grace', '100')).toEqual({ plannedMs: 201_000, maxDurationMs: 1_282_000 })
  })

  it('hold for a run as for a plan', async () => {
    const suite = await place.file('suite.json', { ...partitionSuite(1), gracePeriod: 60 })
    const { code, out } = await faultline(['run', suite, '--grace', '0', '--duration', '90', '--json', '--id', 'quick', ...place.flags])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ verdict: 'succeeded' })
  })
})
