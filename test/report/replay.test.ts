import { describe, expect, it } from '@jest/globals'
import type { Run } from '../../lib/domain/run.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { replayDifferences } from '../../lib/report/replay.ts'
import { aborted, at, cutDone, cutUndone } from './records.ts'

const baseline = { ready: 3, total: 3 }
const run = { ...aborted, status: 'succeeded', abort: null, baseline, steps: [cutDone] } as Run
const documentOf = (change: object, injections = [cutUndone]) =>
  reportDocument({ run: { ...run, ...change } as Run, injections, history: [], samples: [] })
const before = documentOf({})

describe('what is different in a run that repeats another', () => {
  it('is nothing where all is as it was, whenever it ran', () => {
    expect(replayDifferences(before, documentOf({ id: 'again', requestedAt: at(9_000), endedAt: at(9_100) }))).toEqual([])
  })

  it('is the place, the pods, the verdict and its reasons', () => {
    const now = documentOf({
      cluster: { ...run.cluster, uid: 'c2', name: 'prod' },
      namespace: 'shop-2',
      baseline: { ready: 4, total: 5 },
      status: 'no_effect',
      steps: [{ ...cutDone, verdict: 'no_effect', reasons: [{ code: 'no_effect', detail: 'nothing bites' }] }],
    })
    expect(replayDifferences(before, now)).toEqual([
      { of: 'run', what: 'cluster', before: 'staging', now: 'prod' },
      { of: 'run', what: 'namespace', before: 'shop', now: 'shop-2' },
      { of: 'run', what: 'pods before', before: '3 of 3 ready', now: '4 of 5 ready' },
      { of: 'run', what: 'verdict', before: 'succeeded', now: 'no effect' },
      { of: 'run', what: 'reasons', before: '-', now: 'Cut: nothing bites' },
      { of: 'Cut', what: 'verdict', before: 'succeeded', now: 'no effect' },
    ])
  })

  it('is whom it hit, and a recovery that took seconds more or less', () => {
    const [target] = cutUndone.targets
    if (target === undefined) throw new Error('no target')
    const moved = { ...cutUndone, targets: [{ ...target, name: 'shop-9', node: 'n9' }] }
    const slower = (seconds: number) => documentOf({ steps: [{ ...cutDone, recoveredAt: at(25 + seconds) }] }, [moved])
    expect(replayDifferences(before, slower(4.9)).map(({ what, now }) => [what, now])).toEqual([
      ['targets', 'shop-9'],
      ['nodes', 'n9'],
    ])
    expect(replayDifferences(before, slower(60)).at(-1)).toEqual({ of: 'Cut', what: 'recovered after', before: '1.6 s', now: '1 min 2 s' })
  })
})
