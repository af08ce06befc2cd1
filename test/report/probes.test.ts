import { describe, expect, it } from '@jest/globals'
import { initialState } from '../../cli/view/run-state.ts'
import { render, verdictLines } from '../../cli/view/run-view.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { textReport } from '../../lib/report/text.ts'
import { crossings, probed, probedSuite, sampleOf, samples } from './probed.ts'
import { at, cutRunning, runWith } from './records.ts'

const record = { run: probed, injections: [], history: crossings, samples }

describe('the JSON report of a run with probes', () => {
  const document = reportDocument(record)

  it('tells score, detection and steady state of the steps, and how long the abort took', () => {
    expect(document.score).toBe(66.67)
    expect(document.abort).toMatchObject({ undoneAt: '2026-01-05T09:00:40.000Z', undoneMs: 1_000 })
    expect(document.suite.hypothesis).toBe('No user notices.')
    expect(document.steps[0]).toMatchObject({
      score: 66.67,
      detectedAt: '2026-01-05T09:00:07.000Z',
      detectMs: 4_000,
      steady: 'yes',
      steadyMs: 2_600,
      probes: [{ probe: 'errors', asked: 3, within: 1, unknown: 1, worst: 0.4, firstOutAt: '2026-01-05T09:00:07.000Z' }],
    })
    expect(document.steps[1]).toMatchObject({ score: null, detectMs: null, steady: null, steadyMs: null, probes: [] })
  })

  it('tells what was asked, every answer, and when thresholds were crossed', () => {
    expect(document.probes[0]).toMatchObject({ name: 'errors', type: 'prometheus', asks: 'errors', allowed: '<= 0.1', unit: 'ratio' })
    expect(document.samples.length).toBe(5)
    expect(document.samples[3]).toMatchObject({ at: '2026-01-05T09:00:07.000Z', value: 0.4, within: false, phase: 'during' })
    expect(document.thresholds).toMatchObject([
      {
        name: 'errors is high',
        crossings: [
          {
            at: '2026-01-05T09:00:11.000Z',
            since: '2026-01-05T09:00:07.000Z',
            value: 0.4,
            step: 0,
            recoveredAt: '2026-01-05T09:00:14.000Z',
          },
        ],
      },
    ])
  })

  it('keeps headers and bodies of requests to itself', () => {
    const source = {
      type: 'http',
      url: 'http://a/',
      method: 'POST',
      headers: { Authorization: 'Bearer secret' },
      body: 'secret',
      read: { what: 'status' },
    } as const
    const probes = probedSuite.probes.map((probe) => ({ ...probe, source }))
    expect(JSON.stringify(reportDocument({ ...record, run: { ...probed, suite: { ...probedSuite, probes } } }))).not.toContain('secret')
  })
})

describe('the text report of a run with probes', () => {
  it('tells hypothesis, score, what was asked, crossings, and each step’s answers', () => {
    const text = textReport(record).split('\n')
    expect(text).toEqual(
      expect.arrayContaining([
        'Expected   No user notices.',
        'Score      66.67 from 1 of 2 steps (resilience)',
        'Undone     1 s after the abort, with proof',
        '#  step     fault              verdict  planned  active  undone after  recovery  detected  score',
        '1  Cut      network-partition  failed   20 s     20 s    0.4 s         1.6 s     4 s       66.67',
        'probe   asks    mode        allowed  before  answers  out  unknown',
        'errors  errors  continuous  <= 0.1   0.01    4        1    1',
        'ready   ready   edge        3        3 pods  1        0    0',
        '  errors is high: errors > 0.1 for 4 s (critical, abort): CROSSED',
        '    from 2026-01-05T09:00:11Z to 09:00:14Z, at 0.4',
        '  probe       errors: 1 of 3 within tolerance, 1 measured nothing, 0 to 0.4; first out at 09:00:07Z, worst 0.4',
      ]),
    )
  })
})

describe('the live view of a run with probes', () => {
  const [, second] = probed.steps
  const holding = runWith({
    status: 'holding',
    step: 0,
    revertAt: at(23),
    rechecked: false,
    suite: probedSuite,
    steps: [cutRunning, ...(second === undefined ? [] : [second])],
  })

  it('shows the latest answers, what is out of tolerance first, and thresholds on the wrong side', () => {
    const state = { ...initialState(holding), samples: { errors: sampleOf(7, { value: 0.4, within: false }) } }
    expect(render(state, at(8), { columns: 100 }).slice(4, 8)).toEqual([
      ' ✗ errors                   0.4  allowed <= 0.1, 09:00:07Z',
      ' ○ ready                    not asked yet  allowed 3',
      ' threshold errors > 0.1 for 4 s (critical, abort): on the wrong side now',
      '',
    ])
  })

  it('shows why nothing was measured', () => {
    const [, , , , unknown] = samples
    const state = { ...initialState(holding), samples: { errors: unknown ?? sampleOf(9) } }
    expect(render(state, at(10), { columns: 100 })[4]).toBe(' ? errors                   no answer within 1 s  allowed <= 0.1, 09:00:09Z')
  })

  it('ends with the score', () => {
    expect(verdictLines(initialState(probed), at(99), 100).at(-1)).toBe('  resilience score 66.67 from 1 of 2 steps')
  })
})
