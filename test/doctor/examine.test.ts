import { describe, expect, it } from '@jest/globals'
import { type Checks, examine } from '../../lib/doctor/examine.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { failed, healthOf, off, ok, together, unknown, warning } from '../../lib/domain/finding.ts'

const check = (needs: readonly string[], look: () => Promise<readonly ReturnType<typeof ok>[]>) => ({ what: '', needs, look })
const well = check([], async () => [ok('well')])

describe('examining', () => {
  it('looks at everything side by side, and tells it in the order of the checks', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const checks: Checks<null> = {
      first: check([], async () => {
        await promise
        return [ok('a')]
      }),
      second: check([], async () => {
        resolve()
        return [ok('b'), ok('c', 'node-a')]
      }),
    }
    const told: string[] = []
    const findings = await examine(checks, null, { progress: ({ done, waiting }) => told.push(`${done} ${waiting.join('+')}`) })
    expect(findings.map(({ check: name, found }) => `${name} ${found}`)).toEqual(['first a', 'second b', 'second c'])
    expect(told).toContain('0 first+second')
    expect(told.at(-1)).toBe('2 ')
  })

  it('never says that what could not be looked at is well', async () => {
    const checks: Checks<null> = {
      broken: check([], async () => Promise.reject(new FaultlineError('unavailable', 'no answer'))),
      gate: check([], async () => [failed('shut', 'open it')]),
      behind: check(['gate'], async () => [ok('well')]),
    }
    const findings = await examine(checks, null)
    expect(findings.map(({ check: name, state, found }) => [name, state, found])).toEqual([
      ['broken', 'unknown', 'it could not be looked at: no answer'],
      ['gate', 'failed', 'shut'],
      ['behind', 'unknown', 'it could not be looked at, as gate is not well'],
    ])
  })

  it('of some checks only looks at these, at what they need, and tells of the latter where it is not well', async () => {
    const looked: string[] = []
    const noting = (name: string, needs: readonly string[], outcome = ok('well')) =>
      check(needs, async () => {
        looked.push(name)
        return [outcome]
      })
    const checks: Checks<null> = {
      gate: noting('gate', []),
      inner: noting('inner', ['gate'], warning('so so', null)),
      other: well,
      wanted: noting('wanted', ['inner']),
    }
    const findings = await examine(checks, null, { only: ['wanted'] })
    expect(looked).toEqual(['gate', 'inner', 'wanted'])
    expect(findings.map(({ check: name }) => name)).toEqual(['inner', 'wanted'])
  })

  it('lets a mistake of its own through', async () => {
    const checks: Checks<null> = { wrong: check([], async () => Promise.reject(new TypeError('oh'))), well }
    await expect(examine(checks, null)).rejects.toThrow('oh')
  })
})

describe('what findings come to', () => {
  it.each([
    [[ok('a'), off('b', 'c')], 'ok'],
    [[ok('a'), unknown('b', null)], 'warnings'],
    [[warning('a', null)], 'warnings'],
    [[unknown('a', null), failed('b', 'c')], 'failed'],
  ])('is %j: %s', (findings, health) => {
    expect(healthOf(findings)).toBe(health)
  })

  it('is told once for all things that are alike, with their names', () => {
    const alike = ['a', 'b', 'c', 'd'].map((on) => ok('well', on))
    expect(together(alike, 'nodes')).toEqual([ok('well', 'all 4 nodes')])
    const two = together([...alike, failed('ill', 'mend', 'e')], 'nodes')
    expect(two).toEqual([ok('well', 'a, b, c and 1 more'), failed('ill', 'mend', 'e')])
  })
})
