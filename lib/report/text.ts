import { haltCommandFor } from '../domain/halt-command.ts'
import { isUnmeasured, unmeasured } from '../domain/hypothesis.ts'
import type { Evidence, Injection, Target } from '../domain/injection.ts'
import { isOpen } from '../domain/injection.ts'
import { readinessText } from '../domain/readiness.ts'
import type { Run, StepRecord } from '../domain/run.ts'
import { isEnded } from '../domain/run.ts'
import { runReasonTexts } from '../domain/run-reasons.ts'
import { runScore } from '../domain/score.ts'
import type { Step } from '../domain/suite.ts'
import { faultName } from '../domain/suite.ts'
import { counted, printableText } from '../domain/text.ts'
import { approvalsOf } from './approval-document.ts'
import { approvalFacts } from './approval-text.ts'
import { clusterText } from './cluster-text.ts'
import { answerAfter, type RunRecord } from './document.ts'
import { dateAndTime, duration, lateness, timeOfDay } from './durations.ts'
import { howMuch } from './fault-description.ts'
import { figuresWithBefore } from './figures.ts'
import { lateUndoText } from './late-undo.ts'
import { leftOutText } from './left-out.ts'
import { figuresText, loadEndText } from './loads.ts'
import { steadyLines, summaryText } from './probe-text.ts'
import { ownReasons } from './reasons.ts'
import { findingText, scoreBasis } from './report-summary.ts'
import { table } from './table.ts'
import { variableText } from './variable-text.ts'

/** Makes the report that people read, over or not. Pure; lines end with a newline each. Nothing in it acts on a terminal, whatever a probe was answered. */
export function textReport(record: RunRecord): string {
  const { run, injections, history } = record
  const steps = run.steps.flatMap((step, index) =>
    stepLines({ run, step, index, injections: injections.filter((i) => i.step === index), samples: record.samples }),
  )
  const events = history.map((e) => `  ${dateAndTime(e.at)}  ${e.step === null ? '-' : e.step + 1}  ${e.type.padEnd(14)}  ${e.message}`)
  const lines = [
    ...headLines(record),
    '',
    ...timingTable(run),
    '',
    ...steadyLines(record),
    ...steps,
    'History (time, step, event)',
    ...events,
  ]
  return printableText(`${lines.map((line) => line.trimEnd()).join('\n')}\n`)
}

function headLines({ run, injections }: RunRecord): readonly string[] {
  const { suite, cluster, namespace, baseline, abort } = run
  const ended = isEnded(run)
  const took = ended
    ? `${dateAndTime(run.requestedAt)} to ${dateAndTime(run.endedAt)} (${duration(run.endedAt - run.requestedAt)})`
    : `${dateAndTime(run.requestedAt)}, not over`
  const open = injections.filter(isOpen)
  const score = runScore(run.steps)
  const late = lateUndoText(run.steps)
  return [
    `Faultline run ${run.id}: ${run.status.toUpperCase()}${cluster.simulated ? ' (simulated)' : ''}`,
    ...(ended ? runReasonTexts(run).map((reason) => `  because  ${reason}`) : []),
    '',
    `Suite      ${suite.name}${suite.description === '' ? '' : ` - ${suite.description}`}`,
    ...(suite.leftOut === undefined ? [] : [`Left out   ${leftOutText(suite.leftOut, suite.steps.length)}`]),
    ...(suite.variables ?? []).map((variable) => `Variable   ${variableText(variable)}`),
    `Cluster    ${clusterText(cluster)}, kube-system UID ${cluster.uid}`,
    `Namespace  ${namespace}`,
    `Seed       ${run.seed}`,
    `Started    by ${run.trigger.by} (${run.trigger.kind} ${run.trigger.key})`,
    ...approvalFacts(approvalsOf(run)).map(([name, value]) => `${name.replace(' by', '').padEnd(9)}  ${value}`),
    `Time       ${took}`,
    ...(baseline === null ? [] : [`Before     ${baseline.ready} of ${baseline.total} pods were ready`]),
    ...(abort === null ? [] : [`Aborted    ${dateAndTime(abort.at)} by ${abort.by} (${abort.reason})${ended ? '' : `: ${abort.detail}`}`]),
    ...(abort?.undoneAt === undefined ? [] : [`Undone     ${duration(abort.undoneAt - abort.at)} after the abort, with proof`]),
    ...(late === null ? [] : [`Late       ${late}`]),
    ...(run.loads ?? []).map(
      ({ name, end, figures }) =>
        `Load       ${name}: ${[loadEndText(end), figuresText(figures, 12)].filter((part) => part !== '').join('; ')}`,
    ),
    ...(suite.hypothesis === '' ? [] : [`Expected   ${suite.hypothesis}`]),
    ...(isUnmeasured(suite) ? [`Warning    ${unmeasured}`] : []),
    ...(score === null ? [] : [`Score      ${score} ${scoreBasis(run.steps)} (resilience)`]),
    ...(run.lease === null || ended ? [] : [`Driver     ${run.lease.owner}, lease until ${dateAndTime(run.lease.until)}`]),
    ended
      ? `Left over  ${run.orphans === 0 ? 'nothing (0 orphans)' : `${counted(run.orphans, 'orphan')} found and removed`}`
      : `Open       ${counted(open.length, 'injection')}; to end all chaos on ${clusterText(cluster)}: ${haltCommandFor(cluster)}`,
  ]
}

function timingTable(run: Run): readonly string[] {
  const rows = run.steps.map((step, index) => {
    const spec = run.suite.steps[index]
    return [
      String(index + 1),
      step.name,
      spec === undefined ? '' : faultName(spec.fault),
      step.verdict,
      spec === undefined ? '' : duration(spec.durationMs),
      span(step.activeAt, step.revertedAt),
      step.plannedEnd === null || step.revertedAt === null ? '-' : lateness(step.revertedAt - step.plannedEnd),
      span(step.revertedAt, step.recoveredAt),
      ...(run.suite.probes.length === 0 ? [] : [span(step.activeAt, step.detectedAt), step.score === null ? '-' : String(step.score)]),
    ]
  })
  return table(
    [
      '#',
      'step',
      'fault',
      'verdict',
      'planned',
      'active',
      'undone after',
      'recovery',
      ...(run.suite.probes.length === 0 ? [] : ['detected', 'score']),
    ],
    rows,
  )
}

function span(from: number | null, to: number | null): string {
  return from === null || to === null ? '-' : duration(to - from)
}

interface StepOfRun extends Pick<RunRecord, 'samples'> {
  readonly run: Run
  readonly step: StepRecord
  readonly index: number
  readonly injections: readonly Injection[]
}

function stepLines({ run, step, index, injections, samples }: StepOfRun): readonly string[] {
  const spec = run.suite.steps[index]
  const times = (['plannedAt', 'activeAt', 'plannedEnd', 'revertedAt', 'recoveredAt'] as const).flatMap((key) => {
    const at = step[key]
    return at === null ? [] : [`${timeNames[key]} ${timeOfDay(at)}`]
  })
  return [
    `Step ${index + 1}: ${step.name} (${spec === undefined ? '' : describeFault(spec)}): ${step.verdict}`,
    ...ownReasons(step).map((reason) => `  because     ${reason}`),
    ...(spec === undefined || spec.hypothesis === '' ? [] : [`  expected    ${spec.hypothesis}`]),
    ...(times.length === 0 ? [] : [`  times       ${times.join(', ')}`]),
    ...step.changes.map(({ at, target, message }) => `  meanwhile   ${timeOfDay(at)} ${target}: ${message}`),
    ...step.probes.map(
      (summary) =>
        `  probe       ${summaryText(run, summary, step.steady === null ? null : answerAfter(samples, { step: index, probe: summary.probe }))}`,
    ),
    ...(step.readiness === undefined ? [] : [`  readiness   ${readinessText(step.readiness)}`]),
    ...injections.flatMap(injectionLines),
    '',
  ]
}

const timeNames = {
  plannedAt: 'planned',
  activeAt: 'active',
  plannedEnd: 'planned end',
  revertedAt: 'undone',
  recoveredAt: 'recovered',
} as const

/** What a step does, in one phrase: `memory-exhaustion medium, 60 s`. */
export function describeFault(step: Step): string {
  const { fault } = step
  const more = fault.type === 'resource_exhaustion' ? ` ${howMuch(fault)}` : fault.type === 'network_partition' ? ` ${fault.kind}` : ''
  return `${faultName(fault)}${more}, ${duration(step.durationMs)}`
}

/** Names a target so that it can be found again: `Pod ns/name on node (UID)`. */
export function describeTarget({ kind, namespace, name, node, uid, container }: Target): string {
  if (kind === 'Node') return `Node ${name} (UID ${uid})`
  return `Pod ${namespace}/${name}${container === undefined ? '' : `, container ${container.name}`} on ${node} (UID ${uid})`
}

function injectionLines(injection: Injection): readonly string[] {
  const { armed, fuse } = injection
  const burns =
    armed === null
      ? fuse === null
        ? 'none needed'
        : `${fuse.namespace}/${fuse.name}, never armed`
      : `${armed.namespace}/${armed.name} (UID ${armed.uid}), to burn at ${dateAndTime(armed.burnsAt)}`
  return [
    `  injection ${injection.n}: ${injection.status}${injection.reason === null ? '' : ` (${injection.reason})`}`,
    ...injection.targets.map((target) => `    target    ${describeTarget(target)}`),
    `    fuse      ${burns}`,
    ...injection.evidence.flatMap(evidenceLines),
  ]
}

function evidenceLines({ phase, at, finding, summary, measurements }: Evidence): readonly string[] {
  const figures = figuresWithBefore(measurements)
  return [
    `    ${phase.padEnd(8)}  ${timeOfDay(at)}  ${said({ phase, finding })}${summary}`,
    ...(figures === '' ? [] : [`              figures    ${figures}`]),
  ]
}

function said(look: Pick<Evidence, 'phase' | 'finding'>): string {
  const finding = findingText(look)
  return finding === '' ? '' : `${finding}: `
}
