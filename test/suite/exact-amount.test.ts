import { describe, expect, test } from '@jest/globals'
import type { ExactAmount } from '../../lib/domain/exact-amount.ts'
import { readAmount } from '../../lib/suite/exact-amount.ts'
import { problemsOf, stepOf } from './one-step.ts'

const step = (params: object) => ({ type: 'resource_exhaustion', params })
const amountOf = (resource_type: string, amount: string) => Object(stepOf(step({ resource_type, amount })).fault).amount as ExactAmount

describe('an exact amount', () => {
  test.each([
    ['memory', '80%', 'percent', 80],
    ['memory', '100 %', 'percent', 100],
    ['memory', '512Mi', 'MiB', 512],
    ['memory', '1.5Gi', 'MiB', 1536],
    ['memory', '512MiB', 'MiB', 512],
    ['disk', '2Gi', 'MiB', 2048],
    ['disk', '500M', 'MiB', 476],
    ['disk', '16Ti', 'MiB', 16_777_216],
    ['cpu', '1.5 cores', 'millicores', 1500],
    ['cpu', '1 core', 'millicores', 1000],
    ['cpu', '0.25', 'millicores', 250],
    ['cpu', '1500m', 'millicores', 1500],
    ['cpu', '50%', 'percent', 50],
    ['network', '5000 kbit/s', 'kbit/s', 5000],
    ['network', '2.5 Mbit/s', 'kbit/s', 2500],
    ['network', '1Gbit/s', 'kbit/s', 1_000_000],
  ])('of %s may be %s', (kind, text, unit, value) => {
    expect(amountOf(kind, text)).toEqual({ unit, value })
  })

  test('stands in the place of an intensity, and hits one pod unless the step says more', () => {
    const { fault, targets } = stepOf(step({ resource_type: 'memory', amount: '512Mi' }))
    expect(fault).toEqual({ type: 'resource_exhaustion', kind: 'memory', amount: { unit: 'MiB', value: 512 }, container: null, path: null })
    expect(targets).toMatchObject({ count: 1, percent: null, isUsual: true })
    expect(Object.keys(stepOf(step({ resource_type: 'memory', intensity: 'high' })).fault)).not.toContain('amount')
  })

  test('of a network is the rate that is left, or the load', () => {
    expect(stepOf(step({ resource_type: 'network', mode: 'load', amount: '20 Mbit/s' })).fault).toMatchObject({
      mode: 'load',
      amount: { unit: 'kbit/s', value: 20_000 },
    })
  })
})

describe('refused is', () => {
  test('both an amount and an intensity, and neither', () => {
    expect(problemsOf(step({ resource_type: 'cpu', amount: '1', intensity: 'low' }))).toEqual([
      ['params.amount', 'stands beside `intensity`. Allowed: only one of the two'],
    ])
    expect(problemsOf(step({ resource_type: 'cpu' }))).toEqual([
      ['params.intensity', 'missing. Allowed: low, medium, high; or an exact `amount` instead'],
    ])
  })

  test.each([
    ['memory', '512', 'Allowed: `512Mi` (1Mi to 16Ti), or `80%`'],
    ['memory', '512m', 'no amount of memory'],
    ['memory', '0%', 'no amount of memory'],
    ['memory', '101%', 'no amount of memory'],
    ['memory', '50.5%', 'no amount of memory'],
    ['memory', '1Ki', 'no amount of memory'],
    ['memory', '17Ti', 'no amount of memory'],
    ['memory', '-512Mi', 'no amount of memory'],
    ['memory', '1e9Gi', 'no amount of memory'],
    ['disk', '512Mi; rm -rf /', 'no amount of disk'],
    ['disk', '$(reboot)Mi', 'no amount of disk'],
    ['disk', '1.5 cores', 'no amount of disk'],
    ['cpu', '512Mi', 'Allowed: `1.5 cores` or `1500m` (0.1 to 256 cores)'],
    ['cpu', '0.05', 'no amount of cpu'],
    ['cpu', '257 cores', 'no amount of cpu'],
    ['cpu', '99m', 'no amount of cpu'],
    ['network', '80%', 'Allowed: `5000 kbit/s`, `5 Mbit/s`'],
    ['network', '0.1 kbit/s', 'no amount of network'],
    ['network', '101 Gbit/s', 'no amount of network'],
    ['network', '5 MB/s', 'no amount of network'],
  ])('%s %s', (kind, amount, message) => {
    expect(problemsOf(step({ resource_type: kind, amount }))).toEqual([['params.amount', expect.stringContaining(message)]])
  })

  test.each(['', 'x'.repeat(41), 512, null, { unit: 'MiB' }, ['1']])('%j, which is no text of a sensible length', (amount) => {
    const found = problemsOf(step({ resource_type: 'memory', amount }))
    expect(found.map(([path]) => path)).toContain('params.amount')
  })

  test('an amount anywhere but at a resource', () => {
    const partition = { type: 'network_partition', params: { partition_type: 'random', amount: '80%' } }
    expect(problemsOf(partition)).toEqual([['params.amount', expect.stringContaining('belongs to type resource_exhaustion')]])
  })

  test('a rate with a unit, which says what it is in kbit/s', () => {
    const rate = (text: unknown) => problemsOf({ type: 'network_degradation', params: { degradation_type: 'rate', rate: text } })
    expect(rate('5 Mbit/s')).toEqual([['params.rate', expect.stringContaining('write 5000, in kbit/s')]])
    expect(rate('1mbit')).toEqual([['params.rate', 'found the string `1mbit`; expected a number']])
  })
})

test('whatever the text, an amount is read or refused, in no time', () => {
  for (const kind of ['cpu', 'memory', 'disk', 'network'] as const)
    for (const text of ['9'.repeat(40), `${'1'.repeat(15)}.${'9'.repeat(3)}Ti`, '%'.repeat(40), '1.'.repeat(20), '\u0000', '１%'])
      expect(readAmount(kind, text)).toHaveProperty('problem')
})
