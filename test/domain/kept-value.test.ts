import { describe, expect, it } from '@jest/globals'
import { keptValue } from '../../lib/domain/kept-value.ts'
import type { HttpSource, Tolerance } from '../../lib/domain/probe.ts'

const anything: Tolerance = { kind: 'regex', pattern: '.' }

function kept(read: HttpSource['read'], value: number | string, tolerance: Tolerance = anything) {
  const source = { type: 'http', url: 'http://a/', method: 'GET', headers: {}, body: null, read } as const
  return keptValue({ source, tolerance }, value)
}

const body = { what: 'body' } as const
const path = { what: 'jsonpath', path: '$.a' } as const
const regex = { what: 'regex', pattern: 'a(.*)' } as const

describe('of what an endpoint said', () => {
  it.each([
    ['a number', body, 12],
    ['a number as text', body, '12.5'],
    ['that there was no answer', body, 'no answer'],
    ['a word that a path picked', path, 'green'],
    ['a word that a pattern picked', regex, 'v1.20'],
  ])('%s is kept', (_, read, value) => {
    expect(kept(read, value)).toBe(value)
  })

  it('what the suite expects itself is kept', () => {
    expect(kept(body, 'all is well', { kind: 'value', value: 'all is well' })).toBe('all is well')
  })

  it.each([
    ['another body', body, 'AKIAPLANTEDKEY', 'a text of 14 characters'],
    ['an empty body', body, '', 'a text of 0 characters'],
    ['an object that a path picked', path, '{"key":"planted"}', 'a text of 17 characters'],
    ['a list that a path picked', path, '["planted"]', 'a text of 11 characters'],
    ['a long text that a pattern picked', regex, 'k'.repeat(65), 'a text of 65 characters'],
  ])('%s is not', (_, read, value, shown) => {
    expect(kept(read, value)).toBe(shown)
  })
})
