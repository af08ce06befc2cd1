import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { Run } from '../../lib/domain/run.ts'
import type { TestVerdict } from '../../lib/domain/tests.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { testsReport } from '../../lib/report/tests/document.ts'
import { reportJsonSchema } from '../../scripts/generate-report-schema.ts'
import { schemaErrors } from '../support/json-schema.ts'
import { gameDay } from './game-day.ts'
import { aborted, base, cut, cutUndone, history, runWith, squeeze } from './records.ts'

const none = { injections: [], history: [], samples: [] }
const published = JSON.parse(readFileSync('docs/report.schema.json', 'utf8')) as object
const strict = reportJsonSchema({ of: 'run', strict: true })

const refused = runWith({
  ...aborted,
  status: 'refused',
  abort: null,
  refusals: [{ code: 'busy', step: null, message: 'another run' }],
} as Partial<Run>)

describe('the schema of the JSON report', () => {
  it('is the published one', () => {
    expect(published).toEqual(reportJsonSchema({ of: 'run', strict: false }))
  })

  it.each([
    ['a game day with probes', gameDay],
    ['a run that was aborted', { ...none, run: aborted, injections: [cutUndone, squeeze], history }],
    ['a run that was refused', { ...none, run: refused }],
    ['a run under way', { ...none, run: runWith({ status: 'holding', step: 0 } as Partial<Run>), injections: [cut], history }],
    ['a run that has only been asked for', { ...none, run: base as Run }],
  ])('describes %s, and nothing is missing in it', (_, record) => {
    const document = reportDocument(record.run === base ? { ...record, run: runWith({ status: 'requested' }) } : record)
    expect(schemaErrors(published, document)).toEqual([])
    expect(schemaErrors(strict, document)).toEqual([])
  })

  it('sees what is wrong', () => {
    const document = reportDocument(gameDay)
    expect(schemaErrors(published, { ...document, verdict: 'fine' })).not.toEqual([])
    expect(schemaErrors(published, { ...document, requestedAt: 'yesterday' })).toEqual([
      expect.stringContaining('/requestedAt must match format "date-time"'),
    ])
    expect(schemaErrors(strict, { ...document, extra: 1 })).not.toEqual([])
    expect(schemaErrors(published, { ...document, extra: 1 })).toEqual([])
  })
})

describe('the schema of the JSON report of tests', () => {
  const schema = JSON.parse(readFileSync('docs/tests-report.schema.json', 'utf8')) as object
  const result = (verdict: TestVerdict) => ({ family: 'network' as const, name: verdict, verdict, reasons: [] })
  const document = testsReport({
    asked: 'network',
    verdict: 'failed',
    startedAt: 0,
    endedAt: 60_000,
    cluster: { name: 'kind', simulated: false },
    namespace: 'shop',
    tests: [
      { result: result('passed'), record: gameDay, step: 0 },
      { result: result('skipped'), record: { ...none, run: refused }, step: 0 },
      { result: result('not_run'), record: null, step: null },
    ],
  })

  it('is the published one', () => {
    expect(schema).toEqual(reportJsonSchema({ of: 'tests', strict: false }))
  })

  it('describes tests that passed, were skipped and did not run, with their runs, and nothing is missing in it', () => {
    expect(document.runs).toHaveLength(2)
    expect(schemaErrors(schema, document)).toEqual([])
    expect(schemaErrors(reportJsonSchema({ of: 'tests', strict: true }), document)).toEqual([])
    expect(schemaErrors(schema, { ...document, verdict: 'fine' })).not.toEqual([])
    expect(schemaErrors(schema, { ...document, startedAt: 'yesterday' })).not.toEqual([])
  })
})
