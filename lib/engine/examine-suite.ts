import type { ApprovalRequest } from '../domain/approval.ts'
import { needsRun, type ProbeSpec } from '../domain/probe.ts'
import type { ClusterRef } from '../domain/run.ts'
import type { Suite } from '../domain/suite.ts'
import { withoutPrometheus } from '../domain/without-prometheus.ts'
import type { FaultContext } from '../faults/fault.ts'
import type { Cluster } from '../ports.ts'
import { type Admission, examine, forbiddenBySwitch } from './acts/admit.ts'
import { approvalOf } from './acts/approval.ts'
import { standingIn } from './acts/others.ts'
import { rulesOf } from './acts/plan.ts'
import { askerFor, checkGates, checkSteadyBefore, type Steadiness } from './acts/steady.ts'
import type { Engine } from './engine.ts'

/** What stands for the id of a run in names of objects that do not exist yet. */
export const plannedRunId = 'plan'

/** The same for what is drawn at random. */
const plannedNonce = 'xxxxx'

/** What a run would do now, or why it would be refused. */
export interface Examined {
  /** The suite as a run would take it: without the optional probes that nothing could answer. */
  readonly suite: Suite
  /** Names of those probes. */
  readonly leftOut: readonly string[]
  /** Names of those that were not to be asked by this look. */
  readonly notAsked: readonly string[]
  /** With the refusals of switches and probes, too. */
  readonly admission: Admission
  readonly answers: Steadiness['answers']
  /** What of it would wait for a person; null: nothing. */
  readonly approval: ApprovalRequest | null
}

const neverSends: FaultContext['unfenced'] = () => Promise.reject(new TypeError('a plan changes nothing'))

/** Looks at everything that a start looks at, and changes nothing: `faultline plan`, and `plan` of the control function. */
export async function examineSuite(
  engine: Engine,
  {
    cluster,
    suite: given,
    seed,
    mayAsk = () => true,
    ref,
  }: {
    readonly cluster: Cluster
    /** Where it would be; left out: what is said of places by their names does not count. */
    readonly ref?: ClusterRef
    readonly suite: Suite
    readonly seed: number
    readonly mayAsk?: (probe: ProbeSpec) => boolean
  },
): Promise<Examined> {
  const { clock, config } = engine
  const { suite, leftOut } = config.prometheus.url === null ? withoutPrometheus(given) : { suite: given, leftOut: [] }
  const context = {
    cluster,
    ...(ref === undefined ? {} : { clusterName: ref.name }),
    clock,
    config,
    runId: plannedRunId,
    nonce: plannedNonce,
    namespace: suite.namespace,
    unfenced: neverSends,
  }
  const asks = (probe: ProbeSpec) => mayAsk(probe) && !needsRun(probe)
  const asker = askerFor(engine, { cluster, namespace: suite.namespace })
  const gates = rulesOf(context, suite).flatMap((rule) => rule.gates ?? [])
  const [switches, admission, steady, closed] = await Promise.all([
    forbiddenBySwitch(engine, { id: plannedRunId, suite }),
    examine(context, suite, seed, standingIn(engine)),
    checkSteadyBefore(asker, suite.probes.filter(asks), new AbortController().signal),
    checkGates(asker, gates.filter(mayAsk), new AbortController().signal),
  ])
  const refusals = [...switches, ...admission.refusals, ...steady.refusals, ...closed]
  const notAsked = [...suite.probes, ...gates].filter((probe) => !asks(probe)).map(({ name }) => name)
  const approval = ref === undefined ? null : approvalOf(config, { cluster: ref, suite }, admission.steps)
  return { suite, leftOut, notAsked, admission: { ...admission, refusals }, answers: steady.answers, approval }
}
