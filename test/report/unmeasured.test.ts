import { describe, expect, it } from '@jest/globals'
import { unmeasured } from '../../lib/domain/hypothesis.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { htmlReport } from '../../lib/report/html/page.ts'
import { markdownReport } from '../../lib/report/markdown.ts'
import { textReport } from '../../lib/report/text.ts'
import { gameDay } from './game-day.ts'

const { run } = gameDay
const without = { ...gameDay, samples: [], run: { ...run, suite: { ...run.suite, probes: [], thresholds: [] } } }

describe('reports of a run whose hypothesis no probe measured', () => {
  it.each([
    ['text', textReport],
    ['Markdown', (record: typeof gameDay) => markdownReport(reportDocument(record))],
    ['HTML', (record: typeof gameDay) => htmlReport(reportDocument(record))],
  ])('say so in %s, and only then', (_, report) => {
    const said = unmeasured.replace(' (docs/probes.md)', '')
    expect(report(without)).toContain(said)
    expect(report(gameDay)).not.toContain(said)
  })
})
