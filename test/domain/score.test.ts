import { describe, expect, it } from '@jest/globals'
import { untouchedStep } from '../../lib/domain/run.ts'
import { addAnswer, blankSummary, runScore, scoreOf } from '../../lib/domain/score.ts'
import { judgeSteady, probedChange } from '../../lib/domain/steady.ts'
import { valueText } from '../../lib/domain/value-text.ts'
import { probeOf } from '../support/probes.ts'

const errors = probeOf('errors', { weight: 3 })
const slow = probeOf('slow', { weight: 1 })

/** A summary of answers given as values; null measured nothing. */
function summaryOf(spec: typeof errors, ...values: readonly (number | string | null)[]) {
  return values.reduce<ReturnType<typeof blankSummary>>(
    (sum, value, i) => addAnswer(sum, spec, { at: i * 1000, value, within: value === null ? null : Number(value) <= 0.1 }),
    blankSummary(spec.name),
  )
}

describe('a summary', () => {
  it('counts answers, and keeps the extremes, the last, the first out of tolerance and the worst', () => {
    expect(summaryOf(errors, 0.05, 0.3, null, 0.9, 0.2)).toEqual({
      probe: 'errors',
      asked: 5,
      within: 1,
      unknown: 1,
      min: 0.05,
      max: 0.9,
      last: 0.2,
      firstOutAt: 1000,
      worst: 0.9,
    })
  })

  it('of text has no extremes', () => {
    expect(summaryOf(errors, 'no answer')).toMatchObject({ min: null, max: null, last: 'no answer', worst: 'no answer', firstOutAt: 0 })
  })
})

describe('a score', () => {
  it('weighs the share of answers within tolerance by the weight of their probe', () => {
    const summaries = [summaryOf(errors, 0, 0, 0, 1), summaryOf(slow, 1, 1)]
    expect(scoreOf([errors, slow], summaries)).toBe(56.25)
  })

  it('counts an answer that could not be had as no success', () => {
    expect(scoreOf([errors], [summaryOf(errors, 0, null, 0)])).toBe(66.67)
  })

  it('is null where nothing was asked', () => {
    expect(scoreOf([errors], [blankSummary('errors')])).toBeNull()
    expect(scoreOf([errors], [])).toBeNull()
  })

  it('of a run is the mean of its steps that have one', () => {
    expect(runScore([{ score: 100 }, { score: null }, { score: 50 }])).toBe(75)
    expect(runScore([{ score: null }])).toBeNull()
  })

  it('is not given to a fault that was not proven to bite to its end', () => {
    const record = { ...untouchedStep, name: 'a', activeAt: 0, revertedAt: 5_000 }
    const summaries = [summaryOf(errors, 0, 1)]
    expect(probedChange([errors], { ...record, verdict: 'running' }, summaries)).toMatchObject({ score: 50, detectedAt: 1000 })
    expect(probedChange([errors], { ...record, verdict: 'no_effect' }, summaries).score).toBeNull()
    expect(probedChange([errors], { ...record, verdict: 'failed', activeAt: null }, summaries)).toMatchObject({
      score: null,
      detectedAt: null,
    })
  })

  it('tells what was first out of tolerance while the fault was active only', () => {
    const record = { ...untouchedStep, name: 'a', activeAt: 0, revertedAt: 500 }
    expect(probedChange([errors], record, [summaryOf(errors, 0, 1)]).detectedAt).toBeNull()
  })
})

describe('a step', () => {
  it('is judged by every probe that is asked during it', () => {
    const after = probeOf('after', { mode: 'edge' })
    const record = { activeAt: 0, probes: [summaryOf(errors, 0, 0.4), summaryOf(slow, null)] }
    expect(judgeSteady([errors, slow, after], record)).toEqual({
      verdict: 'failed',
      reasons: [
        {
          code: 'steady_state_deviated',
          detail:
            'probe errors was out of tolerance in 1 of 2 answers, first 1.0 s after the fault was active, at worst 0.4 (allowed: <= 0.1)',
        },
        { code: 'steady_state_unknown', detail: 'probe slow measured nothing while the fault was active' },
      ],
    })
  })

  it('is not passed by a probe that mostly measured nothing', () => {
    const mostly = { ...summaryOf(errors, 0), asked: 30, within: 1, unknown: 29 }
    expect(judgeSteady([errors], { activeAt: 0, probes: [mostly] })).toEqual({
      verdict: 'failed',
      reasons: [{ code: 'steady_state_unknown', detail: 'probe errors measured nothing in 29 of 30 tries while the fault was active' }],
    })
  })

  it('whose fault never was active is not judged', () => {
    expect(judgeSteady([errors], { activeAt: null, probes: [] })).toEqual({ verdict: 'succeeded', reasons: [] })
  })
})

describe('a value', () => {
  it('is told with its unit, in four digits', () => {
    expect([valueText(0.123456, 's'), valueText(3, 'pods'), valueText(0.5, 'ratio'), valueText('ok', ''), valueText(null, 's')]).toEqual([
      '0.1235 s',
      '3 pods',
      '0.5',
      'ok',
      'nothing',
    ])
  })
})
