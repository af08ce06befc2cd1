import { describe, expect, it } from '@jest/globals'
import { cores, mebibytes, parseQuantity, quantityUnits } from '../../lib/domain/quantity.ts'

describe('a Kubernetes quantity', () => {
  it.each([
    ['0', 0n],
    ['1', 1_000_000_000n],
    ['1.5', 1_500_000_000n],
    ['.5', 500_000_000n],
    ['5.', 5_000_000_000n],
    ['+2', 2_000_000_000n],
    ['-2', -2_000_000_000n],
    ['1n', 1n],
    ['1u', 1_000n],
    ['250m', 250_000_000n],
    ['1k', 1_000_000_000_000n],
    ['1Ki', 1_024_000_000_000n],
    ['1e3', 1_000_000_000_000n],
    ['1E3', 1_000_000_000_000n],
    ['1.5e-3', 1_500_000n],
    ['0.5Ki', 512_000_000_000n],
    // Exact where a floating-point number is not.
    ['9007199254740993', 9_007_199_254_740_993_000_000_000n],
    ['0.000000001', 1n],
  ])('%s is %s billionths', (text, expected) => {
    expect(parseQuantity(text)).toBe(expected)
  })

  it.each([['', 'lots', 'Mi', '.', '+', '1 Mi', '1mi', '1KI', '1K', '1Mim', '1e', '1e3Mi', '1.2.3', '--1', '1i', '0x10', ' 1']])(
    'of other forms is none',
    (...texts) => {
      expect(texts.filter((text) => parseQuantity(text) !== undefined)).toEqual([])
    },
  )

  it('finer than a billionth is rounded away from zero', () => {
    expect(parseQuantity('0.1n')).toBe(1n)
    expect(parseQuantity('-0.1n')).toBe(-1n)
    expect(parseQuantity('1e-999999999')).toBe(1n)
    expect(parseQuantity('0e-999999999')).toBe(0n)
  })

  it('above 2^63-1 is taken for that', () => {
    const most = 9_223_372_036_854_775_807_000_000_000n
    expect(['12E', '8Ei', '1e999999999', '9223372036854775808'].map(parseQuantity)).toEqual([most, most, most, most])
    expect(parseQuantity('-12E')).toBe(-most)
    expect(parseQuantity('9E')).toBe(9_000_000_000_000_000_000_000_000_000n)
  })
})

describe('a memory quantity', () => {
  it.each([
    ['128Mi', 128],
    ['1Gi', 1_024],
    ['1.5Gi', 1_536],
    ['2Pi', 2_147_483_648],
    ['1073741824000m', 1_024],
    ['1e9', 953.67431640625],
    ['1048576', 1],
    ['1M', 0.95367431640625],
    ['lots', undefined],
  ])('%s is %s MiB', (text, expected) => {
    expect(mebibytes(text)).toBe(expected)
  })

  it('of a part of a byte is a whole one', () => {
    expect(quantityUnits('1500m')).toBe(2)
    expect(quantityUnits('-1500m')).toBe(-2)
    expect(quantityUnits('2Pi')).toBe(2_251_799_813_685_248)
  })
})

describe('a CPU quantity', () => {
  it.each([
    ['250m', 0.25],
    ['2', 2],
    ['100000u', 0.1],
    ['1e-1', 0.1],
    ['fast', undefined],
  ])('%s is %s cores', (text, expected) => {
    expect(cores(text)).toBe(expected)
  })
})
