import { describe, expect, it } from '@jest/globals'
import type { Pod } from '../../lib/domain/kube.ts'
import type { ExhaustionSpec, Intensity } from '../../lib/domain/suite.ts'
import { amount } from '../../lib/faults/resource-exhaustion.ts'

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
  it('is of the container that is hit: the default one, not the first', () => {
    const two: Pod = {
      ...pod(),
      metadata: { name: 'p', annotations: { 'kubectl.kubernetes.io/default-container': 'main' } },
      spec: {
        containers: [
          { name: 'linkerd-proxy', resources: { limits: { 'ephemeral-storage': '20Gi' } } },
          { name: 'main', resources: { limits: { 'ephemeral-storage': '200Mi' } } },
        ],
      },
    }
    expect(amount('disk', { ...spec('medium'), kind: 'disk' }, [two])).toBe(150)
    expect(amount('disk', { ...spec('medium'), kind: 'disk', container: 'linkerd-proxy' }, [two])).toBe(15_360)
  })

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

  it.each(['1073741824000m', '1073741824e0', '0.0009765625Ti', '1024Mi'])('is a share of a limit of %s', (memory) => {
    expect(amount('memory', spec('medium'), [pod({ memory })])).toBe(768)
  })
})
