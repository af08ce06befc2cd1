import { describe, expect, it } from '@jest/globals'
import { firstNames, printableText } from '../../lib/domain/text.ts'

describe('a text of many lines, fit to be shown', () => {
  it.each([
    ['a\nb\tc', 'a\nb\tc'],
    ['a\nb\u001b[31mc', 'a\nb\\u001b[31mc'],
    ['x\r\ny', 'x\\u000d\ny'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['\ud800 and \ufffe', '\ufffd and \ufffd'],
  ])('%j is %j', (given, shown) => {
    expect(printableText(given)).toBe(shown)
  })
})

it('names are the first ten, and how many more there are', () => {
  expect(firstNames(['a', 'b'])).toBe('a, b')
  expect(firstNames(Array.from({ length: 12 }, (_, n) => `pod-${n}`))).toMatch(/^pod-0, .*, pod-9 and 2 more$/)
})
