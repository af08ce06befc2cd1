import { toApproveText } from '../../lib/domain/approval.ts'
import type { ProbeSource, ProbeSpec } from '../../lib/domain/probe.ts'
import { faultName } from '../../lib/domain/suite.ts'
import { plannedMs } from '../../lib/domain/together.ts'
import { examineSuite } from '../../lib/engine/examine-suite.ts'
import type { WholePlan } from '../../lib/remote/interface.ts'
import { actionTexts } from '../../lib/report/fault-description.ts'
import type { Answer } from './answers.ts'
import type { Invocation } from './compose.ts'
import type { ControlInput } from './inputs.ts'
import { changedSuite } from './suites.ts'

type Asked = Extract<ControlInput, { action: 'plan' }>

/** What a run of the suite would do now, or why it would be refused. Changes nothing. */
export async function plan(input: Asked, invocation: Invocation): Promise<Answer> {
  const { suite: wanted, cluster: name, seed = 1 } = input
  const { suite: found, warnings: changes } = await changedSuite(input, invocation)
  const { ref, cluster } = await invocation.clusters.reach(name)
  // A plan changes nothing; what an address that came along does when it is asked, only a packaged suite's owner knows.
  const mayAsk = ({ source }: ProbeSpec) => typeof wanted === 'string' || !namesAddress(source)
  const examined = await examineSuite(invocation.engine(ref), { cluster, ref, suite: found, seed, mayAsk })
  const { suite, leftOut, notAsked, admission, approval } = examined
  const { config } = invocation.engine(ref)
  const whole: WholePlan = { ...examined, changes, seed, cluster: ref, fuse: config.fuse }
  const { refusals, warnings } = admission
  return {
    happened:
      refusals.length === 0 ? `suite ${suite.name} could start now` : `suite ${suite.name} would be refused for ${refusals.length} reasons`,
    next: refusals.length === 0 ? 'invoke start' : 'remove what the refusals name',
    refusals,
    approval: approval === null ? [] : approval.steps.filter(({ why }) => why.length > 0).map(toApproveText),
    warnings,
    baseline: admission.baseline,
    ...(suite.variables === undefined ? {} : { variables: suite.variables }),
    ...(suite.leftOut === undefined ? {} : { stepsLeftOut: suite.leftOut }),
    probesLeftOut: leftOut,
    probesNotAsked: notAsked,
    plannedSeconds: plannedMs(suite) / 1000,
    steps: admission.steps.map(({ step, injections, warnings }) => {
      const spec = suite.steps[step]
      return {
        name: spec?.name,
        fault: spec === undefined ? null : faultName(spec.fault),
        targets: injections.flatMap((injection) => injection.targets.map((target) => target.name)),
        does: spec === undefined ? [] : actionTexts(spec.fault, injections),
        warnings,
      }
    }),
    ...(input.whole === true ? { plan: whole } : {}),
  }
}

function namesAddress(source: ProbeSource): boolean {
  return source.type === 'http' || (source.type === 'prometheus' && source.url !== null)
}
