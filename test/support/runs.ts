import type { Lease, Run } from '../../lib/domain/run.ts'
import { untouchedStep } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { partition, stepOf, suiteOf } from './suites.ts'

const lease: Lease = { owner: 'driver-1', until: 30_000 }

/** A run as `start` records it, at time 0. */
export function requestedRun(suite: Suite = suiteOf([stepOf(partition), stepOf(partition)])): Run {
  return {
    id: 'example-20260105-090000-abcdefgh',
    version: 1,
    status: 'requested',
    suite,
    cluster: { uid: 'cluster-uid', name: 'test', via: { kind: 'in-cluster' }, simulated: true },
    namespace: suite.namespace,
    seed: 7,
    trigger: { kind: 'manual', key: 'key', by: 'test' },
    requestedAt: 0,
    lease,
    handover: false,
    steps: suite.steps.map((step) => ({ name: step.name, ...untouchedStep })),
    beacon: null,
    abort: null,
    baseline: null,
    orphans: 0,
    events: [],
  }
}
