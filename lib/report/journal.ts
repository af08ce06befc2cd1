import type { Tolerance } from '../domain/probe.ts'
import type { ReportDocument, StepDocument } from './document.ts'
import type { ProbeDocument, SampleDocument } from './probe-document.ts'
import { faultWords } from './report-summary.ts'

/** The version of chaostoolkit-lib whose journal this is; consumers choose by it how to read. */
const journalVersion = '1.45.1'

interface Activity {
  readonly type: 'action' | 'probe'
  readonly name: string
  readonly provider: { readonly type: 'process'; readonly path: 'faultline'; readonly arguments: readonly string[] }
  readonly tolerance?: unknown
  readonly background?: boolean
}

interface ActivityRun {
  readonly activity: Activity
  readonly status: 'succeeded' | 'failed' | 'aborted'
  readonly start: string
  readonly end: string
  /** Seconds. */
  readonly duration: number
  readonly output: unknown
  readonly exception?: readonly string[]
  readonly tolerance_met?: boolean
}

interface SteadyState {
  readonly steady_state_met: boolean | null
  readonly probes: readonly ActivityRun[]
}

/** A Chaos Toolkit journal (https://chaostoolkit.org/reference/api/journal/), as `chaos report` and dashboards read it. */
export interface Journal {
  readonly 'chaoslib-version': string
  readonly platform: string
  readonly node: string
  readonly experiment: object
  readonly start: string
  readonly end: string
  readonly duration: number
  readonly status: 'completed' | 'failed' | 'aborted' | 'interrupted'
  readonly deviated: boolean
  readonly steady_states: { readonly before: SteadyState; readonly during: readonly SteadyState[]; readonly after: SteadyState }
  readonly run: readonly ActivityRun[]
  readonly rollbacks: readonly ActivityRun[]
}

/** Makes the journal: faults are actions, their reverts rollbacks, probes the steady-state hypothesis. Pure. */
export function journal(document: ReportDocument): Journal {
  const { requestedAt, cluster, namespace, samples, steps } = document
  const end = document.endedAt ?? document.history.at(-1)?.at ?? requestedAt
  const begun = steps.filter((step) => step.plannedAt !== null)
  const phase = (name: SampleDocument['phase']) => samples.filter((sample) => sample.phase === name)
  return {
    'chaoslib-version': journalVersion,
    platform: `Kubernetes, namespace ${namespace}`,
    node: cluster.name,
    experiment: experiment(document),
    start: requestedAt,
    end,
    duration: seconds(requestedAt, end),
    status: statusOf(document),
    deviated: samples.some((sample) => sample.phase !== 'before' && sample.within === false),
    steady_states: {
      before: steadyState(document, phase('before')),
      during: rounds(phase('during')).map((round) => steadyState(document, round)),
      after: steadyState(document, phase('after')),
    },
    run: begun.map((step) => actionRun(step, end)),
    rollbacks: begun.flatMap((step) => rollbackRun(step, document.abort?.at ?? end, end)),
  }
}

function experiment(document: ReportDocument): object {
  const { suite, steps, probes, namespace, run, verdict, score, cluster } = document
  return {
    version: '1.0.0',
    title: suite.name,
    description: suite.description === '' ? suite.name : suite.description,
    tags: ['faultline', `namespace:${namespace}`],
    'steady-state-hypothesis': {
      title: suite.hypothesis === '' ? 'The workload stays within its tolerances' : suite.hypothesis,
      probes: probes.map(probeActivity),
    },
    method: steps.map(action),
    rollbacks: steps.map(rollback),
    extensions: [{ name: 'faultline', run, verdict, score, cluster: cluster.uid }],
  }
}

/** `failed`: an activity did not do what it should; `interrupted`: a person or the run itself ended it early; `aborted`: it could not start. */
function statusOf({ verdict, endedAt }: ReportDocument): Journal['status'] {
  if (endedAt === null || verdict === 'aborted') return 'interrupted'
  if (verdict === 'refused') return 'aborted'
  return verdict === 'succeeded' ? 'completed' : 'failed'
}

function process(args: object): Activity['provider'] {
  const words = Object.entries(args).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return { type: 'process', path: 'faultline', arguments: words }
}

function action(step: StepDocument): Activity {
  return {
    type: 'action',
    name: step.name,
    provider: process({ fault: faultWords(step), ...step.params, duration: step.plannedMs / 1000 }),
  }
}

function rollback(step: StepDocument): Activity {
  return { type: 'action', name: `Undo: ${step.name}`, provider: process({ fault: step.fault, undo: true }) }
}

function probeActivity(probe: ProbeDocument): Activity {
  const { name, type, asks, allowed } = probe
  return { type: 'probe', name, tolerance: toleranceOf(probe.tolerance), provider: process({ probe: type, asks, allowed }) }
}

/** Comparisons have no form of their own in a journal: they become ranges, and stand as they are in the provider's arguments. */
function toleranceOf(tolerance: Tolerance): unknown {
  switch (tolerance.kind) {
    case 'value':
      return tolerance.value
    case 'regex':
      return { type: 'regex', pattern: tolerance.pattern }
    case 'range':
      return { type: 'range', range: [tolerance.min, tolerance.max] }
    case 'comparison':
      if (tolerance.op === '<' || tolerance.op === '<=') return { type: 'range', range: [-Number.MAX_VALUE, tolerance.value] }
      if (tolerance.op === '>' || tolerance.op === '>=') return { type: 'range', range: [tolerance.value, Number.MAX_VALUE] }
      return tolerance.op === '==' ? tolerance.value : { type: 'regex', pattern: `^(?!${tolerance.value}$)` }
  }
}

/** One look at all probes: a new one begins when a probe answers again. */
function rounds(samples: readonly SampleDocument[]): readonly (readonly SampleDocument[])[] {
  const all: SampleDocument[][] = []
  for (const sample of samples) {
    const last = all.at(-1)
    if (last === undefined || last.some((other) => other.probe === sample.probe)) all.push([sample])
    else last.push(sample)
  }
  return all
}

function steadyState({ probes }: ReportDocument, samples: readonly SampleDocument[]): SteadyState {
  const runs = samples.flatMap((sample) => {
    const probe = probes.find((one) => one.name === sample.probe)
    return probe === undefined ? [] : [probeRun(probe, sample)]
  })
  return { steady_state_met: runs.length === 0 ? null : runs.every((run) => run.tolerance_met === true), probes: runs }
}

function probeRun(probe: ProbeDocument, { at, value, within, message, tookMs }: SampleDocument): ActivityRun {
  const start = new Date(Date.parse(at) - tookMs).toISOString()
  return {
    activity: probeActivity(probe),
    status: value === null ? 'failed' : 'succeeded',
    start,
    end: at,
    duration: tookMs / 1000,
    output: value,
    ...(value === null ? { exception: [message] } : {}),
    tolerance_met: within === true,
  }
}

function actionRun(step: StepDocument, runEnd: string): ActivityRun {
  const start = step.plannedAt ?? runEnd
  const end = step.revertedAt ?? runEnd
  const failed = step.verdict === 'failed' || step.verdict === 'no_effect'
  return {
    activity: action(step),
    status: step.verdict === 'aborted' ? 'aborted' : failed ? 'failed' : 'succeeded',
    start,
    end,
    duration: seconds(start, end),
    output: { verdict: step.verdict, targets: step.targets.map((target) => target.name), evidence: step.evidence, score: step.score },
    ...(step.reasons.length === 0 ? {} : { exception: step.reasons }),
  }
}

function rollbackRun(step: StepDocument, abortedAt: string, runEnd: string): readonly ActivityRun[] {
  if (step.activeAt === null && step.revertedAt === null) return []
  const end = step.revertedAt ?? runEnd
  const start = [step.plannedEnd ?? end, abortedAt, end].sort()[0] ?? end
  const proof = step.evidence.filter((look) => look.phase === 'after')
  const proven = step.revertedAt !== null
  return [
    {
      activity: rollback(step),
      status: proven ? 'succeeded' : 'failed',
      start,
      end,
      duration: seconds(start, end),
      output: proof.map((look) => look.summary),
      ...(proven ? {} : { exception: ['not proven undone'] }),
    },
  ]
}

function seconds(from: string, to: string): number {
  return (Date.parse(to) - Date.parse(from)) / 1000
}
