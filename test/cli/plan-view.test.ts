import { describe, expect, it } from '@jest/globals'
import { type Plan, planLines } from '../../cli/view/plan-view.ts'
import { defaultConfig } from '../../lib/config.ts'
import { probedSuite } from '../report/probed.ts'
import { cut, pod, suite } from '../report/records.ts'
import { policyUndo } from '../support/undo-data.ts'

const before = cut.evidence.filter((e) => e.phase === 'before')
const plan: Plan = {
  suite,
  file: 'shop.json',
  seed: 42,
  cluster: { name: 'staging', simulated: false },
  fuse: defaultConfig.fuse,
  answers: [],
  leftOut: [],
  notAsked: [],
  approval: null,
  admission: {
    refusals: [],
    warnings: [],
    baseline: { ready: 3, total: 3 },
    steps: [
      {
        step: 0,
        hits: [{ owner: 'Deployment shop', pods: 1, of: 3 }],
        nodes: [],
        injections: [
          {
            targets: [pod],
            undo: policyUndo({ policy: 'faultline-plan-0' }),
            fuse: { namespace: 'shop', name: 'faultline-plan-0', pod: null },
            evidence: before,
          },
        ],
        warnings: ['shop-9 is left out: it runs on the host network'],
        refusals: [],
      },
    ],
  },
}

describe('a plan', () => {
  it('tells per step the targets, the objects, the fuse, the proofs and the warnings', () => {
    expect(planLines(plan, 100)).toEqual([
      'Plan of Shop (shop.json)',
      'on staging, namespace shop, seed 42 (the same targets again: --seed 42)',
      '3 of 3 pods are ready. Nothing is changed by planning.',
      '',
      '1. Cut  network-partition random, 20 s',
      '   target    Pod shop/shop-1 on node-a (UID u1)',
      "   does      cuts it off from everything, in both directions, by NetworkPolicy, the kubelet's probes",
      '             still pass',
      '   makes     Job shop/faultline-RUN-0 (fuse, no pod)',
      '   makes     NetworkPolicy shop/faultline-RUN-0',
      '   makes     label faultline.dev/target on the target',
      '   fuse      ends it at most 50 s after a runner that dies before it is active; once active, 10 s',
      '             after the planned end; a label on its targets stays, inert, until "faultline reap" or',
      '             the next run there',
      '   before    canary open',
      '   bites if  the canary (pod proxy of the API server) is refused',
      '   gone if   fuse, policy and labels gone, canary answers again',
      '   then      rest 5 s',
      '   warning   shop-9 is left out: it runs on the host network',
      '',
      'Total: about 1 min (grace before 2 s and after 3 s included), plus injecting and recovery, up to 1',
      'min a step. Aborted and undone after 15 min at the latest.',
      '',
      'Nothing speaks against this run now.',
    ])
  })

  it('puts each refusal where it belongs', () => {
    const refusals = [
      { code: 'no_targets', step: 0, message: 'no pod matches' },
      { code: 'halted', step: null, message: 'everything is halted by ana: release day' },
    ] as const
    const steps = [
      { step: 0, hits: [], nodes: [], injections: [], warnings: [], refusals: [{ code: 'no_targets', message: 'no pod matches' }] },
    ] as const
    expect(planLines({ ...plan, admission: { ...plan.admission, refusals, steps } }, 100).slice(4)).toEqual([
      '1. Cut  network-partition random, 20 s',
      '   then      rest 5 s',
      '   refused (no_targets): no pod matches',
      '',
      'Total: about 1 min (grace before 2 s and after 3 s included), plus injecting and recovery, up to 1',
      'min a step. Aborted and undone after 15 min at the latest.',
      'refused (halted): everything is halted by ana: release day',
      '',
      'REFUSED: a run would not start (2 reasons).',
    ])
  })

  it('tells what is expected, how it is measured, what it is now, what is left out and what ends the run', () => {
    const [errors, ready] = probedSuite.probes
    if (errors === undefined || ready === undefined) throw new Error('no probes')
    const answer = { at: 0, tookMs: 1, code: null, message: 'one value' }
    const answers = [
      { ...answer, probe: errors, value: 0.2, within: false },
      { ...answer, probe: ready, value: null, within: null, message: 'no pod matches' },
    ]
    const lines = planLines({ ...plan, suite: probedSuite, answers, leftOut: ['slow'] }, 120)
    expect(lines.slice(4, 10)).toEqual([
      'Steady state  No user notices.',
      '   probe     errors: errors; allowed: <= 0.1 (continuous, every 2 s); now: 0.2',
      '   probe     ready: ready; allowed: 3 (edge); now: no pod matches',
      '   without   slow: no Prometheus is configured (--prometheus-url)',
      '   threshold errors > 0.1 for 4 s (critical): everything is reverted, the run ends',
      '',
    ])
  })
})
