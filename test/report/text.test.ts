import { describe, expect, it } from '@jest/globals'
import { textReport } from '../../lib/report/text.ts'
import { hostileDay } from './hostile.ts'
import { aborted, base, cut, cutRunning, cutUndone, history, runWith, squeeze } from './records.ts'

describe('the text report', () => {
  it('tells verdict, reasons, times, targets, evidence, undo proof and history', () => {
    const text = textReport({ run: aborted, injections: [cutUndone, { ...squeeze, status: 'reverted' }], history, samples: [] })
    expect(text.split('\n')).toEqual([
      'Faultline run shop-20260105-090000-0a1b2c3d: ABORTED',
      '  because  asked: customers notice',
      '',
      'Suite      Shop - The shop under stress.',
      'Cluster    staging, kube-system UID c1',
      'Namespace  shop',
      'Seed       42',
      'Started    by ana@desk (manual k)',
      'Time       2026-01-05T09:00:00Z to 2026-01-05T09:00:40Z (41 s)',
      'Before     3 of 3 pods were ready',
      'Aborted    2026-01-05T09:00:39Z by ana@desk (asked)',
      'Undone     1 s after the abort, with proof',
      'Left over  nothing (0 orphans)',
      '',
      '#  step     fault              verdict    planned  active  undone after  recovery',
      '1  Cut      network-partition  succeeded  20 s     20 s    0.4 s         1.6 s',
      '2  Squeeze  memory-exhaustion  aborted    30 s     9 s     21 s early    -',
      '',
      'Step 1: Cut (network-partition random, 20 s): succeeded',
      '  times       planned 09:00:02Z, active 09:00:03Z, planned end 09:00:23Z, undone 09:00:23Z, recovered 09:00:25Z',
      '  injection 0: reverted',
      '    target    Pod shop/shop-1 on node-a (UID u1)',
      '    fuse      shop/faultline-x-0 (UID f1), to burn at 2026-01-05T09:00:53Z',
      '    before    09:00:02Z  not cut yet',
      '              figures    canary open',
      '    during    09:00:03Z  bites: shop-1: refused',
      '              figures    canary closed',
      '    end       09:00:21Z  bites: shop-1: refused',
      '              figures    canary closed',
      '    after     09:00:23Z  gone: fuse, policy and labels are gone',
      '              figures    canary open',
      '',
      'Step 2: Squeeze (memory-exhaustion low, 30 s): aborted',
      '  times       planned 09:00:30Z, active 09:00:31Z, planned end 09:01:01Z, undone 09:00:40Z',
      '  injection 0: reverted',
      '    target    Pod shop/shop-1, container app on node-a (UID u1)',
      '    target    Pod shop/shop-2, container app on node-a (UID u2)',
      '    fuse      faultline-injectors/faultline-x-1 (UID f2), to burn at 2026-01-05T09:01:30Z',
      '    before    09:00:30Z  not injected yet',
      '    during    09:00:31Z  bites: memory is taken',
      '              figures    memory 120–123 MiB (before: memory 20–22.5 MiB)',
      '',
      'History (time, step, event)',
      '  2026-01-05T09:00:00Z  -  requested       requested by ana@desk (manual k)',
      '  2026-01-05T09:00:03Z  1  injected        injection 0: active',
      '',
    ])
  })

  it('shows what a terminal would act on, from every source', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(textReport(hostileDay)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e\ud800]/)
  })

  it('names the driver and the line that ends all chaos while a run is under way', () => {
    const run = runWith({ status: 'holding', step: 0, revertAt: 0, rechecked: false, steps: [cutRunning, ...base.steps.slice(1)] })
    const text = textReport({ run, injections: [cut], history: [], samples: [] })
    expect(text).toContain('Driver     desk/m/1/2, lease until 2026-01-05T09:01:00Z')
    expect(text).toContain(
      'Open       1 injection; to end all chaos on staging: kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline',
    )
  })

  it('says what could not be shown, instead of nothing', () => {
    const [before] = cut.evidence
    const unproven = { ...cut, status: 'reverting' as const, reason: 'the API server is away' }
    const evidence =
      before === undefined ? [] : [before, { ...before, phase: 'after' as const, finding: 'no' as const, summary: 'still there' }]
    const text = textReport({ run: runWith({ status: 'reverting' }), injections: [{ ...unproven, evidence }], history: [], samples: [] })
    expect(text).toContain('  injection 0: reverting (the API server is away)')
    expect(text).toContain('    after     09:00:02Z  NOT gone: still there')
  })
})
