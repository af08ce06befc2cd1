import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { Injection } from '../../lib/domain/injection.ts'
import type { Ended, Requested } from '../../lib/domain/run.ts'
import { policyUndo } from '../support/undo-data.ts'

/** 2026-01-05 09:00:00 UTC, when every test of the store begins. */
export const nine = 1_767_603_600_000

/** A run that was just asked for. */
export function requestedRun(id: string, changes: Partial<Requested> = {}): Requested {
  return {
    status: 'requested',
    id,
    version: 1,
    suite: {
      name: 'Quick',
      description: '',
      namespace: 'jadevectordb-system',
      selector: 'app=jadevectordb',
      graceBeforeMs: 30_000,
      graceAfterMs: 30_000,
      maxDurationMs: 3_600_000,
      recoveryTimeoutMs: 300_000,
      steps: [],
      hypothesis: '',
      probes: [],
      thresholds: [],
      schedule: null,
    },
    cluster: { uid: 'c0ffee', name: 'kind-chaos', via: { kind: 'in-cluster' }, simulated: false },
    namespace: 'jadevectordb-system',
    seed: 0.5,
    trigger: { kind: 'manual', key: 'request-1', by: 'ada' },
    requestedAt: nine,
    lease: null,
    handover: false,
    steps: [],
    beacon: null,
    abort: null,
    baseline: null,
    orphans: 0,
    events: [],
    ...changes,
  }
}

/** The same run, over at 09:10:00. */
export function endedRun(run: Requested): Ended {
  return { ...run, version: run.version + 1, status: 'succeeded', endedAt: 1_767_604_200_000, refusals: [], resolved: null }
}

/** The run's suite under another name. */
export const ofSuite = (name: string) => ({ suite: { ...requestedRun('any').suite, name } })

/** An injection that is stored and not yet done. */
export function plannedInjection(runId: string, step: number, n: number, changes: Partial<Injection> = {}): Injection {
  return {
    runId,
    step,
    n,
    version: 1,
    fault: 'network-partition',
    targets: [{ kind: 'Pod', namespace: 'jadevectordb-system', name: 'jadevectordb-0', uid: 'p-0', node: 'node-a', port: 8080 }],
    undo: policyUndo({ policy: 'faultline-partition' }),
    fuse: null,
    armed: null,
    status: 'planned',
    reason: null,
    evidence: [],
    expiresAt: 1_767_603_900_000,
    ...changes,
  }
}

/** One line of history. */
export function event(version: number, n: number, message: string): HistoryEvent {
  return { version, n, at: nine, type: 'rested', step: null, message }
}
