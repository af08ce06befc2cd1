import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import type { Run } from '../../lib/domain/run.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { reportJsonSchema } from '../../scripts/generate-report-schema.ts'
import { schemaErrors } from '../support/json-schema.ts'
import { gameDay } from './game-day.ts'
import { aborted, base, cut, cutUndone, history, runWith, squeeze } from './records.ts'

const none = { injections: [], history: [], samples: [] }
const published = JSON.parse(readFileSync('docs/report.schema.json', 'utf8')) as object
const strict = reportJsonSchema({ strict: true })

const refused = runWith({
  ...aborted,
  status: 'refused',
  abort: null,
  refusals: [{ code: 'busy', step: null, message: 'another run' }],
} as Partial<Run>)

describe('the schema of the JSON report', () => {
  it('is the published one', () => {
    expect(published).toEqual(reportJsonSchema({ strict: false }))
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
