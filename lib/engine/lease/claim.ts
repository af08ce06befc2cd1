import { FaultlineError, RunHeld, VersionConflict } from '../../domain/errors.ts'
import type { Injection } from '../../domain/injection.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded } from '../../domain/run.ts'
import type { Abort } from '../../domain/run-facts.ts'
import type { Engine } from '../engine.ts'
import { writeLease } from './acquire-lease.ts'
import { stopOfAwaiting } from './awaiting.ts'
import { stopBySwitch } from './switches.ts'

/** How a driver may take a run: begin or go on, or only revert it; or not at all. */
type Claim = 'continue' | 'take_over' | 'held'

/**
 * Whether this engine may drive the run now. An expired lease is never continued: the run is reverted. A hand-over is an offer for as
 * long as the old driver's lease lasts (it renews it until it leaves); after that no driver held the fault.
 */
export function claimOf(run: Run, engine: Pick<Engine, 'owner' | 'clock' | 'config' | 'isDead'>): Claim {
  const { lease } = run
  if (lease === null) return 'take_over'
  const now = engine.clock.now()
  if (run.handover) return now <= lease.until + engine.config.skewMs ? 'continue' : 'take_over'
  if (lease.owner === engine.owner) return now <= lease.until ? 'continue' : 'take_over'
  const expired = now > lease.until + engine.config.skewMs || engine.isDead(lease.owner)
  return expired ? 'take_over' : 'held'
}

/** Whether a try to drive failed because another driver has the run, or was quicker: no error of the run's. */
export function isTaken(error: unknown): boolean {
  return error instanceof VersionConflict || error instanceof RunHeld || (error instanceof FaultlineError && error.code === 'lease_lost')
}

/** The run as it is stored, and how it may be taken. @throws RunHeld when another driver holds it */
export async function loadClaim(
  engine: Engine,
  runId: string,
): Promise<{ readonly run: Run; readonly claim: Exclude<Claim, 'held'> | 'over' }> {
  const run = await engine.store.runs.load(runId)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${runId}`)
  if (isEnded(run)) return { run, claim: 'over' }
  const claim = claimOf(run, engine)
  if (claim === 'held') throw new RunHeld(runId, run.lease?.owner)
  return { run, claim }
}

/** A driver that handed over goes on saving, so the first try may come between two of its saves. */
export async function acquireLease(engine: Engine, runId: string): Promise<{ run: Run; injections: readonly Injection[] }> {
  for (;;) {
    const { run, claim } = await loadClaim(engine, runId)
    if (claim === 'over') return { run, injections: [] }
    const abort = run.status === 'requested' && claim === 'continue' ? null : await whyStopped(engine, run, claim)
    try {
      return await writeLease(engine, run, { continued: claim === 'continue' && run.handover, abort })
    } catch (error) {
      if (!(error instanceof VersionConflict) || !run.handover) throw error
    }
  }
}

/**
 * What ends the run as it is taken, stored together with the lease: a person's switch, who is named, or the death of the driver before.
 * Null when it goes on. A run that is only requested is refused by the admission instead.
 */
async function whyStopped(engine: Engine, run: Run, claim: Exclude<Claim, 'held'>): Promise<Abort | null> {
  const at = engine.clock.now()
  if (run.status === 'awaiting_approval') {
    // Nothing is injected: a driver that died while it was looked at left nothing to undo.
    const why = await stopOfAwaiting(engine.store, run)
    return why === null ? null : { ...why, at }
  }
  const stop = stopBySwitch(await engine.store.controls.read({ id: run.id, suite: run.suite.name }))
  if (stop !== null && (claim === 'continue' || stop.reason === 'asked')) return { ...stop, at }
  if (claim === 'continue') return null
  const detail = run.handover ? 'it was handed over, and no successor took it in time' : 'its driver died or lost its lease'
  return { reason: 'driver_lost', at, by: engine.owner, detail }
}
