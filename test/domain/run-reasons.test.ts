import { describe, expect, it } from '@jest/globals'
import { runReasons, runReasonTexts } from '../../lib/domain/run-reasons.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { verdictSentence } from '../../lib/report/report-summary.ts'
import { aborted, base, cutDone } from '../report/records.ts'

const documentOf = (run: typeof aborted) => reportDocument({ run, injections: [], history: [], samples: [] })

describe('the reasons of a run', () => {
  it('do not call a step that is named so unproven', () => {
    const step = {
      ...cutDone,
      name: 'unproven cache',
      verdict: 'failed',
      reasons: [{ code: 'no_effect', detail: 'nothing bites' }],
    } as const
    const run = { ...aborted, status: 'failed', abort: null, steps: [step] } as const
    expect(runReasonTexts(run)).toEqual(['unproven cache: nothing bites'])
    expect(verdictSentence(documentOf(run))).toBe('0 of 1 steps succeeded; everything is proven to be undone.')
  })

  it("keep another step's reason whose end is the abort's detail", () => {
    const abort = { reason: 'asked', at: 0, by: 'ann', detail: 'on' } as const
    const cut = { ...cutDone, reasons: [{ code: 'probe_incomplete', detail: 'what it was going on' }] } as const
    const squeeze = { ...cutDone, name: 'Squeeze', verdict: 'aborted', reasons: [{ code: 'aborted', detail: 'on' }] } as const
    expect(runReasonTexts({ ...aborted, abort, steps: [cut, squeeze] })).toEqual(['asked: on', 'Cut: what it was going on'])
  })

  it('are the person that ended it, and nothing else, when its undo is not proven', () => {
    const run = { ...aborted, status: 'failed', resolved: { by: 'ann', why: 'the node burnt' } } as const
    expect(runReasons(run)).toEqual([{ code: 'resolved', detail: 'ended by ann: the node burnt', step: null }])
    expect(runReasonTexts(run)).toEqual(['unproven: ended by ann: the node burnt'])
    expect(verdictSentence(documentOf(run))).toContain('it is NOT proven that everything is undone')
  })

  it('are the refusals of a run that did not start', () => {
    const refusals = [{ code: 'busy', step: 1, message: 'node n1 is taken' }] as const
    expect(runReasonTexts({ ...aborted, status: 'refused', abort: null, refusals, steps: base.steps })).toEqual(['node n1 is taken'])
  })
})
