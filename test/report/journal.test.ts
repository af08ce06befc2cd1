import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { RunRecord } from '../../lib/report/document.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { journal } from '../../lib/report/journal.ts'
import { schemaErrors } from '../support/json-schema.ts'
import { gameDay } from './game-day.ts'
import { hostileDay } from './hostile.ts'
import { aborted, cutUndone, history, runWith, squeeze } from './records.ts'

const schema = JSON.parse(readFileSync('test/report/journal.schema.json', 'utf8')) as object
const withoutProbes: RunRecord = { run: aborted, injections: [cutUndone, { ...squeeze, status: 'reverted' }], history, samples: [] }
const open: RunRecord = { run: runWith({ status: 'requested' }), injections: [], history: [], samples: [] }
const made = journal(reportDocument(gameDay))

describe('the Chaos Toolkit journal', () => {
  it.each([
    ['a game day', gameDay],
    ['a run without probes', withoutProbes],
    ['a run that is not over', open],
    ['hostile text', hostileDay],
  ])('of %s is what its consumers read', (_, record) => {
    expect(schemaErrors(schema, journal(reportDocument(record)))).toEqual([])
  })

  it('tells faults as actions and their reverts as rollbacks, with the proof', () => {
    expect(made.run.map(({ activity, status, duration }) => [activity.name, status, duration])).toEqual([
      ['Kill a third', 'succeeded', 63.6],
      ['Cut the network', 'succeeded', 63.1],
      ['Squeeze memory', 'aborted', 25.3],
    ])
    expect(made.rollbacks.map(({ activity, status, start, duration, output }) => [activity.name, status, start, duration, output])).toEqual(
      [
        [
          'Undo: Kill a third',
          'succeeded',
          '2026-01-05T09:01:13.200Z',
          0.4,
          ['the container is Ready again; nothing of the injector is left'],
        ],
        ['Undo: Cut the network', 'succeeded', '2026-01-05T09:02:36.400Z', 0.7, ['fuse, policy and labels are gone; the canary answers']],
        ['Undo: Squeeze memory', 'succeeded', '2026-01-05T09:03:25.000Z', 4.3, ['the stressors are gone and the memory is given back']],
      ],
    )
  })

  it('tells the hypothesis before, during and after the faults', () => {
    const { before, during, after } = made.steady_states
    expect([before.steady_state_met, before.probes.length]).toEqual([true, 12])
    expect(after.steady_state_met).toBe(true)
    expect(during.length).toBe(41)
    expect(during.filter((round) => round.steady_state_met === false).length).toBe(8)
    const silent = during.flatMap((round) => round.probes).filter((probe) => probe.status === 'failed')
    expect(silent.map((probe) => [probe.activity.name, probe.tolerance_met, probe.exception])).toEqual(
      [1, 2].map(() => ['p95 latency', false, ['no answer within 2 s']]),
    )
    expect({ deviated: made.deviated, status: made.status }).toEqual({ deviated: true, status: 'interrupted' })
  })

  it('has tolerances in the forms that a journal knows', () => {
    const { 'steady-state-hypothesis': hypothesis } = made.experiment as {
      readonly 'steady-state-hypothesis': { readonly probes: readonly { readonly tolerance: unknown }[] }
    }
    expect(hypothesis.probes.map((probe) => probe.tolerance)).toEqual([
      { type: 'range', range: [-Number.MAX_VALUE, 0.05] },
      { type: 'range', range: [0, 400] },
      { type: 'range', range: [2, Number.MAX_VALUE] },
      { type: 'regex', pattern: '^ok' },
    ])
  })

  it('says that an undo which is not proven failed', () => {
    const steps = gameDay.run.steps.map((step, i) => (i === 2 ? { ...step, revertedAt: null } : step))
    const { rollbacks } = journal(reportDocument({ ...gameDay, run: { ...gameDay.run, steps } }))
    expect(rollbacks.at(-1)).toMatchObject({ status: 'failed', exception: ['not proven undone'] })
  })

  it('keeps secrets of a probe to itself', () => {
    expect(JSON.stringify(made)).not.toContain('secret-token')
  })
})
