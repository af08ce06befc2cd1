import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import type { Evidence, Injection, Target } from '../../lib/domain/injection.ts'
import type { Ended, Run, RunBase, StepRecord } from '../../lib/domain/run.ts'
import { untouchedStep } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { parseSuite } from '../../lib/suite/parse.ts'
import { injectorUndoOf, policyUndo } from '../support/undo-data.ts'

/** 5 January 2026, 09:00:00 UTC, plus seconds. */
export function at(seconds: number): number {
  return Date.UTC(2026, 0, 5, 9) + seconds * 1000
}

const parsed = parseSuite(
  JSON.stringify({
    name: 'Shop',
    description: 'The shop under stress.',
    namespace: 'shop',
    selector: 'app=shop',
    gracePeriod: { before: 2, after: 3 },
    maxDuration: 900,
    recoveryTimeout: 60,
    experiments: [
      { name: 'Cut', type: 'network_partition', params: { partition_type: 'random' }, duration: 20, interval: 5 },
      { name: 'Squeeze', type: 'resource_exhaustion', params: { resource_type: 'memory', intensity: 'low' }, duration: 30 },
    ],
  }),
  'shop.json',
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems))

export const suite: Suite = parsed.suite

export const cutDone: StepRecord = {
  ...untouchedStep,
  name: 'Cut',
  verdict: 'succeeded',
  reasons: [],
  plannedAt: at(2),
  activeAt: at(3),
  plannedEnd: at(23),
  revertedAt: at(23.4),
  recoveredAt: at(25),
}

export const cutRunning: StepRecord = { ...cutDone, verdict: 'running', revertedAt: null, recoveredAt: null }

export const base: RunBase = {
  id: 'shop-20260105-090000-0a1b2c3d',
  version: 7,
  suite,
  cluster: { uid: 'c1', name: 'staging', via: { kind: 'in-cluster' }, simulated: false },
  namespace: 'shop',
  seed: 42,
  trigger: { kind: 'manual', key: 'k', by: 'ana@desk' },
  requestedAt: at(0),
  lease: { owner: 'desk/m/1/2', until: at(60) },
  handover: false,
  steps: suite.steps.map(({ name }) => ({ name, ...untouchedStep })),
  beacon: null,
  abort: null,
  baseline: { ready: 3, total: 3 },
  orphans: 0,
  events: [],
}

/** The run with some fields changed; the caller sees to it that they fit together. */
export function runWith(change: Partial<Run>): Run {
  return { ...base, ...change } as Run
}

function evidence(phase: Evidence['phase'], seconds: number, rest: Partial<Evidence>): Evidence {
  return { phase, at: at(seconds), finding: 'yes', summary: '', measurements: [], ...rest }
}

export const pod: Target = { kind: 'Pod', namespace: 'shop', name: 'shop-1', uid: 'u1', node: 'node-a', port: 80 }

const canary = (value: string) => [{ target: 'shop-1', name: 'canary', unit: '', value }]

export const cut: Injection = {
  runId: base.id,
  step: 0,
  n: 0,
  version: 5,
  fault: 'network-partition',
  targets: [pod],
  undo: policyUndo({ policy: 'faultline-x-0' }),
  fuse: { namespace: 'shop', name: 'faultline-x-0', pod: null },
  armed: { namespace: 'shop', name: 'faultline-x-0', uid: 'f1', burnsAt: at(53) },
  status: 'active',
  reason: null,
  evidence: [
    evidence('before', 2, { finding: 'no', summary: 'not cut yet', measurements: canary('open') }),
    evidence('during', 3, { summary: 'shop-1: refused', measurements: canary('closed') }),
  ],
  expiresAt: at(53),
}

export const cutUndone: Injection = {
  ...cut,
  status: 'reverted',
  evidence: [
    ...cut.evidence,
    evidence('end', 21.5, { summary: 'shop-1: refused', measurements: canary('closed') }),
    evidence('after', 23.4, { summary: 'fuse, policy and labels are gone', measurements: canary('open') }),
  ],
}

export const squeeze: Injection = {
  ...cut,
  undo: injectorUndoOf(),
  step: 1,
  fault: 'memory-exhaustion',
  targets: [
    { ...pod, container: { name: 'app', id: 'containerd://1' } },
    { ...pod, name: 'shop-2', uid: 'u2', container: { name: 'app', id: 'containerd://2' } },
  ],
  armed: { namespace: 'faultline-injectors', name: 'faultline-x-1', uid: 'f2', burnsAt: at(90) },
  fuse: { namespace: 'faultline-injectors', name: 'faultline-x-1', pod: null },
  evidence: [
    evidence('before', 30, { finding: 'no', summary: 'not injected yet' }),
    evidence('during', 31, {
      summary: 'memory is taken',
      measurements: [
        { target: 'shop-1', name: 'before memory', unit: 'MiB', value: 20 },
        { target: 'shop-2', name: 'before memory', unit: 'MiB', value: 22.51 },
        { target: 'shop-1', name: 'memory', unit: 'MiB', value: 120 },
        { target: 'shop-2', name: 'memory', unit: 'MiB', value: 122.51 },
      ],
    }),
  ],
}

export const history: readonly HistoryEvent[] = [
  { version: 1, n: 0, at: at(0), type: 'requested', step: null, message: 'requested by ana@desk (manual k)' },
  {
    version: 4,
    n: 0,
    at: at(3),
    type: 'injected',
    step: 0,
    message: 'injection 0: active',
    data: { n: 0, status: 'active', reason: null, measurements: [] },
  },
]

/** Ended in the middle of the second step. */
export const aborted: Ended = {
  ...base,
  status: 'aborted',
  endedAt: at(40.5),
  refusals: [],
  resolved: null,
  abort: { reason: 'asked', at: at(39), by: 'ana@desk', detail: 'customers notice', undoneAt: at(40) },
  steps: [
    cutDone,
    {
      ...untouchedStep,
      name: 'Squeeze',
      verdict: 'aborted',
      reasons: [{ code: 'aborted', detail: 'customers notice' }],
      plannedAt: at(30),
      activeAt: at(31),
      plannedEnd: at(61),
      revertedAt: at(40),
      recoveredAt: null,
    },
  ],
}
