import { describe, expect, test } from '@jest/globals'
import { auditOf, switchEntry } from '../../lib/domain/audit.ts'
import { canonical } from '../../lib/domain/canonical.ts'
import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { RunEvent } from '../../lib/domain/run-event.ts'
import { transition } from '../../lib/domain/transition.ts'
import { requestedRun } from '../contracts/records.ts'

const ann = { kind: 'os', name: 'ann@laptop' } as const
const base = requestedRun('r1')
const begun: Run = { ...base, trigger: { ...base.trigger, by: 'ann@laptop', actor: ann } }
const refusal = (message: string) => ({ code: 'guard', step: null, message }) as const

const asked = { reason: 'asked', at: 8, by: 'bob', actor: { kind: 'os', name: 'bob@desk' }, askedAt: 7, detail: 'enough' } as const
const halted = { ...asked, reason: 'halted' } as const
const crossed = { reason: 'threshold', at: 8, by: 'driver-1', detail: 'errors above 5 %' } as const

const askedFor = {
  id: expect.stringMatching(/^abort#7#r1#[0-9a-f]{8}$/),
  at: 7,
  kind: 'abort',
  actor: asked.actor,
  message: 'asked for: enough',
}

describe('what of a run’s history is kept for good', () => {
  test.each<[string, RunEvent, readonly object[]]>([
    [
      'a refusal, all of its reasons in one',
      { type: 'refused', refusals: [refusal('too many'), refusal('too late')] },
      [{ kind: 'refusal', actor: ann, message: 'refused (guard): too many; refused (guard): too late' }],
    ],
    [
      'an abort, by whom it was asked, and that it was',
      { type: 'abort', abort: asked },
      [askedFor, { kind: 'abort', actor: asked.actor, message: 'asked: enough', at: 8 }],
    ],
    [
      'an abort by a halt, and the halt itself',
      { type: 'abort', abort: halted },
      [
        { id: expect.stringMatching(/^halt#7#[0-9a-f]{8}$/), at: 7, kind: 'halt', actor: asked.actor, message: 'enough', run: null },
        { kind: 'abort', actor: asked.actor, message: 'halted: enough', at: 8 },
      ],
    ],
    [
      'an abort that no person asked for',
      { type: 'abort', abort: crossed },
      [{ kind: 'abort', actor: null, data: { reason: 'threshold', by: 'driver-1' } }],
    ],
    [
      'an abort at a take-over',
      { type: 'leased', lease: { owner: 'driver-2', until: 9 }, continued: false, abort: asked },
      [askedFor, { kind: 'abort', actor: asked.actor, message: 'asked: enough' }],
    ],
    ['no plain take-over', { type: 'leased', lease: { owner: 'driver-2', until: 9 }, continued: true, abort: null }, []],
    [
      'a resolution, by whose word',
      { type: 'resolved', by: 'ann@laptop', actor: ann, why: 'scrapped' },
      [{ kind: 'resolve', actor: ann, message: 'scrapped' }],
    ],
    ['no renewed lease', { type: 'lease_renewed', lease: { owner: 'driver-1', until: 9 } }, []],
  ])('is %s', (_, event, expected) => {
    const run = transition(begun, event, 8)
    const entries = auditOf(run, run.events)
    expect(entries).toMatchObject(expected)
    expect(entries).toHaveLength(expected.length)
    for (const { run: about } of entries.filter(({ kind }) => kind !== 'halt')) expect(about).toMatchObject({ id: 'r1' })
  })

  test('is the start, with the digest of the guards', () => {
    const requested: HistoryEvent = { version: 1, n: 0, at: 5, type: 'requested', step: null, message: 'requested', data: { guards: 'd1' } }
    expect(auditOf(begun, [requested])).toMatchObject([{ kind: 'start', at: 5, actor: ann, data: { guards: 'd1' } }])
  })

  test('bears the same id however often it is made, in the order of the history within one moment', () => {
    const first = transition({ ...begun, version: 8 }, { type: 'abort', abort: asked }, 8)
    const second = transition(first, { type: 'abort', abort: crossed }, 8)
    const ids = [...auditOf(second, second.events), ...auditOf(first, first.events), ...auditOf(first, first.events)].map(({ id }) => id)
    expect(ids.filter((id) => id.startsWith('r1')).sort()).toEqual(['r1#0000000009#00000', 'r1#0000000009#00000', 'r1#0000000010#00000'])
  })
})

test('the same word of a switch is the same entry; that of another suite is another', () => {
  const word = { by: 'ann', why: 'release', at: 3 }
  expect(switchEntry('halt', word)).toEqual(switchEntry('halt', { ...word }))
  expect(switchEntry('halt', word).actor).toEqual({ kind: 'claimed', name: 'ann' })
  expect(switchEntry('halt', word).id).not.toBe(switchEntry('halt', { ...word, by: 'bob' }).id)
  expect(switchEntry('pause', word, { suite: 'A' }).id).not.toBe(switchEntry('pause', word, { suite: 'B' }).id)
})

test('one meaning has one text, whatever the order of its keys and whatever is left out', () => {
  expect(canonical({ b: [1, { d: null, c: 'x' }], a: undefined, f: () => 1 })).toBe('{"b":[1,{"c":"x","d":null}]}')
  expect(canonical([{ a: 1, b: 2 }])).toBe(canonical([{ b: 2, a: 1 }]))
  expect(canonical([{ a: 1 }])).not.toBe(canonical([{ a: 2 }]))
})
