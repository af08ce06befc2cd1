import { describe, expect, it } from '@jest/globals'
import { finalEntryBytes, leastEntryBytes } from '../../lib/domain/record-size.ts'
import { parseSuite } from '../../lib/suite/parse.ts'

const names = (count: number, length: number) => Array.from({ length: count }, (_, n) => `${'p'.repeat(length)}-${n}`)

function problemsOf(experiments: readonly object[]): readonly (readonly [path: string, message: string])[] {
  const parsed = parseSuite(
    JSON.stringify({ name: 'S', experiments: experiments.map((step) => ({ name: 'A', duration: 10, ...step })) }),
    'f',
  )
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => [path, message])
}

const deletes = (targets: unknown) => ({ type: 'node_failure', params: { failure_type: 'pod-delete' }, targets })

describe('a suite that could never be recorded to its end', () => {
  it('because so many pods are named in one step is refused by validate, with the figure', () => {
    expect(problemsOf([deletes(names(1000, 50))])).toEqual([
      [
        'experiments[0]',
        expect.stringMatching(
          /^the ledger entry of 1000 targets would have 5\d\d KB at its end, more than the 400 KB .*; use fewer targets, or several steps$/,
        ),
      ],
    ])
    expect(problemsOf([deletes(names(100, 50))])).toEqual([])
  })

  it('because so many are to be taken is refused too, and what one injector on each node records is not', () => {
    expect(problemsOf([deletes({ count: 2_000 })])).toMatchObject([['experiments[0]', expect.stringContaining('2000 targets')]])
    expect(problemsOf([{ ...deletes({ count: 2_000 }), params: { failure_type: 'pod-kill' } }])).toEqual([])
  })

  it('because its texts are too long is refused as a whole', () => {
    const long = {
      type: 'network_partition',
      params: { partition_type: 'random' },
      description: 'd'.repeat(2000),
      hypothesis: 'é'.repeat(2000),
    }
    expect(problemsOf(Array(100).fill(long))).toEqual([
      [
        'experiments',
        expect.stringMatching(
          /^the record of a run of 100 steps would have \d{3} KB at its end, .*; use shorter texts, or several suites$/,
        ),
      ],
    ])
    expect(problemsOf(Array(50).fill(long))).toEqual([])
  })

  it('is never one that the plan would let pass', () => {
    for (const [count, length] of [
      [1, 1],
      [10, 3],
      [800, 60],
      [2_000, 1],
    ] as const) {
      const targets = names(count, length).map((name) => ({
        kind: 'Pod' as const,
        namespace: 'n',
        name,
        uid: '6f1c0a52-0000-4000-8000-000000000000',
        node: 'n',
      }))
      const measurements = targets.map(({ name }) => ({ target: name, name: 'pod', unit: '', value: 'a' }))
      const evidence = [{ phase: 'before' as const, at: 1, finding: 'no' as const, summary: '', measurements }]
      const planned = finalEntryBytes({
        targets,
        undo: { kind: 'deletion', owners: [], bare: [], graceSeconds: null },
        fuse: null,
        evidence,
      })
      expect(leastEntryBytes(names(count, length))).toBeLessThanOrEqual(planned)
      expect(leastEntryBytes(count)).toBeLessThanOrEqual(leastEntryBytes(names(count, length)))
    }
  })
})
