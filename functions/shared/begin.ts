import { defaultConfig } from '../../lib/config.ts'
import { type Actor, actorText } from '../../lib/domain/actor.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Refusal } from '../../lib/domain/refusal.ts'
import type { ClusterRef, Run } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import { drive } from '../../lib/engine/drive.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import { isTaken } from '../../lib/engine/lease/claim.ts'
import { handOverAtOnce } from '../../lib/engine/lease/hand-over.ts'
import { recordRefused, type StartRequest, start } from '../../lib/engine/start.ts'
import { type Answer, drivenAnswer, runLine } from './answers.ts'
import { actorOf } from './caller.ts'
import { giveUpAfterMs, type Invocation } from './compose.ts'
import type { StartInput } from './inputs.ts'
import { findSuite } from './suites.ts'

/** Starts a run, or finds the one that the same request started, and drives it as long as this invocation may last. */
export async function begin(input: StartInput, invocation: Invocation): Promise<Answer> {
  refuseFuture(input, invocation)
  const suite = await findSuite(invocation.settings.suites, input.suite, input.set)
  return beginSuite(suite, { ...input, isPackaged: typeof input.suite === 'string' && input.set === undefined }, invocation)
}

/** `id`: what the same request has again, where the asker says so. */
type BeginInput = StartInput & { readonly id?: string }

/** As `begin`, of a suite that is known already; guarded in the same way. */
export async function beginSuite(
  suite: Suite,
  input: BeginInput & { readonly isPackaged?: boolean },
  invocation: Invocation,
): Promise<Answer> {
  if (invocation.settings.deployment.packagedSuitesOnly && input.isPackaged !== true)
    return refuse(input, { suite, invocation, refusal: { code: 'guard', message: onlyPackaged } })
  const reached = await invocation.clusters.reach(input.cluster).catch((error: unknown) => {
    if (error instanceof FaultlineError && error.code !== 'bad_input') return error
    throw error
  })
  if (reached instanceof FaultlineError) return refuse(input, { suite, invocation, refusal: unreached(reached) })
  const engine = invocation.engine(reached.ref)
  const { run, created } = await start(engine, requestOf(input, { suite, cluster: reached.ref, invocation }))
  if (!input.wait && created) return given(await handOverAtOnce(engine, run, invocation.budget))
  return go(engine, run.id, invocation)
}

/** Drives a run on. That another driver has it, or is quicker, is no error: events arrive more than once. */
export async function go(engine: Engine, runId: string, invocation: Invocation): Promise<Answer> {
  const { budget, store } = invocation
  try {
    const run = await drive(engine, runId, { budget, giveUpAfterMs })
    return drivenAnswer(run)
  } catch (error) {
    const run = isTaken(error) ? await store.runs.load(runId) : undefined
    if (run === undefined) throw error
    return {
      happened: `run ${runId} is driven by ${run.lease?.owner ?? 'no driver'}: nothing to do here`,
      next: 'nothing',
      ...runLine(run),
    }
  }
}

function given(run: Run): Answer {
  return {
    happened: `run ${run.id} is recorded; another function drives or refuses it`,
    next: `ask control for {"action":"status","run":"${run.id}"}`,
    ...runLine(run),
  }
}

const onlyPackaged = 'only suites that were deployed may start here (packagedSuitesOnly in faultline.config.json)'

function unreached(error: FaultlineError): Omit<Refusal, 'step'> {
  return { code: error.code === 'forbidden' ? 'permission' : 'unreachable', message: error.message }
}

/** What speaks against a start before its cluster is looked at is recorded like any other reason; the cluster's identity is not known then. */
async function refuse(
  input: BeginInput,
  { suite, invocation, refusal }: { readonly suite: Suite; readonly invocation: Invocation; readonly refusal: Omit<Refusal, 'step'> },
): Promise<Answer> {
  const { name, via } = invocation.clusters.source(input.cluster)
  const cluster: ClusterRef = { uid: `unreached:${name}`, name, via, simulated: false }
  const request = requestOf(input, { suite, cluster, invocation })
  const run = await recordRefused(invocation.engine(cluster), request, [{ ...refusal, step: null }])
  return drivenAnswer(run)
}

/** A start by hand that claimed a time to come would keep the schedule's own from happening: it would find its run made already. */
function refuseFuture({ scheduledAt }: StartInput, { clock }: Invocation): void {
  if (scheduledAt === undefined || Date.parse(scheduledAt) <= clock.now() + defaultConfig.skewMs) return
  const message = `scheduledAt ${scheduledAt} is yet to come: only the scheduler writes it, at that time; leave it out to start by hand`
  throw new FaultlineError('bad_input', message)
}

function requestOf(
  input: BeginInput,
  { suite, cluster, invocation }: { readonly suite: Suite; readonly cluster: ClusterRef; readonly invocation: Invocation },
): StartRequest {
  const { clock, requestId } = invocation
  // A suite that came along never takes the place of a packaged one of its name.
  const kind = typeof input.suite === 'string' ? 'schedule' : 'sent along for'
  return {
    suite,
    cluster,
    seed: input.seed ?? clock.now() % 2 ** 32,
    trigger:
      input.scheduledAt !== undefined
        ? {
            kind: 'schedule',
            key: `${kind} ${input.scheduledAt}`,
            ...startedBy(actorOf(invocation, input.by, 'EventBridge Scheduler')),
            scheduledAt: Date.parse(input.scheduledAt),
          }
        : { kind: 'manual', key: input.id ?? requestId, ...startedBy(actorOf(invocation, input.by)) },
    scheduledAt: input.scheduledAt === undefined ? null : Date.parse(input.scheduledAt),
  }
}

function startedBy(actor: Actor) {
  return { by: actorText(actor), actor }
}
