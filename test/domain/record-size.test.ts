import { describe, expect, test } from '@jest/globals'
import { storedBytes } from '../../lib/domain/record-size.ts'

describe('bytes as DynamoDB counts them', () => {
  test.each([
    ['a text by its UTF-8', 'Prüfung', 8],
    ['an emoji by four', '🔥', 4],
    ['a number by two digits a byte without the zeros at its ends, and one', 1_767_603_600_000, 5],
    ['a fraction by its significant digits', 0.25, 2],
    ['a sign by one', -12, 3],
    ['a boolean by one', true, 1],
    ['null by one', null, 1],
    ['an empty list by three', [], 3],
    ['a list by three, and one for each element', ['ab', 'c'], 8],
    ['a map by three, and one for each name and value', { a: 'bc', gone: undefined }, 7],
  ])('%s', (_, value, bytes) => {
    expect(storedBytes(value)).toBe(bytes)
  })
})
