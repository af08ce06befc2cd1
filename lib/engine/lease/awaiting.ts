import { actorText, claimed } from '../../domain/actor.ts'
import type { Awaiting, Run } from '../../domain/run.ts'
import type { Abort } from '../../domain/run-facts.ts'
import type { Engine } from '../engine.ts'
import { stopBySwitch } from './switches.ts'

/** A run that waits for a person and has no driver, which it needs none for. */
export function isAwaiting(run: Run): run is Awaiting & { readonly lease: null } {
  return run.status === 'awaiting_approval' && run.lease === null
}

/** Whether there is something to do for a driver: it is to be stopped, or no person approved it in time. */
export async function isWaitOver(engine: Pick<Engine, 'clock' | 'store'>, run: Awaiting): Promise<boolean> {
  return engine.clock.now() >= run.expiresAt || (await stopOfAwaiting(engine.store, run)) !== null
}

/**
 * What stops a run that waits, which no driver watches: a switch that is set, or a halt since it waits that was lifted again. Its entry is in
 * the audit trail, because a halt that is not on record is not lifted.
 */
export async function stopOfAwaiting(
  { controls, audit }: Pick<Engine['store'], 'controls' | 'audit'>,
  run: Awaiting,
): Promise<Omit<Abort, 'at'> | null> {
  const stop = stopBySwitch(await controls.read({ id: run.id, suite: run.suite.name }))
  if (stop !== null) return stop
  const halt = (await audit.list({ since: run.since })).find(({ kind }) => kind === 'halt')
  if (halt === undefined) return null
  const actor = halt.actor ?? claimed('unknown')
  return { reason: 'halted', by: actorText(actor), actor, askedAt: halt.at, detail: halt.message }
}
