import { describe, expect, it } from '@jest/globals'
import type { Run } from '../../lib/domain/run.ts'
import { differencesOf } from '../../lib/report/differences.ts'
import { type ReportDocument, reportDocument } from '../../lib/report/document.ts'
import { aborted, at, cutDone, cutUndone } from './records.ts'

const baseline = { ready: 3, total: 3 }
const run = { ...aborted, status: 'succeeded', abort: null, baseline, steps: [cutDone] } as Run
const documentOf = (change: object, injections = [cutUndone]) =>
  reportDocument({ run: { ...run, ...change } as Run, injections, history: [], samples: [] })
const before = documentOf({})

describe('what is different in a run that repeats another', () => {
  it('is nothing where all is as it was, whenever it ran', () => {
    expect(differencesOf(before, documentOf({ id: 'again', requestedAt: at(9_000), endedAt: at(9_100) }))).toEqual([])
  })

  it('is the place, the pods, the verdict and its reasons', () => {
    const now = documentOf({
      cluster: { ...run.cluster, uid: 'c2', name: 'prod' },
      namespace: 'shop-2',
      baseline: { ready: 4, total: 5 },
      status: 'no_effect',
      steps: [{ ...cutDone, verdict: 'no_effect', reasons: [{ code: 'no_effect', detail: 'nothing bites' }] }],
    })
    expect(differencesOf(before, now)).toEqual([
      { of: 'run', what: 'cluster', before: 'staging', now: 'prod', change: 'other' },
      { of: 'run', what: 'namespace', before: 'shop', now: 'shop-2', change: 'other' },
      { of: 'run', what: 'pods before', before: '3 of 3 ready', now: '4 of 5 ready', change: 'other' },
      { of: 'run', what: 'verdict', before: 'succeeded', now: 'no effect', change: 'worse' },
      { of: 'run', what: 'reasons', before: '-', now: 'Cut: nothing bites', change: 'other' },
      { of: 'Cut', what: 'verdict', before: 'succeeded', now: 'no effect', change: 'worse' },
    ])
  })

  it('is whom it hit, and a recovery that took seconds more or less', () => {
    const [target] = cutUndone.targets
    if (target === undefined) throw new Error('no target')
    const moved = { ...cutUndone, targets: [{ ...target, name: 'shop-9', node: 'n9' }] }
    const slower = (seconds: number) => documentOf({ steps: [{ ...cutDone, recoveredAt: at(25 + seconds) }] }, [moved])
    expect(differencesOf(before, slower(4.9)).map(({ what, now }) => [what, now])).toEqual([
      ['targets', 'shop-9'],
      ['nodes', 'n9'],
    ])
    const [last] = differencesOf(before, slower(60)).slice(-1)
    expect(last).toEqual({ of: 'Cut', what: 'recovered after', before: '1.6 s', now: '1 min 2 s', change: 'worse' })
    expect(differencesOf(slower(60), before).at(-1)?.change).toBe('better')
  })

  it('is a step that one of them lacks, and which of two of one name is meant', () => {
    const again = { ...cutDone, verdict: 'failed' as const }
    const two = { ...run.suite, steps: [run.suite.steps[0], run.suite.steps[0]] }
    const one = documentOf({ suite: two, steps: [cutDone, cutDone] })
    const other = documentOf({ suite: two, steps: [cutDone, again] })
    expect(differencesOf(one, other)).toEqual([{ of: 'Cut', what: 'verdict', before: 'succeeded', now: 'failed', change: 'worse' }])
    expect(differencesOf(before, one)).toEqual([{ of: 'Cut', what: 'step', before: 'is none', now: 'succeeded', change: 'other' }])
    expect(differencesOf(one, before)).toEqual([{ of: 'Cut', what: 'step', before: 'succeeded', now: 'is none', change: 'other' }])
  })

  it.each([
    ['a score that fell', { score: 90 }, { score: 80 }, 'score', 'worse'],
    ['a score that rose', { score: 80 }, { score: 90 }, 'score', 'better'],
    ['a score that is gone', { score: 80 }, { score: null }, 'score', 'other'],
    ['a probe that noticed later', { detectedAt: at(4) }, { detectedAt: at(12) }, 'detected after', 'worse'],
    ['an undo that was late', { revertedAt: at(23) }, { revertedAt: at(40), recoveredAt: null }, 'undone after', 'worse'],
  ])('is %s', (_, a, b, what, change) => {
    const documents = [a, b].map((step) => documentOf({ steps: [{ ...cutDone, ...step }] }))
    const found = differencesOf(documents[0] as ReportDocument, documents[1] as ReportDocument).filter(({ of }) => of === 'Cut')
    expect(found.map((difference) => [difference.what, difference.change])).toEqual([[what, change]])
  })

  it('is not that a fault was ended early by the abort of a person', () => {
    const early = documentOf({ steps: [{ ...cutDone, revertedAt: at(10), recoveredAt: at(12) }] })
    expect(differencesOf(before, early)).toEqual([])
  })
})
