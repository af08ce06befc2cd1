import { describe, expect, test } from '@jest/globals'
import { withoutPrometheus } from '../../lib/domain/without-prometheus.ts'
import { suiteOf } from './one-step.ts'

const memory = { name: 'A', type: 'resource_exhaustion', params: { resource_type: 'memory', intensity: 'low' }, duration: 10 }
const textOf = (top: object) => JSON.stringify({ name: 'S', experiments: [memory], ...top })
const http = { name: 'a', type: 'http', url: 'https://shop/health', tolerance: 200 }

function probesOf(...probes: object[]) {
  return suiteOf(textOf({ selector: 'app=shop', probes })).suite.probes
}

describe('a probe', () => {
  test('of HTTP asks for the status every five seconds, before, during and after', () => {
    expect(probesOf(http)).toEqual([
      {
        name: 'a',
        source: { type: 'http', url: 'https://shop/health', method: 'GET', headers: {}, body: null, read: { what: 'status' } },
        mode: 'continuous',
        intervalMs: 5_000,
        timeoutMs: 5_000,
        retries: 2,
        tolerance: { kind: 'value', value: 200 },
        weight: 1,
        unit: '',
        optional: false,
      },
    ])
  })

  test('of HTTP takes everything the file says', () => {
    const said = { method: 'POST', headers: { 'X-A': 'b' }, body: '{}', read: { jsonpath: '$.a[0].b' }, mode: 'edge', interval: 1.5 }
    const [probe] = probesOf({ ...http, ...said, timeout: 0.5, retries: 0, weight: 10, unit: 'items', tolerance: { min: 1, max: 2 } })
    expect(probe).toMatchObject({
      source: { method: 'POST', headers: { 'X-A': 'b' }, body: '{}', read: { what: 'jsonpath', path: '$.a[0].b' } },
      mode: 'edge',
      intervalMs: 1_500,
      timeoutMs: 500,
      retries: 0,
      weight: 10,
      unit: 'items',
      tolerance: { kind: 'range', min: 1, max: 2 },
    })
  })

  test('of Prometheus asks for a value now, or for one of a range', () => {
    const prometheus = { type: 'prometheus', query: 'up', tolerance: 1 }
    const [now, range] = probesOf(
      { name: 'a', ...prometheus },
      { name: 'b', ...prometheus, range: { window: 120, reduce: 'max' }, whenEmpty: 0, url: 'http://p' },
    )
    expect(now?.source).toEqual({ type: 'prometheus', url: null, query: 'up', range: null, whenEmpty: null })
    expect(range?.source).toEqual({
      type: 'prometheus',
      url: 'http://p',
      query: 'up',
      range: { windowMs: 120_000, stepMs: 2_000, reduce: 'max' },
      whenEmpty: 0,
    })
  })

  test('of Kubernetes asks for the pods of the suite, unless it names others', () => {
    const [own, others] = probesOf(
      { name: 'a', type: 'kubernetes', read: 'ready', tolerance: 3 },
      { name: 'b', type: 'kubernetes', read: { condition: 'Ready' }, selector: 'app=db', tolerance: 0 },
    )
    expect(own).toMatchObject({ source: { type: 'kubernetes', selector: 'app=shop', read: { what: 'ready' } }, unit: 'pods' })
    expect(others?.source).toEqual({
      type: 'kubernetes',
      selector: 'app=db',
      read: { what: 'condition', condition: 'Ready', status: 'True' },
    })
  })

  test.each([
    [200, { kind: 'value', value: 200 }],
    [true, { kind: 'value', value: true }],
    ['green', { kind: 'value', value: 'green' }],
    ['< 0.1', { kind: 'comparison', op: '<', value: 0.1 }],
    [' >=-2e3 ', { kind: 'comparison', op: '>=', value: -2000 }],
    [
      { op: '!=', value: 5 },
      { kind: 'comparison', op: '!=', value: 5 },
    ],
    [
      { min: 1, max: 2 },
      { kind: 'range', min: 1, max: 2 },
    ],
    [{ min: 1 }, { kind: 'comparison', op: '>=', value: 1 }],
    [{ max: 2 }, { kind: 'comparison', op: '<=', value: 2 }],
    [{ regex: '^ok' }, { kind: 'regex', pattern: '^ok' }],
  ])('may spell its tolerance %j', (tolerance, expected) => {
    expect(probesOf({ ...http, tolerance })[0]?.tolerance).toEqual(expected)
  })
})

describe('a preset', () => {
  test('is a probe, and brings its threshold', () => {
    const { suite } = suiteOf(textOf({ probes: [{ preset: 'jadevectordb-error-ratio' }, { preset: 'jadevectordb-p95' }] }))
    expect(suite.probes.map(({ name, tolerance, unit }) => [name, tolerance, unit])).toEqual([
      ['jadevectordb-error-ratio', { kind: 'comparison', op: '<=', value: 0.1 }, 'ratio'],
      ['jadevectordb-p95', { kind: 'comparison', op: '<=', value: 5 }, 's'],
    ])
    expect(suite.thresholds).toEqual([
      {
        name: 'jadevectordb-errors',
        probe: 'jadevectordb-error-ratio',
        op: '>',
        limit: 0.1,
        forMs: 120_000,
        severity: 'critical',
        action: 'abort',
      },
      { name: 'jadevectordb-slow', probe: 'jadevectordb-p95', op: '>', limit: 5, forMs: 180_000, severity: 'warning', action: 'notify' },
    ])
  })

  test('takes what stands beside it in the place of its own', () => {
    const [probe] = probesOf({ preset: 'jadevectordb-ready-pods', name: 'ready', tolerance: '>= 0.9', interval: 1, selector: 'app=db' })
    expect(probe).toMatchObject({
      name: 'ready',
      intervalMs: 1_000,
      tolerance: { kind: 'comparison', op: '>=', value: 0.9 },
      source: { selector: 'app=db', read: { what: 'ready_ratio' } },
    })
  })

  test('leaves its threshold where the suite has one on it, says false, or never asks during a run', () => {
    const preset = 'jadevectordb-p95'
    const thresholdsOf = (entry: object, thresholds: object[] = []) => suiteOf(textOf({ probes: [entry], thresholds })).suite.thresholds
    expect(thresholdsOf({ preset }, [{ probe: preset, when: '> 1' }])).toEqual([
      { name: 'jadevectordb-p95 > 1', probe: preset, op: '>', limit: 1, forMs: 0, severity: 'warning', action: 'notify' },
    ])
    expect(thresholdsOf({ preset, threshold: false })).toEqual([])
    expect(thresholdsOf({ preset, mode: 'edge' })).toEqual([])
    expect(thresholdsOf({ preset, name: 'slow' })).toMatchObject([{ probe: 'slow' }])
  })

  test('that is optional is left out, with its threshold, where no Prometheus is configured', () => {
    const probes = [{ preset: 'jadevectordb-p95', optional: true }, { preset: 'jadevectordb-error-ratio' }, http]
    const { suite } = suiteOf(textOf({ probes }))
    const { suite: rest, leftOut } = withoutPrometheus(suite)
    expect(leftOut).toEqual(['jadevectordb-p95'])
    expect(rest.probes.map(({ name }) => name)).toEqual(['jadevectordb-error-ratio', 'a'])
    expect(rest.thresholds.map(({ name }) => name)).toEqual(['jadevectordb-errors'])
  })
})

test('hypotheses are kept, of the suite and of its steps', () => {
  const { suite } = suiteOf(textOf({ hypothesis: 'No user notices.', experiments: [{ ...memory, hypothesis: 'Not even this.' }] }))
  expect([suite.hypothesis, suite.steps[0]?.hypothesis]).toEqual(['No user notices.', 'Not even this.'])
})
