import { describe, expect, it } from '@jest/globals'
import { marked, type Token, type Tokens } from 'marked'
import { reportDocument } from '../../lib/report/document.ts'
import { htmlReport } from '../../lib/report/html/page.ts'
import { markdownReport } from '../../lib/report/markdown.ts'
import { textReport } from '../../lib/report/text.ts'
import { gameDay } from './game-day.ts'
import { hostileDay } from './hostile.ts'
import { probedSuite } from './probed.ts'
import { aborted, at, base, cutDone, runWith } from './records.ts'

const text = markdownReport(reportDocument(gameDay))
const tables = (tokens: readonly Token[]) => tokens.filter((token): token is Tokens.Table => token.type === 'table')

describe('the Markdown report', () => {
  it('begins with the verdict, the hypothesis and each reason once', () => {
    expect(text.split('\n').slice(0, 8)).toEqual([
      '# 🛑 Shop game day: aborted',
      '',
      '2 of 4 steps succeeded; everything is proven to be undone.',
      '',
      '**Hypothesis:** Customers notice nothing: fewer than 5 % of the requests fail, and answers come within 400 ms.',
      '',
      '- threshold: too many errors (error ratio &gt; 0.2 for 10 s): it is 0.37',
      '- Cut the network: probe p95 latency measured nothing in 2 of 18 tries',
    ])
    expect(text.match(/too many errors \(error ratio &gt; 0\.2 for 10 s\): it is/g)?.length).toBe(1)
  })

  it('shows steps, thresholds, evidence and probes in tables', () => {
    expect(text).toContain('| 3 | Squeeze memory | memory exhaustion, medium | aborted | 22 s | 38 s early | – | 3.1 s | 35 |')
    expect(text).toContain('| too many errors | error ratio &gt; 0.2 for 10 s | critical | abort | 09:03:25Z at 0.37 |')
    expect(text).toContain('| memory of shop-7d9c6bf5d4-x1kqz | 142 MiB | 398 MiB |  | 142 MiB |')
    expect(text).toContain('| error ratio | 1 of 7 | 0.003 | 0.37 | 0.37 |')
    expect(tables(marked.lexer(text)).map((table) => table.header.length)).toEqual([2, 9, 5, 5, 5, 5, 5, 5, 5, 4])
  })

  it('does not count as proven what is not', () => {
    const [injection] = gameDay.injections
    const injections =
      injection === undefined ? [] : [{ ...injection, status: 'reverting' as const, evidence: [], reason: 'the API server is away' }]
    expect(markdownReport(reportDocument({ ...gameDay, injections }))).toContain('NOT proven undone: the API server is away')
  })

  it('keeps hostile text as text, and its tables whole', () => {
    const tokens = marked.lexer(markdownReport(reportDocument(hostileDay)))
    const raw: string[] = []
    const links: string[] = []
    marked.walkTokens([...tokens], (token) => {
      if (token.type === 'html') raw.push(token.raw.trim())
      if (token.type === 'link' || token.type === 'image') links.push(token.raw)
    })
    expect({ raw: [...new Set(raw)], links }).toEqual({ raw: ['<!-- -->'], links: [] })
    expect(tables(tokens).flatMap((table) => table.rows.filter((row) => row.length !== table.header.length))).toEqual([])
    expect(tables(tokens).map((table) => table.header.length)).toEqual([2, 9, 5, 5, 5, 5, 5, 5, 5, 4])
  })

  it('fits into a comment of GitHub however many steps there are, and says what it left out', () => {
    const [spec] = base.suite.steps
    if (spec === undefined) throw new Error('the suite has steps')
    const names = Array.from({ length: 900 }, (_, i) => `Cut number ${i + 1} of the long game day`)
    const suite = { ...base.suite, steps: names.map((name) => ({ ...spec, name })) }
    const run = runWith({ ...aborted, suite, steps: names.map((name) => ({ ...cutDone, name })) })
    const long = markdownReport(reportDocument({ run, injections: [], history: [], samples: [] }))
    expect(long.length).toBeLessThanOrEqual(65_536)
    expect(long.length).toBeGreaterThan(65_000)
    expect(long.trimEnd().split('\n').at(-1)).toMatch(
      /^\*\*Cut here:\*\* \d+ more lines do not fit .* `faultline report shop-20260105-090000-0a1b2c3d -o report.html`$/,
    )
  })

  it('does not call the score of the steps that ran the score of all', () => {
    const steps = [{ ...cutDone, score: 100 }, ...base.steps.slice(1)]
    const document = reportDocument({ run: runWith({ ...aborted, steps }), injections: [], history: [], samples: [] })
    expect(markdownReport(document)).toContain('| resilience score | 100 from 1 of 2 steps |')
    expect(htmlReport(document)).toContain('Score <strong>100</strong> <small>from 1 of 2 steps</small>')
  })

  it('counts the answers of the table as the reasons do: one after the fault stands apart', () => {
    const after = { probe: 'errors', at: at(25), step: 0, phase: 'after', value: 0, within: true, message: '', tookMs: 3 } as const
    const errors = { probe: 'errors', asked: 28, within: 1, unknown: 0, min: 0, max: 1, last: 0, firstOutAt: at(4), worst: 1 }
    const steps = [{ ...cutDone, steady: 'yes' as const, probes: [errors] }, ...base.steps.slice(1)]
    const record = { run: runWith({ ...aborted, suite: probedSuite, steps }), injections: [], history: [], samples: [after] }
    expect(markdownReport(reportDocument(record))).toContain('| errors | 0 of 27; after the fault within | 0 | 1 | 1 |')
    expect(textReport(record)).toContain(
      'errors: 0 of 27 within tolerance, 0 to 1; first out at 09:00:04Z, worst 1; after the fault within',
    )
  })

  it('tells of a run that is not over', () => {
    const document = reportDocument({ run: runWith({ status: 'requested' }), injections: [], history: [], samples: [] })
    expect(markdownReport(document)).toContain('# ⏳ Shop: requested\n\nThe run is not over: it is requested.')
  })
})
