import { describe, expect, it } from '@jest/globals'
import type { Tolerance } from '../../lib/domain/probe.ts'
import { distanceOut, isWithin, sourceText, toleranceText } from '../../lib/domain/tolerance.ts'

const cases: readonly (readonly [Tolerance, readonly (number | string)[], readonly (number | string)[], string])[] = [
  [{ kind: 'value', value: 200 }, [200, '200'], [201, 0, '', 'no answer'], '200'],
  [{ kind: 'value', value: 'green' }, ['green'], ['Green', 'red', 1], 'green'],
  [{ kind: 'value', value: true }, ['true'], ['false', 1], 'true'],
  [{ kind: 'range', min: 1, max: 2 }, [1, 2, '1.5'], [0.99, 2.01, 'two', ''], '1 to 2'],
  [{ kind: 'comparison', op: '<', value: 5 }, [4.9, -1], [5, 'no answer', ''], '< 5'],
  [{ kind: 'comparison', op: '!=', value: 5 }, [4], [5, 'no answer'], '!= 5'],
  [{ kind: 'regex', pattern: '^(ok|fine)$' }, ['ok', 'fine'], ['not ok', ''], '/^(ok|fine)$/'],
]

describe('a tolerance', () => {
  it.each(cases)('%j knows what is within', (tolerance, within, out, text) => {
    for (const value of within) expect([value, isWithin(tolerance, value)]).toEqual([value, true])
    for (const value of out) expect([value, isWithin(tolerance, value)]).toEqual([value, false])
    expect(toleranceText(tolerance)).toBe(text)
  })

  it('knows which of two values out of it is worse', () => {
    const range: Tolerance = { kind: 'range', min: 1, max: 2 }
    expect([distanceOut(range, 0), distanceOut(range, 2.5), distanceOut(range, 1.5)]).toEqual([1, 0.5, 0])
    expect(distanceOut({ kind: 'comparison', op: '<=', value: 0.1 }, 0.6)).toBeCloseTo(0.5)
    expect(distanceOut({ kind: 'value', value: 200 }, 503)).toBe(303)
    expect(distanceOut({ kind: 'regex', pattern: 'a' }, 'b')).toBe(0)
  })
})

describe('what a probe asks', () => {
  it('is told in one line, without headers and bodies', () => {
    const http = { type: 'http', url: 'https://a/health', method: 'GET', headers: { authorization: 'secret' }, body: null } as const
    expect(sourceText({ ...http, read: { what: 'jsonpath', path: '$.ok' } })).toBe('GET https://a/health: $.ok')
    expect(sourceText({ ...http, read: { what: 'latency' } })).toBe('GET https://a/health: latency')
    expect(sourceText({ ...http, url: 'https://a/health?token=secret#x', read: { what: 'status' } })).toBe('GET https://a/health?…: status')
    const range = { windowMs: 60_000, stepMs: 1_000, reduce: 'max' } as const
    expect(sourceText({ type: 'prometheus', url: null, query: 'up', range, whenEmpty: null })).toBe('max over 60 s of up')
    expect(sourceText({ type: 'kubernetes', selector: 'app=a', read: { what: 'condition', condition: 'Ready', status: 'True' } })).toBe(
      'pods without Ready=True of app=a',
    )
  })
})
