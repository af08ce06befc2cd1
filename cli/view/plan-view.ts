import type { Config } from '../../lib/config.ts'
import { shortPlan } from '../../lib/domain/approval.ts'
import { targetLabel } from '../../lib/domain/labels.ts'
import { checkName } from '../../lib/domain/names.ts'
import type { Refusal } from '../../lib/domain/refusal.ts'
import { asksDuring } from '../../lib/domain/score.ts'
import type { FaultName, Step, Suite } from '../../lib/domain/suite.ts'
import { faultName } from '../../lib/domain/suite.ts'
import { counted } from '../../lib/domain/text.ts'
import { thresholdText } from '../../lib/domain/threshold.ts'
import { plannedMs } from '../../lib/domain/together.ts'
import { sourceText, toleranceText } from '../../lib/domain/tolerance.ts'
import { valueText } from '../../lib/domain/value-text.ts'
import type { PlannedStep } from '../../lib/engine/acts/plan.ts'
import { type Examined, plannedRunId } from '../../lib/engine/examine-suite.ts'
import type { PlannedInjection } from '../../lib/faults/fault.ts'
import { leadMs } from '../../lib/faults/registry.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { duration } from '../../lib/report/durations.ts'
import { actionTexts } from '../../lib/report/fault-description.ts'
import { figuresInShort } from '../../lib/report/figures.ts'
import { leftOutText } from '../../lib/report/left-out.ts'
import { describeFault, describeTarget } from '../../lib/report/text.ts'
import { variableText } from '../../lib/report/variable-text.ts'
import { emptyLine, line, noPaint, type Paint, type Painted, type Tone, wholeLine, wrapped } from './paint.ts'

export interface Plan extends Examined {
  readonly file: string
  readonly seed: number
  readonly cluster: { readonly name: string; readonly simulated: boolean }
  readonly fuse: Pick<Config['fuse'], 'marginMs'>
}

/** How each fault is shown to bite and to be gone, without an injector where there is a choice. */
const proofs: Readonly<Record<FaultName, readonly [string, string]>> = {
  'network-partition': ['the canary (pod proxy of the API server) is refused', 'fuse, policy and labels gone, canary answers again'],
  'pod-delete': ['UID terminating or gone', 'replacements Ready'],
  'pod-kill': ['restart count and exit signal', 'container running, no residue on the node'],
  crashloop: ['CrashLoopBackOff or 2 restarts', 'running again, no residue on the node'],
  'pod-pause': ['its cgroup is frozen, no answer from outside', 'running again, no residue on the node'],
  'node-drain': ['cordoned, no evictable pod left', 'schedulable as before, fuse gone'],
  'cpu-exhaustion': ["the target's own cgroup figures", 'no residue on the node'],
  'memory-exhaustion': ["the target's own cgroup figures", 'no residue on the node'],
  'disk-exhaustion': ['df in the target', 'file gone'],
  'network-degradation': ['measured round trip or loss', 'measured again, qdisc gone'],
  'dns-failure': ['queries from the target fail, others do not', 'queries answered again, no rule left'],
  'http-fault': ['requests from outside are met, others are not', 'requests pass again, no rule left'],
  'network-exhaustion': ['measured rate', 'qdisc gone'],
}

/** What a run would do to whom and for how long. Pure. */
export function planLines(plan: Plan, width: number, paint: Paint = noPaint): readonly Painted[] {
  const { suite, file, seed, cluster, admission } = plan
  const { refusals, baseline, steps } = admission
  const general = refusals.filter((refusal) => refusal.step === null)
  return [
    line(paint, width, 'Plan of ', ['strong', suite.name], ` (${file})`),
    ...plainLines(`on ${clusterText(cluster)}, namespace ${suite.namespace}, seed ${seed} (the same targets again: --seed ${seed})`, {
      width,
      paint,
    }),
    ...plainLines(`${baseline.ready} of ${baseline.total} pods are ready. Nothing is changed by planning.`, { width, paint }),
    ...(suite.leftOut === undefined ? [] : plainLines(leftOutText(suite.leftOut, suite.steps.length), { width, paint })),
    ...(suite.variables ?? []).flatMap((variable) => plainLines(variableText(variable), { width, paint })),
    emptyLine,
    ...steadyLines(plan, { width, paint }),
    ...steps.flatMap((planned) => stepPlanLines(plan, planned, { width, paint })),
    ...timeLines(suite, { width, paint }),
    ...(steps.length > 1
      ? plainLines('Targets are fixed when their step begins: pods that an earlier step replaces are drawn anew, by the same seed.', {
          width,
          paint,
        })
      : []),
    ...admission.warnings.flatMap((text) => hanging('warning', text, { width, paint, tone: 'warn' })),
    ...approvalLines(plan, { width, paint }),
    ...general.flatMap((refusal) => refusalLines(refusal, width, paint)),
    emptyLine,
    refusals.length === 0
      ? line(paint, width, ['good', 'Nothing speaks against this run now.'])
      : line(paint, width, ['bad', `REFUSED: a run would not start (${counted(refusals.length, 'reason')}).`]),
  ]
}

/** What a run would be asked for before it begins. */
function approvalLines({ approval, suite }: Plan, look: Look): readonly Painted[] {
  if (approval === null) return []
  const steps = approval.steps.filter(({ why }) => why.length > 0)
  return [
    ...steps.flatMap((step) => hanging('approval', `${step.name}: ${step.why.join('; ')}`, { ...look, tone: 'warn' })),
    ...plainLines(
      `A run waits for a person's word (plan ${shortPlan(approval.plan)}): type ${suite.namespace}, or say --confirm ${suite.namespace}.`,
      look,
    ),
  ]
}

function timeLines(suite: Suite, look: Look): readonly Painted[] {
  const { graceBeforeMs, graceAfterMs, recoveryTimeoutMs, maxDurationMs } = suite
  const text = `Total: about ${duration(plannedMs(suite))} (grace before ${duration(graceBeforeMs)} and after ${duration(graceAfterMs)} included), plus injecting and recovery, up to ${duration(recoveryTimeoutMs)} a step. Aborted and undone after ${duration(maxDurationMs)} at the latest.`
  return plainLines(text, look)
}

/** What the steady state is measured by, as it is now, and what ends the run. */
function steadyLines({ suite, answers, leftOut }: Plan, { width, paint }: Look): readonly Painted[] {
  const { hypothesis, probes, thresholds } = suite
  if (hypothesis === '' && probes.length === 0 && leftOut.length === 0) return []
  const row = (label: string, text: string, tone: Tone = 'plain') => hanging(label, text, { width, paint, tone })
  return [
    line(paint, width, ['strong', 'Steady state'], hypothesis === '' ? '' : `  ${hypothesis}`),
    ...probes.flatMap((probe) => {
      const answer = answers.find((found) => found.probe.name === probe.name)
      const now = answer === undefined ? '' : `; now: ${answer.within === null ? answer.message : valueText(answer.value, probe.unit)}`
      const when = asksDuring(probe) ? `${probe.mode}, every ${duration(probe.intervalMs)}` : probe.mode
      const text = `${probe.name}: ${sourceText(probe.source)}; allowed: ${toleranceText(probe.tolerance)} (${when})${now}`
      return row('probe', text, answer === undefined || answer.within === true ? 'plain' : 'bad')
    }),
    ...(leftOut.length === 0 ? [] : row('without', `${leftOut.join(', ')}: no Prometheus is configured (--prometheus-url)`)),
    ...thresholds.flatMap((spec) =>
      row(
        'threshold',
        `${thresholdText(spec)} (${spec.severity}): ${spec.action === 'abort' ? 'everything is reverted, the run ends' : 'told'}`,
      ),
    ),
    emptyLine,
  ]
}

function plainLines(text: string, { width, paint }: Look): readonly Painted[] {
  return wrapped(text, width, '').map((part) => paint('plain', part))
}

interface Look {
  readonly width: number
  readonly paint: Paint
}

function stepPlanLines(plan: Plan, planned: PlannedStep, { width, paint }: Look): readonly Painted[] {
  const step = plan.suite.steps[planned.step]
  if (step === undefined) return []
  const [bite, undone] = proofsOf(faultName(step.fault), planned.injections)
  const row = (label: string, text: string, tone: Tone = 'plain') => hanging(label, text, { width, paint, tone })
  const refused = plan.admission.refusals.filter((refusal) => refusal.step === planned.step)
  const { injections, warnings } = planned
  const fuses = injections.flatMap((injection) => (injection.fuse === null ? [] : [injection.fuse]))
  return [
    line(paint, width, ['strong', `${planned.step + 1}. ${step.name}`], `  ${describeFault(step)}`),
    ...injections.flatMap((injection) => injection.targets.flatMap((target) => row('target', describeTarget(target)))),
    ...actionTexts(step.fault, injections).flatMap((text) => row('does', text)),
    ...[...new Set(injections.flatMap((injection) => madeObjects(injection)))].flatMap((text) => row('makes', text)),
    ...(injections.length === 0
      ? []
      : row('fuse', fuses.length === 0 ? 'none: nothing is left behind that could be undone' : fuseText(planned, step, plan.fuse))),
    ...(injections.length === 0
      ? []
      : row('before', figuresInShort(injections.flatMap((i) => i.evidence.flatMap((e) => e.measurements))) || 'not injected yet')),
    ...(injections.length === 0 ? [] : [...row('bites if', bite), ...row('gone if', undone)]),
    ...(step.intervalMs > 0 && planned.step < plan.suite.steps.length - 1 ? row('then', `rest ${duration(step.intervalMs)}`) : []),
    ...warnings.flatMap((warning) => row('warning', warning, 'warn')),
    ...refused.flatMap((refusal) => refusalLines(refusal, width, paint, '   ')),
    emptyLine,
  ]
}

/** The longest that the fault can outlive its runner. */
function fuseText({ injections }: PlannedStep, step: Step, fuse: Plan['fuse']): string {
  const label = injections.some(({ undo }) => undo.kind === 'policy')
    ? '; a label on its targets stays, inert, until "faultline reap" or the next run there'
    : ''
  const whole = leadMs + step.durationMs + fuse.marginMs
  return `ends it at most ${duration(whole)} after a runner that dies before it is active; once active, ${duration(fuse.marginMs)} after the planned end${label}`
}

/** What a run would make for one injection, in words; names carry RUN for the id that the run will have. */
export function madeObjects({ fuse, undo, targets }: PlannedInjection): readonly string[] {
  const named = (text: string) => text.replace(`faultline-${plannedRunId}-`, 'faultline-RUN-')
  const [first] = targets
  const pod = fuse?.pod ? `one pod of ${fuse.pod.image}` : 'no pod'
  const made = [
    ...(fuse === null ? [] : [`Job ${fuse.namespace}/${named(fuse.name)} (fuse, ${pod})`]),
    ...(undo.kind === 'policy'
      ? [`NetworkPolicy ${fuse?.namespace ?? ''}/${named(undo.policy)}`, `label ${targetLabel} on ${each(targets.length)}`]
      : []),
    ...(undo.kind === 'injector'
      ? [`Job ${fuse?.namespace ?? ''}/${named(undo.job)} (injector, privileged, on ${undo.node}), later ${checkName(named(undo.job))}`]
      : []),
    ...(first?.kind === 'Node' ? [`cordon of ${targets.map((t) => t.name).join(', ')}, evictions of its pods`] : []),
  ]
  return made.length === 0 ? ['nothing; it deletes the targets by UID'] : made
}

function each(targets: number): string {
  return targets === 1 ? 'the target' : `each of the ${targets} targets`
}

/** How it is shown to bite, and to be gone. */
function proofsOf(fault: FaultName, injections: readonly PlannedInjection[]): readonly [string, string] {
  const byInjector = injections.some((injection) => injection.undo.kind === 'injector')
  if (fault === 'network-partition' && byInjector)
    return ['nothing gets through, measured in the target', 'it gets through again, no rule left']
  return proofs[fault]
}

function refusalLines({ code, message }: Refusal, width: number, paint: Paint, indent = ''): readonly Painted[] {
  const [first = '', ...rest] = wrapped(`refused (${code}): ${message}`, width, indent)
  return [first, ...rest.map((text) => `  ${text}`)].map((text) => paint('bad', text))
}

function hanging(label: string, text: string, { width, paint, tone }: Look & { readonly tone: Tone }): readonly Painted[] {
  const indent = ' '.repeat(13)
  const [first = '', ...rest] = wrapped(text, width, indent)
  return [
    wholeLine(paint, '   ', ['faint', label.padEnd(9)], ' ', [tone, first.slice(indent.length)]),
    ...rest.map((more) => paint(tone, more)),
  ]
}
