import { describe, expect, it } from '@jest/globals'
import type { ExactAmount } from '../../lib/domain/exact-amount.ts'
import type { Pod } from '../../lib/domain/kube.ts'
import type { ExhaustionSpec, Intensity } from '../../lib/domain/suite.ts'
import { amount, amountEnv, whyNoAmount } from '../../lib/faults/resource-exhaustion.ts'

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

describe('an exact amount', () => {
  const exact = (kind: ExhaustionSpec['kind'], unit: ExactAmount['unit'], value: number): ExhaustionSpec => ({
    type: 'resource_exhaustion',
    kind,
    amount: { unit, value },
    container: null,
    path: null,
  })
  const orderOf = (of: ExhaustionSpec, pods: readonly Pod[]) => amountEnv(of.kind, of, pods)

  it.each([
    [exact('memory', 'MiB', 512), { FAULTLINE_AMOUNT: '512' }],
    [exact('memory', 'percent', 80), { FAULTLINE_AMOUNT: '819', FAULTLINE_PERCENT: '80' }],
    [exact('disk', 'MiB', 300), { FAULTLINE_AMOUNT: '300' }],
    [exact('disk', 'percent', 50), { FAULTLINE_AMOUNT: '100' }],
    [exact('cpu', 'millicores', 1500), { FAULTLINE_AMOUNT: '2', FAULTLINE_MILLICORES: '1500' }],
    [exact('cpu', 'millicores', 2000), { FAULTLINE_AMOUNT: '2', FAULTLINE_MILLICORES: '2000' }],
    [exact('cpu', 'percent', 25), { FAULTLINE_AMOUNT: '1', FAULTLINE_MILLICORES: '500' }],
    [exact('network', 'kbit/s', 5000), { FAULTLINE_AMOUNT: '5000' }],
    [{ ...exact('network', 'kbit/s', 20_000), mode: 'load' as const }, { FAULTLINE_AMOUNT: '20000' }],
  ])('%j is what the injector is ordered', (of, order) => {
    expect(orderOf(of, [pod({ memory: '1Gi', cpu: '2', 'ephemeral-storage': '200Mi' })])).toEqual(order)
  })

  it('is refused where the container has no limit to take a share of, or where its limit never gives so much', () => {
    const why = (of: ExhaustionSpec, limits?: Readonly<Record<string, string>>) =>
      of.amount === undefined ? null : whyNoAmount(of.kind, of.amount, { pod: pod(limits), container: null })
    expect(why(exact('memory', 'percent', 80))).toBe('its container has no memory limit that 80 % could be taken of')
    expect(why(exact('cpu', 'percent', 80))).toBe('its container has no cpu limit that 80 % could be taken of')
    expect(why(exact('disk', 'percent', 80), { memory: '1Gi' })).toBe(
      'its container has no ephemeral-storage limit that 80 % could be taken of',
    )
    expect(why(exact('cpu', 'millicores', 1500), { cpu: '1' })).toBe(
      "1.5 cores are more than its container's CPU limit ever gives (1 core)",
    )
    expect(why(exact('cpu', 'percent', 50), { cpu: '100m' })).toContain('are less than 0.1 cores')
    expect(why(exact('cpu', 'millicores', 1000), { cpu: '1' })).toBeNull()
    expect(why(exact('cpu', 'millicores', 8000))).toBeNull()
    expect(why(exact('memory', 'percent', 80), { memory: '1Gi' })).toBeNull()
  })
})
