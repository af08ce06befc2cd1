import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'
import type { Injection } from '../../domain/injection.ts'
import type { Preparing, Refusal } from '../../domain/run.ts'
import { faultName } from '../../domain/suite.ts'
import type { RunEvent } from '../../domain/transition.ts'
import type { Driver } from '../lease/driver.ts'
import { acquireLock } from './admit.ts'
import { asRefusal, planStep } from './plan.ts'

/** Fixes the step's targets and writes its ledger; entries from before a hand-over stay as they are, and nothing is planned anew. */
export async function fixStep(driver: Driver): Promise<RunEvent> {
  const { run } = driver
  if (run.status !== 'preparing') throw new TypeError(`cannot plan a step while ${run.status}`)
  const written = driver.stepInjections.length > 0 ? { refusals: [], warnings: [] } : await writeStep(driver, run)
  if (written.refusals.length > 0) return { type: 'step_refused', refusals: written.refusals }
  return { type: 'step_planned', targets: driver.stepInjections.flatMap((i) => i.targets.map((t) => t.name)), warnings: written.warnings }
}

async function writeStep(
  driver: Driver,
  run: Preparing,
): Promise<{ readonly refusals: readonly Refusal[]; readonly warnings: readonly string[] }> {
  const { clock, config } = driver.engine
  const { step } = run
  const { injections, refusals: against, warnings } = await planStep(driver.context(), { suite: run.suite, index: step, seed: run.seed })
  const refusals: Refusal[] = against.map((refusal) => ({ ...refusal, step }))
  for (const node of injections.flatMap((i) => i.targets.filter((t) => t.kind === 'Node'))) {
    const busy = await acquireLock(driver.engine, run, node.name)
    if (busy !== null) refusals.push({ ...busy, step })
  }
  const spec = run.suite.steps[step]
  if (spec === undefined) throw new TypeError(`the suite has no step ${step}`)
  if (refusals.length > 0) return { refusals, warnings }
  const expiresAt = clock.now() + config.prepareMs + spec.durationMs + config.fuse.marginMs
  const blank = {
    runId: run.id,
    step,
    version: 1,
    fault: faultName(spec.fault),
    armed: null,
    status: 'planned',
    reason: null,
    expiresAt,
  } as const
  await driver.addInjections(injections.map((planned, n): Injection => ({ ...planned, ...blank, n })))
  return { refusals, warnings }
}

/** What goes wrong while nothing is injected yet ends the step, not the engine. */
export async function orStepRefused(act: () => Promise<RunEvent>): Promise<RunEvent> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof FaultlineError) || error.code === 'lease_lost' || error instanceof StoreUnavailable) throw error
    return { type: 'step_refused', refusals: [{ ...asRefusal(error), step: null }] }
  }
}
