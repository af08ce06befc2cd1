import { describe, expect, it } from '@jest/globals'
import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { ProbeSample } from '../../lib/domain/probe.ts'
import { knownOf, mostEntries, nothingKnown, partOf, withPart } from '../../lib/remote/record-part.ts'
import type { RunRecord } from '../../lib/report/document.ts'
import { requestedRun } from '../contracts/records.ts'

const events = (count: number): readonly HistoryEvent[] =>
  Array.from({ length: count }, (_, n) => ({ version: n + 1, n: 0, at: n, type: 'leased', step: null, message: `event ${n}` }))
const samples = (count: number) => Array.from({ length: count }, (_, at) => ({ probe: 'p', at }) as unknown as ProbeSample)

function recordWith(history: number, answers: number, injections: RunRecord['injections'] = []): RunRecord {
  return { run: requestedRun('r1'), injections, history: events(history), samples: samples(answers) }
}

/** All parts of a record, each as it travels. */
function fetchAll(record: RunRecord): { readonly got: RunRecord; readonly parts: number } {
  let got: RunRecord | null = null
  let known = nothingKnown
  for (let parts = 1; ; parts++) {
    const part = JSON.parse(JSON.stringify(partOf(record, known)))
    got = withPart(got, part)
    known = knownOf(got, part.ledger)
    if (!part.more) return { got, parts }
  }
}

describe('a record in parts', () => {
  it.each([
    [0, 0, 1],
    [3, 2, 1],
    [mostEntries, mostEntries, 1],
    [mostEntries + 1, 0, 2],
    [1, mostEntries * 2 + 1, 3],
  ])('of %i events and %i answers is whole again after %i parts', (history, answers, parts) => {
    const record = recordWith(history, answers)
    expect(fetchAll(record)).toEqual({ got: record, parts })
  })

  it('is only what is new, and the ledger only where it changed', () => {
    const entry = { step: 0, n: 0, status: 'planned' } as unknown as RunRecord['injections'][number]
    const before = recordWith(2, 1, [entry])
    const first = partOf(before, nothingKnown)
    const known = knownOf(before, first.ledger)
    expect(partOf(recordWith(3, 1, [entry]), known)).toMatchObject({ injections: null, history: [{ message: 'event 2' }], samples: [] })
    const active = { ...entry, status: 'active' } as RunRecord['injections'][number]
    const changed = partOf(recordWith(3, 1, [active]), known)
    expect(changed.injections).toEqual([active])
    expect(withPart(before, changed)).toEqual(recordWith(3, 1, [active]))
  })
})
