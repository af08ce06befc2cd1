import { describe, expect, test } from '@jest/globals'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { compileSelector, matchesSelector } from '../../lib/domain/label-selector.ts'

const labels = { app: 'jadevectordb', tier: 'data', 'faultline.dev/target': '', shard: '7' }

describe('a selector text', () => {
  test.each([
    ['', true],
    ['  ', true],
    ['app=jadevectordb', true],
    ['app==jadevectordb', true],
    [' app = jadevectordb , tier = data ', true],
    ['app=other', false],
    ['app=jadevectordb,tier=query', false],
    ['app!=other', true],
    ['app!=jadevectordb', false],
    ['absent!=anything', true],
    ['tier in (data,query)', true],
    ['tier in(data , query)', true],
    ['tier in (query)', false],
    ['absent in (data)', false],
    ['tier notin (query)', true],
    ['tier notin (data, query)', false],
    ['absent notin (data)', true],
    ['app', true],
    ['absent', false],
    ['!absent', true],
    ['! app', false],
    ['faultline.dev/target=', true],
    ['faultline.dev/target in (,x)', true],
    ['app=', false],
    ['shard>6', true],
    ['shard > 7', false],
    ['shard<8', true],
    ['tier>1', false],
    ['absent<1', false],
    ['in in (a)', false],
    ['app in (jadevectordb),tier notin (a,b),!absent', true],
  ])('%p matches: %p', (text, expected) => {
    expect(matchesSelector(text, labels)).toBe(expected)
  })

  test.each([
    ['app=a,', 'before or after a comma'],
    [',app=a', 'before or after a comma'],
    ['app=a,,b', 'before or after a comma'],
    ['=a', 'does not start with'],
    ['(a)', 'does not start with'],
    ['!', 'does not start with'],
    ['!app=a', 'more than that the label is absent'],
    ['app===a', 'is none of'],
    ['app=a b', 'is none of'],
    ['app=>a', 'is none of'],
    ['app in a,b', 'is none of'],
    ['app in (a', 'is none of'],
    ['app in a)', 'is none of'],
    ['app in (a(b))', 'is none of'],
    ['app in ()', 'names no value'],
    ['app within (a)', 'is none of'],
    ['-app=a', "not a label's key"],
    ['a/b/c=d', "not a label's key"],
    ['/app=d', "not a label's key"],
    ['Example.com/app=d', "not a label's key"],
    [`${'a'.repeat(64)}=b`, "not a label's key"],
    ['app=-a', 'is not a value for'],
    ['app in (a,b_)', 'is not a value for'],
    [`app=${'a'.repeat(64)}`, 'is not a value for'],
    ['shard>many', 'a whole number'],
    ['shard>', 'a whole number'],
  ])('%p is refused as bad input', (text, part) => {
    expect(() => compileSelector(text)).toThrow(expect.objectContaining({ code: 'bad_input', message: expect.stringContaining(part) }))
    expect(() => compileSelector(text)).toThrow(FaultlineError)
  })

  test('is read in linear time', () => {
    expect(() => compileSelector(`app in (${'a,'.repeat(50_000)}`)).toThrow('is none of')
    expect(() => compileSelector(`${' '.repeat(100_000)}=`)).toThrow('does not start with')
  })
})

describe('a selector object', () => {
  test.each([
    [{}, true],
    [{ matchLabels: { app: 'jadevectordb' } }, true],
    [{ matchLabels: { app: 'jadevectordb', tier: 'query' } }, false],
    [{ matchExpressions: [{ key: 'tier', operator: 'In', values: ['data'] }] }, true],
    [{ matchExpressions: [{ key: 'absent', operator: 'NotIn', values: ['data'] }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['data'] }] }, false],
    [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'DoesNotExist', values: [] }] }, false],
    [{ matchLabels: { app: 'jadevectordb' }, matchExpressions: [{ key: 'absent', operator: 'Exists' }] }, false],
  ])('%j matches: %p', (selector, expected) => {
    expect(matchesSelector(selector, labels)).toBe(expected)
  })

  test.each([
    [{ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }, '`Gt` is no operator'],
    [{ matchExpressions: [{ key: 'a', operator: 'In', values: [] }] }, 'at least one value'],
    [{ matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] }, 'takes no value'],
    [{ matchLabels: { 'a b': 'c' } }, "not a label's key"],
  ])('%j is refused as bad input', (selector, part) => {
    expect(() => compileSelector(selector)).toThrow(expect.objectContaining({ code: 'bad_input', message: expect.stringContaining(part) }))
  })
})

test('an object without labels matches only what asks for none', () => {
  expect(matchesSelector('', undefined)).toBe(true)
  expect(matchesSelector('!app', undefined)).toBe(true)
  expect(matchesSelector('app', undefined)).toBe(false)
})

test('names that every JavaScript object has are no labels', () => {
  expect(matchesSelector('constructor', {})).toBe(false)
  expect(matchesSelector('!toString', {})).toBe(true)
})
