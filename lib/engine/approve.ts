import { type Actor, actorOf, actorText } from '../domain/actor.ts'
import { type Approval, meansPlan, shortPlan } from '../domain/approval.ts'
import { auditOf } from '../domain/audit.ts'
import { FaultlineError } from '../domain/errors.ts'
import type { Awaiting, Run } from '../domain/run.ts'
import { transition } from '../domain/transition.ts'
import { isoSeconds } from '../time.ts'
import { copyEvents } from './audit.ts'
import type { DriveOptions } from './drive.ts'
import { drive } from './drive.ts'
import type { Engine } from './engine.ts'
import { stopOfAwaiting } from './lease/awaiting.ts'
import { onRecord } from './on-record.ts'
import { wantSecondPerson } from './second-person.ts'

/** What approving takes; no cluster. */
export type Approving = Pick<Engine, 'clock' | 'owner' | 'notifiers'> & {
  readonly store: Pick<Engine['store'], 'runs' | 'ledger' | 'controls' | 'audit'>
  readonly config: Pick<Engine['config'], 'secondPerson' | 'leaseMs'>
}

/** A person's word for a plan: its digest, or the first twelve digits or more of it, as the person saw it. */
export interface ApprovalWord {
  readonly who: Actor
  readonly why: string
  readonly plan: string
}

/**
 * Approves what a run waits for, once that is on record. The run is leased to the caller then, who drives it on or hands it over: what
 * stands against it is looked at anew, and where the plan is another one by then, it asks again.
 * @throws FaultlineError `refused` where nothing waits, time is up, all was halted, or it takes another person than the one who started it;
 * `conflict` where it waits for another plan; `unavailable` when it could not be put on record: nothing is approved
 */
export async function approveRun(engine: Approving, runId: string, { who, why, plan }: ApprovalWord): Promise<Run> {
  const { store, clock, owner, config } = engine
  const run = await awaitingRun(engine, runId)
  if (!meansPlan(plan, run.request.plan)) {
    const message = `run ${runId} waits for approval of plan ${shortPlan(run.request.plan)}, not of ${plan}: look at what it would do first`
    throw new FaultlineError('conflict', message)
  }
  // A schedule is no person: any one may approve what it started.
  if (run.trigger.kind === 'manual') wantSecondPerson(config, 'approve', { first: actorOf(run.trigger), second: who })
  await refuseStopped(engine, run)
  const at = clock.now()
  const { before, request } = run
  const steps = request.steps.map(({ step, digest }) => ({ step, digest }))
  const approval: Approval = { by: actorText(who), actor: who, why, at, plan: request.plan, before, steps }
  await copyEvents(engine, run, run.events)
  const approved = transition(run, { type: 'approved', approval, lease: { owner, until: at + config.leaseMs } }, at)
  await onRecord(engine, auditOf(approved, approved.events), () => store.runs.save(approved))
  return approved
}

/** Ends a run that waits, as a person (or a process that can ask none) says no: `refused`, or as a run whose step was refused. */
export function declineRun(engine: Engine, runId: string, message: string, options: DriveOptions = {}): Promise<Run> {
  return drive(engine, runId, { ...options, decline: message })
}

/** @throws FaultlineError `refused` where it does not wait, or no longer */
async function awaitingRun({ store, clock }: Approving, runId: string): Promise<Awaiting> {
  const run = await store.runs.load(runId)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${runId}`)
  if (run.status !== 'awaiting_approval')
    throw new FaultlineError('refused', `run ${runId} is ${run.status}: nothing of it waits for approval`)
  if (clock.now() < run.expiresAt) return run
  throw new FaultlineError(
    'refused',
    `run ${runId} waited until ${isoSeconds(run.expiresAt)}: it is too late to approve it; start it again`,
  )
}

async function refuseStopped({ store }: Approving, run: Awaiting): Promise<void> {
  const stop = await stopOfAwaiting(store, run)
  if (stop !== null) {
    const message = `run ${run.id} was ${stop.reason === 'halted' ? 'halted' : 'aborted'} while it waited, by ${stop.by}: ${stop.detail}; start it again`
    throw new FaultlineError('refused', message)
  }
  const { pause } = await store.controls.read({ id: run.id, suite: run.suite.name })
  if (pause === null || run.before !== null) return
  throw new FaultlineError('refused', `suite ${run.suite.name} is paused by ${pause.by}: ${pause.why}`)
}
