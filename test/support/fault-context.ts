import type { Evidence, Injection } from '../../lib/domain/injection.ts'
import type { FaultName } from '../../lib/domain/suite.ts'
import type { FaultContext } from '../../lib/faults/fault.ts'
import { deletionUndo } from './undo-data.ts'
import type { World } from './world.ts'

/** A fault's context on the world's own cluster, for calls without an engine. */
export function contextOf(world: World, change: Partial<FaultContext> = {}): FaultContext {
  return {
    cluster: world.cluster,
    clock: world.clock,
    config: world.engine().config,
    runId: 'run',
    nonce: '',
    namespace: 'jadevectordb-system',
    unfenced: (_, send) => send(),
    ...change,
  }
}

/** A ledger entry as the engine stores it before the injection. */
export function injectionOf(fault: FaultName, change: Partial<Injection> = {}): Injection {
  return {
    runId: 'run',
    step: 0,
    n: 0,
    version: 1,
    fault,
    targets: [],
    undo: deletionUndo(),
    fuse: null,
    armed: null,
    status: 'injecting',
    reason: null,
    evidence: [],
    expiresAt: 0,
    ...change,
  }
}

/** Evidence that says no more than its phase and finding. */
export function evidenceOf(phase: Evidence['phase'], finding: Evidence['finding'], measurements: Evidence['measurements'] = []): Evidence {
  return { phase, at: 0, finding, summary: '', measurements }
}
