import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'
import { judgeTimes } from '../../domain/guard-times.ts'
import type { Injection } from '../../domain/injection.ts'
import type { Held } from '../../domain/overlap.ts'
import { isWhole } from '../../domain/plan-seal.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Preparing } from '../../domain/run.ts'
import { stepOf } from '../../domain/run.ts'
import { faultName } from '../../domain/suite.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { longestStepMs } from '../../faults/registry.ts'
import type { Driver } from '../lease/driver.ts'
import { acquireLock } from './admit.ts'
import { approvalOfStep } from './approval.ts'
import { asRefusal, heldBy, ownersIn, planStep, rulesOf, takeInventory } from './plan.ts'

/** Asks for an approval that is lacking; else fixes the step's targets, writes its ledger, and seals it. What a driver before wrote and did not seal is thrown away, never continued. */
export async function fixStep(driver: Driver): Promise<RunEvent> {
  const { run } = driver
  if (run.status !== 'preparing') throw new TypeError(`cannot plan a step while ${run.status}`)
  const { refusals, warnings, injections, asked } = await planNow(driver, run)
  if (refusals.length > 0) return { type: 'step_refused', refusals }
  if (asked !== null) return driver.whole === driver ? asked : notInGroup(run)
  const plan = await driver.addPlan(injections)
  return { type: 'step_planned', plan, targets: injections.flatMap((i) => i.targets.map((t) => t.name)), warnings }
}

/** While others hold their faults no person is waited for: what is done together is approved together, before the run begins. */
function notInGroup({ step }: Preparing): RunEvent {
  const message = 'what it would do was not approved before the run began, and a step that overlaps with others waits for no person'
  return { type: 'step_refused', refusals: [{ code: 'not_approved', step, message }] }
}

/** What stands against injecting a step whose ledger is not as it was sealed; null when all of it is there. */
export function lackingEntries(driver: Driver): Refusal | null {
  const step = stepOf(driver.run) ?? 0
  const seal = driver.run.steps[step]?.plan ?? null
  if (seal === null || isWhole(seal, driver.stepInjections)) return null
  const message = `the ledger of the step has ${driver.stepInjections.length} of its ${seal.count} entries, or others: nothing is injected`
  return { code: 'unreachable', step, message }
}

interface Written {
  readonly injections: readonly Omit<Injection, 'n' | 'plan'>[]
  readonly refusals: readonly Refusal[]
  readonly warnings: readonly string[]
  /** What has to be asked for before anything of it is written. */
  readonly asked: RunEvent | null
}

async function planNow(driver: Driver, run: Preparing): Promise<Written> {
  const { clock, config } = driver.engine
  const { step } = run
  const spec = run.suite.steps[step]
  if (spec === undefined) throw new TypeError(`the suite has no step ${step}`)
  const context = driver.context()
  const rules = rulesOf(context, run.suite)
  const inventory = await takeInventory(context, { ofNodes: faultName(spec.fault) === 'node-drain', rules, owners: ownersIn([spec]) })
  driver.targets.planned(step, inventory.pods)
  const beside = besideOf(driver)
  const planned = await planStep(driver.context(), { suite: run.suite, index: step, seed: run.seed, inventory, beside })
  const { injections, refusals: against, warnings } = planned
  const span = { step, from: clock.now(), to: clock.now() + longestStepMs(spec, injections) }
  const refusals: Refusal[] = [...against.map((refusal) => ({ ...refusal, step })), ...judgeTimes(rules, run.suite, [span])]
  for (const node of injections.flatMap((i) => i.targets.filter((t) => t.kind === 'Node'))) {
    const busy = await acquireLock(driver.engine, run, node.name)
    if (busy !== null) refusals.push({ ...busy, step })
  }
  if (refusals.length > 0) return { injections: [], refusals, warnings, asked: null }
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
  const asked = approvalOfStep(driver, run, planned)
  return { injections: injections.map((injection) => ({ ...injection, ...blank })), refusals, warnings, asked }
}

/** Whom the other steps of its group have at this moment. */
function besideOf({ run, whole }: Driver): readonly Held[] {
  const beside = whole.openInjections.filter(({ step }) => step !== stepOf(run))
  return [...Map.groupBy(beside, ({ step }) => step)].flatMap(([index, injections]) => {
    const step = run.suite.steps[index]
    return step === undefined ? [] : [heldBy(step, injections)]
  })
}

/** What goes wrong while nothing is injected yet ends the step, not the engine. */
export async function orStepRefused<Done extends RunEvent | null>(act: () => Promise<Done>): Promise<Done | RunEvent> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof FaultlineError) || error.code === 'lease_lost' || error instanceof StoreUnavailable) throw error
    return { type: 'step_refused', refusals: [{ ...asRefusal(error), step: null }] }
  }
}
