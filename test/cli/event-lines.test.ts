import { describe, expect, it } from '@jest/globals'
import { eventLines } from '../../cli/view/event-lines.ts'
import { remains } from '../../cli/view/remains.ts'
import { advance, initialState } from '../../cli/view/run-state.ts'
import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import { transition } from '../../lib/domain/transition.ts'
import { probedSuite, sampleOf } from '../report/probed.ts'
import { at, base, cut, runWith } from '../report/records.ts'

const preparing = runWith({ status: 'preparing', step: 0, until: at(2) })

describe('lines for a pipe', () => {
  it('tell an event with time, step and warnings', () => {
    const event = {
      type: 'step_planned',
      plan: { id: 'p', count: 1, digest: 'd' },
      targets: ['shop-1'],
      warnings: ['shop-9 is left out'],
    } as const
    const run = transition(preparing, event, at(2))
    expect(eventLines(initialState(preparing), { kind: 'event', run, event, injections: [] }, at(2))).toEqual([
      '2026-01-05T09:00:02Z [1/2 Cut] targets fixed: shop-1',
      '2026-01-05T09:00:02Z [1/2 Cut] warning: shop-9 is left out',
    ])
  })

  it('tell a probe only when its answer is another one than before', () => {
    const run = runWith({ status: 'holding', step: 0, revertAt: at(23), rechecked: false, suite: probedSuite })
    const told = [
      sampleOf(4),
      sampleOf(5),
      sampleOf(6, { value: 0.4, within: false }),
      sampleOf(7, { value: 0.5, within: false }),
      sampleOf(8, { value: null, within: null, message: 'no answer within 1 s' }),
      sampleOf(9),
    ]
    let state = initialState(run)
    const lines = told.flatMap((sample) => {
      const said = eventLines(state, { kind: 'sample', run, sample }, sample.at)
      state = advance(state, { kind: 'sample', run, sample })
      return said
    })
    expect(lines).toEqual([
      '2026-01-05T09:00:06Z [1/2 Cut] probe errors is OUT of tolerance: 0.4 (allowed: <= 0.1)',
      '2026-01-05T09:00:08Z [1/2 Cut] probe errors measured nothing: no answer within 1 s',
      '2026-01-05T09:00:09Z [1/2 Cut] probe errors is within tolerance: 0 (allowed: <= 0.1)',
    ])
  })

  it('tell how many pods are ready where no probe says how the workload is', () => {
    const run = runWith({ status: 'holding', step: 0, revertAt: at(23), rechecked: false, baseline: { ready: 3, total: 3 } })
    let state = initialState(run)
    const lines = [3, 1, 0, 3].flatMap((ready, i) => {
      const message = `${ready} of 3 pods are ready`
      const sample = sampleOf(4 + 5 * i, { probe: 'ready pods', value: ready, within: ready >= 3, message })
      const said = eventLines(state, { kind: 'sample', run, sample }, sample.at)
      state = advance(state, { kind: 'sample', run, sample })
      return said
    })
    expect(lines).toEqual([
      '2026-01-05T09:00:09Z [1/2 Cut] 1 of 3 pods are ready',
      '2026-01-05T09:00:14Z [1/2 Cut] 0 of 3 pods are ready',
      '2026-01-05T09:00:19Z [1/2 Cut] 3 of 3 pods are ready again',
    ])
  })

  it('tell only what this version of the run added', () => {
    const earlier: HistoryEvent = { version: 7, n: 0, at: at(1), type: 'admitted', step: null, message: 'admitted' }
    const event = { type: 'rested' } as const
    const next = transition(runWith({ status: 'resting', step: 0, until: at(2) }), event, at(2))
    const run = { ...next, events: [earlier, ...next.events] }
    expect(eventLines(initialState(run), { kind: 'event', run, event, injections: [] }, at(2))).toEqual([
      '2026-01-05T09:00:02Z [1/2 Cut] interval is over',
    ])
  })

  it('tell the fuse and the bite once each', () => {
    const before = initialState(preparing)
    const progress = { kind: 'injection', run: preparing, injections: [cut] } as const
    expect(eventLines(before, progress, at(3))).toEqual([
      '2026-01-05T09:00:03Z [1/2 Cut] fuse shop/faultline-x-0 is armed, burns at 09:00:53Z at the latest',
      '2026-01-05T09:00:03Z [1/2 Cut] it bites: shop-1: refused [canary closed]',
    ])
    expect(eventLines(advance(before, progress), progress, at(4))).toEqual([])
  })

  it('tell nothing of leases, and a note only when it is new', () => {
    const event = { type: 'lease_renewed', lease: { owner: 'x', until: at(60) } } as const
    const renewed = { kind: 'event', run: transition(preparing, event, at(5)), event, injections: [] } as const
    expect(eventLines(initialState(preparing), renewed, at(5))).toEqual([])
    const note = { kind: 'note', run: preparing, message: 'no answer' } as const
    const state = initialState(preparing)
    expect(eventLines(state, note, at(5))).toEqual(['2026-01-05T09:00:05Z note: no answer'])
    expect(eventLines(advance(state, note), note, at(6))).toEqual([])
  })
})

describe('what would stay', () => {
  it('names the fuse that ends it, and when', () => {
    expect(remains([cut], at(52))).toEqual([
      'network-partition on shop-1: fuse shop/faultline-x-0 ends it at 2026-01-05T09:00:53Z, or "faultline reap" before; a label on its targets stays, inert, until "faultline reap" or the next run there',
    ])
  })

  it('promises nothing of a fuse whose time is past, and says what to do', () => {
    const todo = 'whether it is gone is not proven: "faultline reap" looks, and undoes what is left'
    expect(remains([cut, { ...cut, armed: null, status: 'injecting' }], at(53))).toEqual([
      `network-partition on shop-1: fuse shop/faultline-x-0 was to end it at 2026-01-05T09:00:53Z; ${todo}`,
      `network-partition on shop-1: its fuse was being armed: if it was there, it was to end it by 2026-01-05T09:00:53Z; ${todo}`,
    ])
  })

  it('is nothing for what was never touched or is proven gone', () => {
    expect(
      remains(
        [
          { ...cut, status: 'planned' },
          { ...cut, status: 'reverted' },
        ],
        at(52),
      ),
    ).toEqual([])
  })

  it('says that only the reaper ends a cordon without a fuse, and that deleted pods come back by themselves', () => {
    const bare = { ...cut, fuse: null, armed: null }
    expect(
      remains(
        [
          { ...bare, fault: 'node-drain' },
          { ...bare, fault: 'pod-delete' },
        ],
        at(52),
      ),
    ).toEqual([
      'node-drain on shop-1: it has no fuse: only "faultline reap" ends it',
      'pod-delete on shop-1: the controllers bring the pods back by themselves',
    ])
  })

  it('admits that it does not know whether a fuse was made in time', () => {
    expect(remains([{ ...cut, armed: null, status: 'injecting' }], at(52))).toEqual([
      'network-partition on shop-1: its fuse was being armed: if it is there, it ends it by 2026-01-05T09:00:53Z; else "faultline reap" does',
    ])
  })
})

describe('the state behind the view', () => {
  it('keeps the last two notes until the next event, and the warnings of each step', () => {
    const note = (message: string) => ({ kind: 'note', run: preparing, message }) as const
    const noted = ['a', 'b', 'c'].reduce((state, message) => advance(state, note(message)), initialState(preparing))
    expect(noted.notes).toEqual(['b', 'c'])
    const event = { type: 'step_planned', plan: { id: 'p', count: 1, digest: 'd' }, targets: [], warnings: ['w'] } as const
    const next = advance(noted, { kind: 'event', run: transition(preparing, event, at(2)), event, injections: [cut] })
    expect(next).toMatchObject({ notes: [], warnings: { 0: ['w'] }, injections: [cut], run: { id: base.id, status: 'injecting' } })
  })
})
