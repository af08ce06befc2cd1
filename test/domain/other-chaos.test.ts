import { describe, expect, it } from '@jest/globals'
import { type ChaosObject, type ChaosTool, chaosTools, judgeOtherChaos } from '../../lib/domain/other-chaos.ts'

const tool = (name: string) => chaosTools.find((one) => one.name === name) as ChaosTool
const object = (kind: string, parts: Pick<ChaosObject, 'spec' | 'status'>): ChaosObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'x', namespace: 'chaos' },
  ...parts,
})
const conditions = (...types: readonly string[]) => ({ conditions: types.map((type) => ({ type, status: 'True' })) })
const inShop = { selector: { namespaces: ['shop'] } }

describe('chaos of another tool', () => {
  it.each<readonly [string, string, ChaosObject, 'against' | 'beside' | 'over']>([
    ['Chaos Mesh', 'begins', object('NetworkChaos', { spec: inShop }), 'against'],
    ['Chaos Mesh', 'is injected', object('NetworkChaos', { spec: inShop, status: conditions('Selected', 'AllInjected') }), 'against'],
    ['Chaos Mesh', 'is recovered', object('NetworkChaos', { spec: inShop, status: conditions('AllInjected', 'AllRecovered') }), 'over'],
    [
      'Chaos Mesh',
      'is being recovered',
      object('NetworkChaos', { spec: inShop, status: { conditions: [{ type: 'AllRecovered', status: 'False' }] } }),
      'against',
    ],
    [
      'Chaos Mesh',
      'killed once',
      object('PodChaos', { spec: { ...inShop, action: 'pod-kill' }, status: conditions('AllInjected') }),
      'over',
    ],
    ['Chaos Mesh', 'is about to kill', object('PodChaos', { spec: { ...inShop, action: 'pod-kill' } }), 'against'],
    [
      'Chaos Mesh',
      'makes pods fail for a while',
      object('PodChaos', { spec: { ...inShop, action: 'pod-failure', duration: '60s' }, status: conditions('AllInjected') }),
      'against',
    ],
    ['Chaos Mesh', 'works elsewhere', object('StressChaos', { spec: { selector: { namespaces: ['other'] } } }), 'beside'],
    ['Chaos Mesh', 'works where its object is', object('StressChaos', { spec: { selector: {} } }), 'beside'],
    ['Chaos Mesh', 'cuts others off from here', object('NetworkChaos', { spec: { selector: {}, target: inShop } }), 'against'],
    ['Chaos Mesh', 'works on pods here by name', object('PodChaos', { spec: { selector: { pods: { shop: ['cart-0'] } } } }), 'against'],
    [
      'Chaos Mesh',
      'works on pods elsewhere by name, whatever else it says',
      object('PodChaos', { spec: { selector: { pods: { other: ['cart-0'] }, namespaces: ['shop'] } } }),
      'beside',
    ],
    [
      'Chaos Mesh',
      'works where its object is, with empty lists',
      { ...object('StressChaos', { spec: { selector: { pods: {}, namespaces: [] } } }), metadata: { name: 'x', namespace: 'shop' } },
      'against',
    ],
    ['Chaos Mesh', 'works on machines', object('AWSChaos', { spec: { action: 'ec2-stop' } }), 'against'],
    ['Litmus', 'is new', object('ChaosEngine', { spec: { engineState: 'active', appinfo: { appns: 'shop' } } }), 'against'],
    [
      'Litmus',
      'runs',
      object('ChaosEngine', { spec: { engineState: 'active', appinfo: { appns: 'shop' } }, status: { engineStatus: 'initialized' } }),
      'against',
    ],
    [
      'Litmus',
      'is completed',
      object('ChaosEngine', { spec: { engineState: 'active', appinfo: { appns: 'shop' } }, status: { engineStatus: 'completed' } }),
      'over',
    ],
    [
      'Litmus',
      'is stopped',
      object('ChaosEngine', { spec: { engineState: 'stop', appinfo: { appns: 'shop' } }, status: { engineStatus: 'initialized' } }),
      'over',
    ],
    ['Litmus', 'works elsewhere', object('ChaosEngine', { spec: { engineState: 'active', appinfo: { appns: 'other' } } }), 'beside'],
    [
      'Litmus',
      'selects in another way, too',
      object('ChaosEngine', { spec: { engineState: 'active', appinfo: { appns: 'other' }, selectors: { pods: [] } } }),
      'against',
    ],
    ['Litmus', 'works on nodes', object('ChaosEngine', { spec: { engineState: 'active' } }), 'against'],
    ['Krkn', 'is new', object('KrknScenarioRun', {}), 'against'],
    ['Krkn', 'runs', object('KrknScenarioRun', { status: { phase: 'Running' } }), 'against'],
    ['Krkn', 'failed in part', object('KrknScenarioRun', { status: { phase: 'PartiallyFailed' } }), 'over'],
  ])('%s that %s', (name, _, one, expected) => {
    const { against, beside } = judgeOtherChaos(tool(name), [one], 'shop')
    expect([against.length, beside.length]).toEqual({ against: [1, 0], beside: [0, 1], over: [0, 0] }[expected])
  })

  it('is told with its namespace and object', () => {
    const one = object('NetworkChaos', { spec: inShop })
    expect(judgeOtherChaos(tool('Chaos Mesh'), [one], 'shop').against).toEqual([
      'Chaos Mesh is at work in namespace shop (NetworkChaos chaos/x): wait until it is over, or end it',
    ])
  })
})
