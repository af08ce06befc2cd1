import { FaultlineError, FuseNotArmed, KubernetesError } from '../../domain/errors.ts'
import type { Evidence, Injection, TargetEvent } from '../../domain/injection.ts'
import { heldFor } from '../../domain/injection.ts'
import { recheckTimeOf } from '../../domain/next-action.ts'
import { causeOf } from '../../domain/reason.ts'
import type { Run } from '../../domain/run.ts'
import type { InjectedOutcome, RecheckedOutcome } from '../../domain/run-facts.ts'
import { awaitPods } from '../../faults/await-pods.ts'
import type { Fault, FaultContext } from '../../faults/fault.ts'
import { armFuse, setFuse } from '../../faults/fuse.ts'
import { fuseState } from '../../faults/fuse-state.ts'
import { noteBegun } from '../../faults/performed-actions.ts'
import { armingLeadMs, faults, leadMs, longestBiteMs, patienceOf } from '../../faults/registry.ts'
import { late, withDeadline } from '../../with-deadline.ts'
import type { Driver } from '../lease/driver.ts'
import { wasHalted } from '../lease/watchdog.ts'

/** The step counts from the first effect: seen the sooner, the less is guessed; each look is two calls. */
const evidencePollMs = 250
/** An injector's pod is Ready 0.9 to 2 s after its Job; one that is refused has no pod to tell, so it is looked for this often. */
const awaitedMs = 1_500
/** One that is there and not Ready yet has only to start: an image that must be pulled, a busy node. Its fuse is lengthened after each look. */
const startingMs = 5_000
/** Between two tries at an API server that said 429 or 5xx, or nothing: what it asks for in `Retry-After` most of the time. */
const againMs = 1_000

/**
 * Brings every injection of the step to `active`, `no_effect` or `failed`; null when the run was interrupted meanwhile.
 * 1. Each is injected and shown to bite, side by side. 2. Only when all of them bite the fuses are shortened: a fuse lasts as long as the
 * slowest injection that it owns.
 */
export async function injectStep(driver: Driver): Promise<readonly InjectedOutcome[] | null> {
  const outcomes = await Promise.all(driver.stepInjections.map((injection) => injectOne(driver, injection)))
  driver.throwIfLost()
  if (driver.stop === null && outcomes.every(({ status }) => status === 'active')) {
    const failures = await shortenFuses(driver)
    if (failures.length > 0) return (await wasHalted(driver)) ? null : failures
  }
  if (outcomes.some((o) => o.status === 'failed') && (await wasHalted(driver))) return null
  return driver.stop === null ? outcomes : null
}

/**
 * One injection, each step stored before the next begins:
 * 1. its fuse is armed, or, inherited from another driver, seen to burn; 2. that it begins is stored; 3. its fuse is given the time that
 * arming or a hand-over took; 4. people's switches are read; 5. the fault is put in place, and they are read once more right before each
 * call that does it; 6. the evidence is stored.
 */
async function injectOne(driver: Driver, planned: Injection): Promise<InjectedOutcome> {
  if (planned.status === 'active' || planned.status === 'no_effect' || planned.status === 'failed') return outcomeOf(driver, planned)
  let injection = planned
  try {
    injection = await arm(driver, injection)
    if (driver.stop !== null) return halted(injection)
    if (injection.status === 'planned') {
      injection = await driver.update(injection, { status: 'injecting', injectingAt: driver.engine.clock.now() })
      noteBegun(driver, injection)
    }
    injection = await coverPreparation(driver, injection)
    if (!(await driver.mayGoOn())) return halted(injection)
    const { evidence, injection: prepared } = await injectUntilItBites(driver, injection)
    injection = await driver.update(prepared, { evidence: keep(prepared, evidence) })
    return outcomeOf(
      driver,
      await driver.update(injection, evidence.finding === 'yes' ? { status: 'active' } : { status: 'no_effect', reason: evidence.summary }),
    )
  } catch (error) {
    driver.throwIfLost()
    if (!(error instanceof FaultlineError)) throw error
    const impossible = error.code === 'not_possible_here' ? ({ isImpossible: true } as const) : {}
    return outcomeOf(driver, await driver.update(injection, { status: 'failed', reason: error.message, ...impossible }))
  }
}

/** Never recorded as an outcome: the abort that stopped it is. */
function halted(injection: Injection): InjectedOutcome {
  return { n: injection.n, status: 'failed', reason: 'the run was stopped', measurements: [] }
}

/** The fuse covers the whole preparation first; its UID is stored before any object carries it. */
async function arm(driver: Driver, injection: Injection): Promise<Injection> {
  if (injection.fuse === null) return injection
  if (injection.armed !== null) {
    if ((await fuseState(driver.context(), injection.armed)) === 'burning') return injection
    throw new FuseNotArmed(
      `${injection.armed.namespace}/${injection.armed.name}`,
      'it was gone before this driver came: nothing more is made',
    )
  }
  const burnsAt = driver.engine.clock.now() + armingLeadMs(injection) - leadMs + neededMs(driver, injection)
  const armed = await armFuse(driver.interruptibleContext(), injection.fuse, { step: injection.step, role: 'fuse', burnsAt })
  return driver.update(injection, { armed, expiresAt: armed.burnsAt })
}

/** Once all of the step is active, its fuses need not outlast the planned end by more than the margin. Answers with what failed. */
async function shortenFuses(driver: Driver): Promise<readonly InjectedOutcome[]> {
  const fuses = new Map(driver.stepInjections.flatMap(({ armed }) => (armed === null ? [] : [[armed.uid, armed] as const])))
  const failures: InjectedOutcome[] = []
  for (const fuse of fuses.values()) {
    const owned = driver.stepInjections.filter(({ armed }) => armed?.uid === fuse.uid)
    try {
      const { marginMs } = driver.engine.config.fuse
      const move = () => setFuse(driver.context(), fuse, owned[0]?.step ?? 0, plannedEndOf(driver, owned) + marginMs)
      const armed = await patiently(driver, fuse.burnsAt - longestOf(driver, owned) - marginMs, move)
      for (const injection of owned) await driver.update(injection, { armed, expiresAt: armed.burnsAt })
    } catch (error) {
      driver.throwIfLost()
      if (!(error instanceof FaultlineError)) throw error
      for (const injection of owned)
        failures.push(outcomeOf(driver, await driver.update(injection, { status: 'failed', reason: error.message })))
    }
  }
  return failures
}

/** From now at the earliest: until all is recorded the step has not begun. */
function plannedEndOf(driver: Driver, owned: readonly Injection[]): number {
  return driver.engine.clock.now() + longestOf(driver, owned)
}

function longestOf(driver: Driver, owned: readonly Injection[]): number {
  return Math.max(...owned.map((injection) => durationOf(driver, injection)))
}

/** Repeats what an API server that is away, throttles or fails refused, for as long as the step can bear: the act is idempotent. */
async function patiently<T>(driver: Driver, giveUpAt: number, act: () => Promise<T>): Promise<T> {
  const { clock } = driver.engine
  for (;;) {
    try {
      return await act()
    } catch (error) {
      driver.throwIfLost()
      const isWorthIt = error instanceof KubernetesError && error.code === 'unavailable' && driver.stop === null
      if (!isWorthIt || clock.now() + againMs >= giveUpAt) throw error
      driver.note(`${error.message}; trying again`)
      await driver.sleepUntil(clock.now() + againMs)
    }
  }
}

/** What a fault that is being put in place needs of its fuse from now on. */
function neededMs(driver: Driver, injection: Injection): number {
  return leadMs + durationOf(driver, injection) + driver.engine.config.fuse.marginMs
}

/** What may pass between arming a fuse and injecting before it counts: deadlines are in whole seconds, and both are stored in between. */
const armingMs = 2_000

/** Before anything is done, the fuse gets the time that a slow POST or a hand-over took, and loses what its own pod did not need. */
async function coverPreparation(driver: Driver, injection: Injection): Promise<Injection> {
  const offMs = missingMs(driver, injection)
  return Math.abs(offMs) <= armingMs ? injection : moveAhead(driver, injection)
}

/** A preparation that goes on takes its fuse along, once half of the lead is used up. */
async function lengthenFuse(driver: Driver, injection: Injection): Promise<Injection> {
  return missingMs(driver, injection) < leadMs / 2 ? injection : moveAhead(driver, injection)
}

/** How much earlier than it should the fuse would burn. */
function missingMs(driver: Driver, injection: Injection): number {
  return injection.armed === null ? 0 : driver.engine.clock.now() + neededMs(driver, injection) - injection.armed.burnsAt
}

async function moveAhead(driver: Driver, injection: Injection): Promise<Injection> {
  if (injection.armed === null) return injection
  const now = driver.engine.clock.now()
  const needed = neededMs(driver, injection)
  const armed = await setFuse(driver.context(), injection.armed, injection.step, now + needed)
  return driver.update(injection, { armed, expiresAt: armed.burnsAt })
}

interface Prepared {
  readonly evidence: Evidence
  readonly injection: Injection
}

async function injectUntilItBites(driver: Driver, planned: Injection): Promise<Prepared> {
  let injection = planned
  const { clock } = driver.engine
  const fault: Fault = faults[injection.fault]
  const { insist } = patienceOf(injection)
  const context = driver.interruptibleContext()
  const giveUpAt = (injection.injectingAt ?? clock.now()) + longestBiteMs(injection, durationOf(driver, injection))
  await patiently(driver, giveUpAt, () => fault.inject(context, injection))
  let shows = fault.biteShows?.(injection)
  const untilWorthALook = async () => {
    const wait = { pollMs: evidencePollMs, maxMs: awaitedMs, moreMs: startingMs, signal: driver.interrupted }
    if (shows === undefined) await clock.sleep(evidencePollMs, wait.signal)
    else if (await awaitPods(context, shows, wait)) shows = undefined
  }
  // What shows on pods is not to be seen before they are there.
  if (shows !== undefined) await untilWorthALook()
  for (;;) {
    const evidence = await patiently(driver, giveUpAt, () => fault.evidence(context, injection, 'during'))
    driver.throwIfLost()
    if (evidence.finding === 'yes' || driver.stop !== null || clock.now() + evidencePollMs >= giveUpAt) return { evidence, injection }
    await untilWorthALook()
    if (driver.stop !== null) return { evidence, injection }
    injection = await lengthenFuse(driver, injection)
    if (insist) await patiently(driver, giveUpAt, () => fault.inject(context, injection))
  }
}

/**
 * Looks again just before the planned end. What has not answered by then never delays the revert: it is `unknown`, unless the bite itself
 * was known so late in the step.
 */
export async function recheckStep(driver: Driver, run: Extract<Run, { status: 'holding' }>): Promise<readonly RecheckedOutcome[]> {
  const { revertAt } = run
  return Promise.all(
    driver.stepInjections.map(async (injection) => {
      const { clock } = driver.engine
      const seen = await withDeadline(clock, revertAt - clock.now(), look(driver.context(), injection), driver.interrupted)
      const evidence = seen === late ? unanswered(driver, injection, recheckTimeOf(run)) : seen
      return rechecked(driver, injection, evidence)
    }),
  )
}

/** Stores what was seen of a fault that is held, and says why it ended where that is known. */
export async function rechecked(driver: Driver, injection: Injection, evidence: Evidence): Promise<RecheckedOutcome> {
  await driver.update(injection, { evidence: keep(injection, evidence) })
  const cause = causeOf([...(evidence.events ?? []), ...changesOf(driver, injection)])
  return { n: injection.n, finding: evidence.finding, summary: evidence.summary, ...(cause === undefined ? {} : { cause }) }
}

/** What the watch saw of the injection's targets and their nodes. */
function changesOf(driver: Driver, { step, targets }: Injection): readonly TargetEvent[] {
  const names = new Set(targets.flatMap(({ name, node }) => [name, node]))
  return driver.run.steps[step]?.changes.filter(({ target }) => names.has(target)) ?? []
}

async function look(context: FaultContext, injection: Injection): Promise<Evidence> {
  try {
    return await faults[injection.fault].evidence(context, injection, 'end')
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return { phase: 'end', at: context.clock.now(), finding: 'unknown', summary: error.message, measurements: [] }
  }
}

function unanswered(driver: Driver, { evidence }: Injection, recheckAt: number): Evidence {
  const bite = evidence.find(({ phase, finding, at }) => phase === 'during' && finding === 'yes' && at >= recheckAt)
  if (bite !== undefined) return { ...bite, phase: 'end' }
  return { phase: 'end', at: driver.engine.clock.now(), finding: 'unknown', summary: 'no answer before the planned end', measurements: [] }
}

/** One piece of evidence per phase: the newest. */
export function keep(injection: Injection, evidence: Evidence): readonly Evidence[] {
  return [...injection.evidence.filter((e) => e.phase !== evidence.phase), evidence]
}

function durationOf(driver: Driver, injection: Injection): number {
  return driver.run.suite.steps[injection.step]?.durationMs ?? 0
}

function outcomeOf(driver: Driver, injection: Injection): InjectedOutcome {
  const { n, status, reason, evidence, isImpossible } = injection
  if (status !== 'active' && status !== 'no_effect' && status !== 'failed') throw new TypeError(`injection ${n} is ${status}`)
  const during = evidence.find((e) => e.phase === 'during')
  const seen =
    during === undefined
      ? {}
      : { finding: during.finding, ...(during.finding === 'yes' ? { biteAt: begunAt(driver, injection, during) } : {}) }
  const impossible = isImpossible === true ? { isImpossible } : {}
  return { n, status, ...seen, reason, ...impossible, measurements: during?.measurements ?? [] }
}

/** So long an injector may need to prove an effect that it has (probes before and with it, a rate over some seconds). */
const proofMs = 5_000

/**
 * When the effect began on the target that was hit last, by the injector's own figure, which is a duration: it needs no clocks that agree.
 * An effect that was seen much later than it could be proven (no log could be read) counts from its proof, less `proofMs` and less half of
 * the step at most: every fault is seen while it is held, and once more before its end.
 */
function begunAt(driver: Driver, injection: Injection, { at, measurements }: Evidence): number {
  const held = measurements.flatMap(({ name, value }) => (name === heldFor ? [Number(value)] : []))
  return at - Math.min(held.length === 0 ? 0 : Math.min(...held), proofMs, durationOf(driver, injection) / 2)
}
