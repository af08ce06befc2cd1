import type { ProbeSpec } from '../../domain/probe.ts'
import type { Reason } from '../../domain/reason.ts'
import type { Refusal } from '../../domain/refusal.ts'
import type { Run } from '../../domain/run.ts'
import { stepOf } from '../../domain/run.ts'
import { asksAfter, asksBefore } from '../../domain/score.ts'
import { toleranceText } from '../../domain/tolerance.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { valueText } from '../../domain/value-text.ts'
import type { Engine } from '../engine.ts'
import type { Driver } from '../lease/driver.ts'
import type { Answer } from '../probing/ask.ts'
import { ask } from '../probing/ask.ts'
import { answersOfOthers, blockAt } from './group-answers.ts'

/** The shortest interval that a suite may give a probe. */
const againMs = 1_000

type Answered = Answer & { readonly probe: ProbeSpec }

/** What asks the probes; the driver's own probing, or a plan's. */
export interface Asker {
  askAll(probes: readonly ProbeSpec[], options: { readonly phase: 'before'; readonly signal: AbortSignal }): Promise<readonly Answered[]>
}

/** Asks without a run, for a plan. */
export function askerFor(engine: Pick<Engine, 'probes' | 'clock'>, place: Parameters<Engine['probes']>[0]): Asker {
  const port = engine.probes(place)
  return {
    askAll: (probes, { signal }) =>
      Promise.all(
        probes.map(async (probe) => ({ ...(await ask(probe, { port, clock: engine.clock, signal, memory: new Map() })), probe })),
      ),
  }
}

/** How the probes answered before the start, and what that has against it. */
export interface Steadiness {
  readonly answers: readonly Answered[]
  readonly refusals: readonly Refusal[]
}

/**
 * Asks whether the steady state holds before anything is done: every probe that is not within its tolerance, or cannot be measured, is a
 * reason against the start. Queries that are asked only later are tried too, so that one that Prometheus cannot read is known now.
 */
export async function checkSteadyBefore(asker: Asker, probes: readonly ProbeSpec[], signal: AbortSignal): Promise<Steadiness> {
  const later = probes
    .filter((probe) => !asksBefore(probe) && probe.source.type === 'prometheus')
    .map((probe) => ({ ...probe, retries: 0 }))
  const [answers, tried] = await Promise.all([
    asker.askAll(probes.filter(asksBefore), { phase: 'before', signal }),
    asker.askAll(later, { phase: 'before', signal }),
  ])
  const senseless = tried.filter(isSenseless)
  return {
    answers,
    refusals: [...answers.flatMap(refusalOf), ...senseless.flatMap(refusalOf)],
  }
}

/** Asks what the owner's rules want measured before a start; a gate that cannot be measured is closed. */
export async function checkGates(asker: Asker, gates: readonly ProbeSpec[], signal: AbortSignal): Promise<readonly Refusal[]> {
  const answers = await asker.askAll(gates, { phase: 'before', signal })
  return answers.flatMap(({ probe, within, value, message }): readonly Refusal[] => {
    if (within === true) return []
    const measured = within === null ? `measured nothing: ${message}` : `measured ${valueText(value, probe.unit)}`
    return [
      { code: 'guard', step: null, message: `gate ${probe.name} is closed: it ${measured}; needed: ${toleranceText(probe.tolerance)}` },
    ]
  })
}

/** Asking again would not help: the question itself is wrong, or not allowed. */
function isSenseless({ code }: Answered): boolean {
  return code === 'invalid' || code === 'forbidden' || code === 'bad_input'
}

function refusalOf(answer: Answered): readonly Refusal[] {
  const { probe, within, value, message } = answer
  if (within === true) return []
  if (isSenseless(answer)) return [unsteady(`probe ${probe.name} cannot be asked: ${message}`)]
  if (within === null) return [unsteady(`the steady state is unknown before the start: probe ${probe.name} measured nothing: ${message}`)]
  const measured = valueText(value, probe.unit)
  return [unsteady(`not steady before the start: probe ${probe.name} measured ${measured}; allowed: ${toleranceText(probe.tolerance)}`)]
}

function unsteady(message: string): Refusal {
  return { code: 'unsteady', step: null, message }
}

/**
 * Asks whether the steady state is there again after a fault. While something measured is out of tolerance it is asked again, as long as a
 * step may take to recover (null: not yet); what cannot be measured after its retries is not waited for.
 */
export async function checkSteadyAgain(driver: Driver): Promise<RunEvent | null> {
  const { clock } = driver.engine
  const { run, probing } = driver
  const step = stepOf(run) ?? 0
  const answers = await probing.askAll(run.suite.probes.filter(asksAfter), { phase: 'after', signal: driver.interrupted })
  if (driver.stop !== null) return null
  const off = answers.filter(({ within }) => within !== true)
  const giveUpAt = (run.steps[step]?.revertedAt ?? clock.now()) + run.suite.recoveryTimeoutMs
  if (off.some(({ within }) => within === false) && clock.now() + againMs < giveUpAt) {
    await driver.sleepUntil(clock.now() + againMs)
    return null
  }
  for (const one of blockAt(driver)) probing.count(one, answers)
  const finding = off.length === 0 ? 'yes' : off.some(({ within }) => within === false) ? 'no' : 'unknown'
  return {
    type: 'steady_checked',
    finding,
    reasons: off.map((answer) => reasonOf(answer, run)),
    probes: probing.summaries(step),
    ...answersOfOthers(driver),
  }
}

function reasonOf({ probe, within, value, message }: Answered, run: Run): Reason {
  if (within === null) return { code: 'steady_state_unknown_after', detail: `probe ${probe.name} measured nothing: ${message}` }
  const measured = `${valueText(value, probe.unit)} (allowed: ${toleranceText(probe.tolerance)})`
  const detail = `probe ${probe.name} still measured ${measured} when ${run.suite.recoveryTimeoutMs / 1000} s of recovery were over`
  return { code: 'steady_state_deviated', detail }
}
