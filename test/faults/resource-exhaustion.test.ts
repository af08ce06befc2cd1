import { describe, expect, it } from '@jest/globals'
import type { Pod } from '../../lib/domain/kube.ts'
import type { ExhaustionSpec, Intensity } from '../../lib/domain/suite.ts'
import { amount, mebibytes } from '../../lib/faults/resource-exhaustion.ts'

const pod = (limits?: Readonly<Record<string, string>>): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [{ name: 'db', ...(limits === undefined ? {} : { resources: { limits } }) }] },
})
const spec = (intensity: Intensity): ExhaustionSpec => ({
  type: 'resource_exhaustion',
  kind: 'memory',
  intensity,
  container: null,
  path: null,
})

describe('the amount that is taken', () => {
  it.each([
    ['memory', 'low', 100],
    ['memory', 'medium', 500],
    ['memory', 'high', 1024],
    ['disk', 'medium', 500],
    ['cpu', 'low', 2],
    ['cpu', 'high', 8],
  ] as const)('of %s at %s is absolute where there is no limit', (kind, intensity, expected) => {
    expect(amount(kind, spec(intensity), [pod()])).toBe(expected)
  })

  it('is a share of the smallest limit of the targets', () => {
    const pods = [pod({ memory: '1Gi' }), pod({ memory: '512Mi' }), pod()]
    expect(['low', 'medium', 'high'].map((i) => amount('memory', spec(i as Intensity), pods))).toEqual([256, 384, 486])
  })
})

describe('a memory quantity', () => {
  it.each([
    ['128Mi', 128],
    ['1Gi', 1024],
    ['1.5Gi', 1536],
    ['1048576', 1],
    ['1M', 0.95367431640625],
    ['lots', undefined],
    ['', undefined],
  ])('%s is understood', (text, expected) => {
    expect(mebibytes(text)).toBe(expected)
  })
})
