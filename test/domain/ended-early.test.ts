import { expect, it } from '@jest/globals'
import type { EndCause } from '../../lib/domain/end-cause.ts'
import type { TargetEvent } from '../../lib/domain/injection.ts'
import type { Run } from '../../lib/domain/run.ts'
import type { RunEvent } from '../../lib/domain/transition.ts'
import { transition } from '../../lib/domain/transition.ts'
import { requestedRun } from '../support/runs.ts'
import { memory, stepOf, suiteOf } from '../support/suites.ts'

const event = (code: string, at: number): TargetEvent => ({ at, target: 'db-0', code, message: code })

/** The step's reasons where these were told as its time was over: what became of the target, and what of it ended the fault. */
function reasonsOf(expected: EndCause | undefined, changes: readonly TargetEvent[], ended: readonly TargetEvent[]) {
  const step = { ...stepOf(memory, { durationMs: 10_000 }), ...(expected === undefined ? {} : { expect: expected }) }
  const events: readonly [RunEvent, number][] = [
    [{ type: 'admitted', baseline: { ready: 3, total: 3 } }, 0],
    [{ type: 'beacon_lit', beacon: { namespace: 'ns', name: 'beacon', uid: 'b', burnsAt: 1e9 } }, 100],
    [{ type: 'step_planned', plan: { id: 'p', count: 1, digest: 'd' }, targets: ['db-0'], warnings: [] }, 1_000],
    [{ type: 'injected', outcomes: [{ n: 0, status: 'active', reason: null, measurements: [] }] }, 2_000],
    [{ type: 'rechecked', outcomes: [{ n: 0, finding: 'yes', summary: 'held' }] }, 10_500],
    [{ type: 'hold_over' }, 12_000],
    [{ type: 'targets_changed', changes, ended }, 12_100],
  ]
  const run = events.reduce((r: Run, [one, now]) => transition(r, one, now), requestedRun(suiteOf([step])))
  return run.steps[0]?.reasons.map(({ code, cause }) => [code, cause])
}

it.each<[string, EndCause | undefined, TargetEvent[], TargetEvent[], unknown[]]>([
  ['nothing', undefined, [event('joined', 11_000)], [], []],
  ['an eviction takes the file along', 'evicted', [], [event('evicted', 11_000), event('holder_died', 11_200)], []],
  [
    'the same, unexpected, is one reason',
    undefined,
    [],
    [event('evicted', 11_000), event('holder_died', 11_200)],
    [['ended_early', 'evicted']],
  ],
  ['a restart that Kubernetes explains', 'oom_killed', [event('oom_killed', 11_400)], [event('restarted', 11_000)], []],
  ['a restart that nothing explains', 'oom_killed', [], [event('restarted', 11_000)], [['ended_early', 'restarted']]],
  ['a stressor that died of nothing known', undefined, [], [event('stressor_died', 11_000)], [['ended_early', undefined]]],
])('a fault that ended after its last look is judged by all that is known of the target: %s', (_, expected, changes, ended, reasons) => {
  expect(reasonsOf(expected, changes, ended)).toEqual(reasons)
})
