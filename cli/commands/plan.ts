import { faultName } from '../../lib/domain/suite.ts'
import { plannedMs } from '../../lib/domain/together.ts'
import { examineSuite } from '../../lib/engine/examine-suite.ts'
import { probeDocument } from '../../lib/report/probe-document.ts'
import type { OtherTimes } from '../../lib/suite/other-times.ts'
import type { PartFlags } from '../../lib/suite/part-of-suite.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { readSuite, type SuiteFlags, type SuiteSource, seedOf, type VariableFlags, withSuiteFlags } from '../suite-file.ts'
import { printPainted, type Terminal } from '../terminal.ts'
import { painter } from '../view/paint.ts'
import { madeObjects, type Plan, planLines } from '../view/plan-view.ts'

export interface PlanFlags extends WorkFlags, SuiteFlags {}

/** Longer lines of prose are hard to read, however wide the terminal. */
const widestText = 120

/** `faultline plan SUITE`: what a run would do to whom and for how long, or why it would be refused. Changes nothing. */
export async function planSuite(
  named: string | undefined,
  flags: PlanFlags & OtherTimes & VariableFlags & PartFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  return planParsed(await readSuite(named, flags, terminal), flags, terminal)
}

/** As `planSuite`, of a suite that was read already. */
export async function planParsed(source: SuiteSource, flags: PlanFlags, terminal: Terminal): Promise<ExitCode> {
  const { file, cluster } = source
  const { suite, warnings } = withSuiteFlags(source, flags)
  const say = sayer(flags, terminal)
  for (const warning of warnings) say(`warning: ${warning}`)
  return withComposition(flags, terminal, async (composition) => {
    const { clusters } = composition
    composition.checkGuards()
    const chosen = await (cluster === undefined ? clusters.choose() : clusters.chooseAgain(cluster))
    const seed = seedOf(flags)
    const engine = composition.engine(chosen.ref)
    const examined = await examineSuite(engine, { cluster: chosen.cluster, ref: chosen.ref, suite, seed })
    return tellPlan({ ...examined, file, seed, cluster: chosen.ref, fuse: engine.config.fuse }, flags, terminal)
  })
}

/** What a run would do, or why it would be refused. */
export function tellPlan(plan: Plan, flags: { readonly json?: boolean }, terminal: Terminal): ExitCode {
  if (flags.json === true) printJson(terminal, planDocument(plan))
  else
    for (const line of planLines(plan, Math.min(widestText, terminal.out.columns), painter(terminal.hasColour)))
      printPainted(terminal.out, line)
  return plan.admission.refusals.length > 0 ? exitCodes.refused : exitCodes.succeeded
}

function planDocument({ suite, seed, cluster, admission, answers, leftOut, approval = null }: Plan): object {
  const { refusals, warnings, baseline, steps } = admission
  return {
    verdict: refusals.length === 0 ? 'ready' : 'refused',
    suite: suite.name,
    namespace: suite.namespace,
    cluster: { name: cluster.name, simulated: cluster.simulated },
    seed,
    plannedMs: plannedMs(suite),
    maxDurationMs: suite.maxDurationMs,
    ...(suite.variables === undefined ? {} : { variables: suite.variables }),
    ...(suite.leftOut === undefined ? {} : { stepsLeftOut: suite.leftOut }),
    baseline,
    refusals,
    approval,
    warnings,
    hypothesis: suite.hypothesis,
    probes: suite.probes.map((probe) => {
      const { value = null, within = null, message = 'not asked before the start' } = answers.find((a) => a.probe.name === probe.name) ?? {}
      return { ...probeDocument(probe), now: { value, within, message } }
    }),
    thresholds: suite.thresholds,
    leftOut,
    steps: steps.map((planned) => {
      const step = suite.steps[planned.step]
      if (step === undefined) throw new TypeError(`the suite has no step ${planned.step}`)
      const fault = faultName(step.fault)
      return {
        name: step.name,
        fault,
        durationMs: step.durationMs,
        intervalMs: step.intervalMs,
        targets: planned.injections.flatMap((injection) => injection.targets),
        makes: planned.injections.flatMap((injection) => madeObjects(injection)),
        evidence: planned.injections.flatMap((injection) => injection.evidence),
        warnings: planned.warnings,
        refusals: planned.refusals,
      }
    }),
  }
}
