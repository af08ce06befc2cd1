import { expect, test } from '@jest/globals'
import { partOf } from '../../lib/suite/part-of-suite.ts'
import { memory } from './malformed-cases.ts'
import { suiteOf } from './one-step.ts'

const names = ['Cut', 'Kill', '1', 'Cut']
const { suite } = suiteOf(JSON.stringify({ name: 'S', experiments: names.map((name) => ({ ...memory, name })) }))
const part = (flags: Parameters<typeof partOf>[1]) => {
  const { steps, leftOut } = partOf(suite, flags)
  return [steps.map(({ name }) => name), leftOut?.map(({ number, name }) => `${number}. ${name}`)]
}

test('steps are taken by number or name, in the order of the suite, which keeps the names of the others', () => {
  expect(part({ only: ['Kill', '4'] })).toEqual([
    ['Kill', 'Cut'],
    ['1. Cut', '3. 1'],
  ])
  expect(part({ skip: ['2'] })).toEqual([['Cut', '1', 'Cut'], ['2. Kill']])
  expect(part({ only: ['2', '3'], skip: ['Kill'] })).toEqual([['1'], ['1. Cut', '2. Kill', '4. Cut']])
})

test('a name comes before a number, and means every step that bears it', () => {
  expect(part({ only: ['1'] })).toEqual([['1'], ['1. Cut', '2. Kill', '4. Cut']])
  expect(part({ only: ['Cut'] })).toEqual([
    ['Cut', 'Cut'],
    ['2. Kill', '3. 1'],
  ])
})

test('a suite of which nothing is left out is as it was', () => {
  expect(partOf(suite, {})).toBe(suite)
  expect(partOf(suite, { only: ['1', '2', 'Cut'] })).toBe(suite)
})

test.each([
  [{ only: ['Cutt'] }, '--only `Cutt`: did you mean `Cut`? Allowed: Cut, Kill, 1'],
  [{ skip: ['5'] }, '--skip `5` is no step of the suite, which has 4. Allowed: Cut, Kill, 1'],
  [{ skip: ['0'] }, '--skip `0`'],
  [{ skip: ['Cut', 'Kill', '3'] }, '--only and --skip leave no step of the suite'],
])('%j is refused', (flags, message) => {
  expect(() => partOf(suite, flags)).toThrow(message)
})
