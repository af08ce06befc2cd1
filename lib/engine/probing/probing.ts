import { openMembers, viewOf } from '../../domain/overlapping.ts'
import type { ProbeSample, ProbeSpec, ProbeSummary, SamplePhase, ThresholdCrossing, ThresholdSpec } from '../../domain/probe.ts'
import type { Readiness, ReadyCount } from '../../domain/readiness.ts'
import { readinessAt, readinessWatch, withCount } from '../../domain/readiness.ts'
import type { Run } from '../../domain/run.ts'
import { isEnded, stepOf } from '../../domain/run.ts'
import { addAnswer, asksDuring, blankSummary } from '../../domain/score.ts'
import type { ThresholdState } from '../../domain/threshold.ts'
import { calm, crossingText, follow, longestGapMs } from '../../domain/threshold.ts'
import { membersOf } from '../../domain/together.ts'
import type { RunEvent } from '../../domain/transition.ts'
import type { ProbePort } from '../../ports.ts'
import type { Answer } from './ask.ts'
import { ask } from './ask.ts'
import type { Probed } from './probed.ts'
import { SampleBuffer } from './sample-buffer.ts'

/** Looks again whether there is something to ask yet; the event that makes it so wakes what waits. */
const idleMs = 5_000
/** When something begins or ends, everybody looks at once. */
const turns: readonly RunEvent['type'][] = ['admitted', 'injected', 'reverted']
/** Each count is a request more: a short run takes one. Before its first fault what is there is what was admitted. */
const countingTurn: RunEvent['type'] = 'injected'

/**
 * Asks the run's probes while it goes on, each at its own pace and none waiting for another: a probe that hangs delays no other, no revert
 * least of all. Keeps what was answered, step by step, and follows the thresholds.
 */
export class Probing {
  readonly #driver: Probed
  readonly #port: ProbePort
  readonly #buffer: SampleBuffer
  readonly #memories = new Map<string, Map<string, unknown>>()
  readonly #summaries = new Map<string, ProbeSummary>()
  readonly #thresholds = new Map<string, ThresholdState>()
  readonly #counts = new Map<number, ReadyCount>()
  readonly #isSuccessor: boolean
  #nudge = new AbortController()
  #nudgeToCount = new AbortController()

  constructor(driver: Probed) {
    this.#driver = driver
    this.#port = driver.engine.probes({ cluster: driver.cluster, namespace: driver.run.namespace, runId: driver.run.id })
    this.#buffer = new SampleBuffer(driver)
    this.#isSuccessor = driver.run.status !== 'requested'
  }

  /** Asks again and again until `done`. A run that only reverts for a dead driver is not probed. */
  async watch(done: AbortSignal): Promise<void> {
    const { run } = this.#driver
    const probes = run.suite.probes.filter(asksDuring)
    if (run.abort !== null || isEnded(run)) return
    if (run.status !== 'requested') await this.#recall(done)
    const asked = run.suite.probes.length === 0 ? [this.#keepCounting(done)] : probes.map((probe) => this.#keepAsking(() => probe, done))
    await Promise.all([...asked, this.#buffer.keepFlushing(done)])
  }

  /** How few of the workload's pods were Ready from the step's plan until now; null in a run with probes, and while nothing was counted. */
  readiness(step: number): Readiness | null {
    const count = this.#counts.get(step)
    return count === undefined ? null : readinessAt(count, this.#driver.engine.clock.now())
  }

  /** What the probes of a step answered so far: while its fault was active, and once after it. */
  summaries(step: number): readonly ProbeSummary[] {
    return this.#driver.run.suite.probes.flatMap(({ name }) => this.#summaries.get(keyOf(step, name)) ?? [])
  }

  /** Asks these probes now, side by side; their answers are kept as the run's, in that phase. */
  async askAll(
    probes: readonly ProbeSpec[],
    { phase, signal }: { readonly phase: SamplePhase; readonly signal: AbortSignal },
  ): Promise<readonly (Answer & { readonly probe: ProbeSpec })[]> {
    const step = phase === 'before' ? null : stepOf(this.#driver.run)
    return Promise.all(
      probes.map(async (probe) => {
        const answer = await this.#ask(probe, signal)
        if (!signal.aborted) this.#keep(sampleOf(probe, answer, { step, phase }))
        return { ...answer, probe }
      }),
    )
  }

  /** Counts answers to a step that were not taken while its fault was active. */
  count(step: number, answers: readonly (Answer & { readonly probe: ProbeSpec })[]): void {
    for (const answer of answers) this.#summarise(step, answer.probe, answer)
  }

  /** A driver that handed over answers until it sees that it was succeeded, and stores that when it leaves: counts the step anew from the store. */
  async recount(step: number): Promise<void> {
    if (!this.#isSuccessor) return
    await this.flush()
    const stored = await this.#buffer.stored(new AbortController().signal)
    for (const probe of this.#driver.run.suite.probes) {
      const during = stored.filter((sample) => sample.probe === probe.name && sample.phase === 'during' && stepsOf(sample).includes(step))
      const key = keyOf(step, probe.name)
      if (during.length <= (this.#summaries.get(key)?.asked ?? 0)) continue
      this.#summaries.set(
        key,
        during.reduce((sum, sample) => addAnswer(sum, probe, sample), blankSummary(probe.name)),
      )
    }
  }

  /** Told of every recorded event. */
  noticed(event: RunEvent): void {
    if (event.type === 'handed_over') void this.flush()
    if (event.type === countingTurn) {
      this.#nudgeToCount.abort()
      this.#nudgeToCount = new AbortController()
    }
    if (!turns.includes(event.type)) return
    this.#nudge.abort()
    this.#nudge = new AbortController()
  }

  /** Stores what is not stored yet; gives up after a while, and never throws. */
  flush(): Promise<void> {
    return this.#buffer.flushWithin()
  }

  /** A suite without probes says nothing of its workload: its Ready pods are counted. */
  #keepCounting(done: AbortSignal): Promise<void> {
    const hasBegun = () => this.#driver.run.steps.some(({ activeAt }) => activeAt !== null)
    return this.#keepAsking(
      () => (hasBegun() ? readinessWatch(this.#driver.run) : null),
      done,
      () => this.#nudgeToCount.signal,
    )
  }

  /** `current`: null while it cannot be asked yet. */
  async #keepAsking(current: () => ProbeSpec | null, done: AbortSignal, wakes = () => this.#nudge.signal): Promise<void> {
    const { clock } = this.#driver.engine
    while (!done.aborted) {
      const nudge = wakes()
      const began = clock.now()
      const place = placeOf(this.#driver.run)
      const probe = place === null ? null : current()
      if (place !== null && probe !== null) {
        const answer = await this.#ask(probe, done)
        if (done.aborted) return
        this.#take(probe, sampleOf(probe, answer, place))
      }
      await clock.sleep(Math.max(0, began + (probe?.intervalMs ?? idleMs) - clock.now()), AbortSignal.any([done, nudge]))
    }
  }

  #take(probe: ProbeSpec, sample: ProbeSample): void {
    this.#keep(sample)
    this.#count(sample)
    if (sample.phase === 'during') for (const step of stepsOf(sample)) this.#summarise(step, probe, sample)
    for (const threshold of this.#driver.run.suite.thresholds) if (threshold.probe === probe.name) this.#follow(threshold, probe, sample)
  }

  /** The stop is asked for before anything is written down. */
  #follow(spec: ThresholdSpec, probe: ProbeSpec, sample: ProbeSample): void {
    const before = this.#thresholds.get(spec.name) ?? calm
    const { state, change } = follow(before, { spec, gapMs: longestGapMs(probe) }, sample)
    this.#thresholds.set(spec.name, state)
    const { name: threshold, op, limit, forMs, severity, action } = spec
    const seen = { threshold, probe: probe.name, value: Number(sample.value), op, limit, forMs }
    if (state.crossedAt !== null && action === 'abort' && sample.value !== null && mayAbort(this.#driver.run)) {
      this.#driver.requestStop({ reason: 'threshold', by: `probe ${probe.name}`, detail: crossingText(seen) })
    }
    if (change === null) return
    const since = (change === 'crossed' ? state.since : before.since) ?? sample.at
    const crossing: ThresholdCrossing = { ...seen, severity, action, since }
    const type = change === 'crossed' ? 'threshold_crossed' : 'threshold_recovered'
    this.#driver
      .record({ type, crossing })
      .catch((error: unknown) => this.#driver.note(`a threshold could not be recorded: ${String(error)}`))
  }

  /** Of a step from its plan on; of a group's to the end of all of it, as their recovery is judged then. */
  #count({ probe, step, at, value }: ProbeSample): void {
    const { baseline, steps, suite } = this.#driver.run
    if (readinessWatch(this.#driver.run)?.name !== probe || baseline === null || step === null) return
    for (const member of membersOf(suite.steps, step)) {
      if (at < (steps[member]?.plannedAt ?? Number.POSITIVE_INFINITY)) continue
      const count = withCount(this.#counts.get(member) ?? null, { at, value }, baseline.ready)
      if (count !== null) this.#counts.set(member, count)
    }
  }

  #keep(sample: ProbeSample): void {
    this.#buffer.add(sample)
    this.#driver.sampled(sample)
  }

  #summarise(step: number, probe: ProbeSpec, answer: Pick<ProbeSample, 'at' | 'value' | 'within'>): void {
    const key = keyOf(step, probe.name)
    this.#summaries.set(key, addAnswer(this.#summaries.get(key) ?? blankSummary(probe.name), probe, answer))
  }

  #ask(probe: ProbeSpec, signal: AbortSignal): Promise<Answer> {
    const memory = this.#memories.get(probe.name) ?? new Map<string, unknown>()
    this.#memories.set(probe.name, memory)
    return ask(probe, { port: this.#port, clock: this.#driver.engine.clock, signal, memory })
  }

  /** A driver that goes on for another comes to the same sums and thresholds from what that one stored. */
  async #recall(done: AbortSignal): Promise<void> {
    const { suite } = this.#driver.run
    const probes = new Map(suite.probes.map((probe) => [probe.name, probe]))
    for (const sample of await this.#buffer.stored(done)) {
      this.#count(sample)
      const probe = probes.get(sample.probe)
      if (probe === undefined || sample.step === null) continue
      if (sample.phase === 'during') for (const step of stepsOf(sample)) this.#summarise(step, probe, sample)
      for (const spec of suite.thresholds.filter((threshold) => threshold.probe === sample.probe)) {
        this.#thresholds.set(spec.name, follow(this.#thresholds.get(spec.name) ?? calm, { spec, gapMs: longestGapMs(probe) }, sample).state)
      }
    }
  }
}

/** Where in the run an answer belongs; null while nothing is asked (before the start is decided, and after the end). */
function placeOf(run: Run): (Pick<ProbeSample, 'beside' | 'phase'> & { readonly step: number }) | null {
  switch (run.status) {
    case 'overlapping': {
      const atWork = openMembers(run).filter((step) => placeOf(viewOf(run, step))?.phase === 'during')
      const step = atWork.at(-1)
      if (step === undefined) return { step: run.step, phase: run.members.length === 0 ? 'before' : 'after' }
      const beside = atWork.slice(0, -1)
      return { step, phase: 'during', ...(beside.length === 0 ? {} : { beside }) }
    }
    case 'preparing':
    case 'injecting':
      return { step: run.step, phase: 'before' }
    case 'holding':
      return { step: run.step, phase: 'during' }
    case 'reverting':
      return { step: run.step, phase: isUndone(run, run.step) ? 'after' : 'during' }
    case 'recovering':
    case 'resting':
    case 'verifying':
      return { step: run.step, phase: 'after' }
    default:
      return null
  }
}

/** The steps that an answer counts for: all whose faults were at work. */
function stepsOf({ step, beside = [] }: ProbeSample): readonly number[] {
  return step === null ? [] : [step, ...beside]
}

/** A fault that never bit has no "during" either. */
function isUndone(run: Run, step: number): boolean {
  const record = run.steps[step]
  return record === undefined || record.activeAt === null || record.revertedAt !== null
}

/** A run that reverts or ends anyway need not be stopped. */
function mayAbort(run: Run): boolean {
  return run.abort === null && ['preparing', 'injecting', 'holding', 'recovering', 'resting', 'overlapping'].includes(run.status)
}

function sampleOf(
  probe: ProbeSpec,
  { at, value, within, message, tookMs }: Answer,
  place: Pick<ProbeSample, 'step' | 'beside' | 'phase'>,
): ProbeSample {
  return { probe: probe.name, at, ...place, value, within, message, tookMs }
}

function keyOf(step: number, probe: string): string {
  return `${step} ${probe}`
}
