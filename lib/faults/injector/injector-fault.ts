import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import type { Evidence, Finding, Injection, Measurement } from '../../domain/injection.ts'
import type { Pod } from '../../domain/kube.ts'
import { undoOf } from '../../domain/undo-data.ts'
import { awaitPods } from '../await-pods.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { fuseGone, removeFuse } from '../fuse.ts'
import { didHere, noteAction } from '../performed-actions.ts'
import { whatPodsSay } from '../pod-messages.ts'
import { currentPods } from '../pods.ts'
import { injectorBiteMs } from './bite-time.ts'
import { beginCheck, checkForResidue } from './check.ts'
import { biteOf, endSaid, noteShown } from './effect-evidence.ts'
import type { InjectorOrder } from './job.ts'
import { ensureJob, followPods, injectorJob, isRefusal, orderSkewMs, podsFollowed, podsOfJob } from './job.ts'
import type { InjectorFault } from './plan.ts'
import { planInjector } from './plan.ts'
import type { InjectorAction, InjectorLine } from './protocol.ts'
import { startFailure, whyNeverStarted } from './start.ts'
import { injectorUndo } from './undo.ts'

const gonePollMs = 250
/** An injector undoes in 0.3 to 2.9 s after its Job's delete, and a busy kubelet takes several seconds to end the pod; then the revert is tried again. */
const goneBudgetMs = 15_000

/**
 * The fuse is what ends a fault that its driver left; an injector's own end is for when nothing in the cluster acts any more. Fixed when
 * its Job is made, it is this long after the latest end that its step can have.
 */
const endsAfterStepMs = 5_000

const jobRefused = 'job refused'

/** A fault that a privileged Job applies from inside the node: one injection per node, many targets each. */
export function injectorFault(kind: InjectorFault): Fault {
  return {
    plan: (context) => planInjector(context, kind),

    async inject(context, injection) {
      await giveOrder(context, injection, context.clock.now())
    },

    async evidence(context, injection, phase) {
      const seen = await biteOf(context, injection, phase)
      if (seen.dead !== undefined) await giveOrderAnew(context, injection, seen.dead)
      return isKill(injection) && seen.evidence.finding === 'yes' ? startedAgain(context, injection, seen.evidence) : seen.evidence
    },

    endSaid: (context, injection) => endSaid(context, injection),

    biteShows: (injection) => ({
      ...injectorPods(injection),
      isThere: (pods) => {
        const isThere = pods.some(hasAnswered)
        if (isThere) noteShown(injection, pods)
        return isThere
      },
    }),

    async lastLook(context, injection) {
      const undo = injectorUndo(injection)
      if (newestFinding(injection) === 'yes' || undo.neverStarted !== undefined || undo.died !== undefined) return null
      const measured = injection.evidence.some((e) => e.phase !== 'before' && e.measurements.length > 0)
      const neverStarted = measured ? null : await whyNeverStarted(context, injection, didHere(context, injection, jobRefused))
      if (neverStarted !== null) return { ...undoOf(injection, 'injector'), neverStarted }
      const died = await whatPodsSay(context, { namespace: undo.source.namespace, name: undo.job })
      return died === '' || wasNeverOrdered(injection) ? null : { ...undoOf(injection, 'injector'), died: died.replace(/^: /, '') }
    },

    async revert(context, injection) {
      if (injection.armed !== null) await removeFuse(context, injection.armed)
      await context.cluster.objects.delete(injectorJobRef(injection))
      await endPods(context, injection)
      if (!wasNeverOrdered(injection) && injectorUndo(injection).neverStarted === undefined)
        await beginCheck(context, injection, orderOf(context, injection, 'check'))
      await untilPodsGone(context, injection)
    },

    async undone(context, injection) {
      const at = context.clock.now()
      const none: readonly Measurement[] = []
      if (injection.armed !== null && !(await fuseGone(context, injection.armed))) {
        return { phase: 'after', at, finding: 'no', summary: 'the fuse is still there', measurements: none }
      }
      if (wasNeverOrdered(injection)) {
        return { phase: 'after', at, finding: 'yes', summary: 'no injector was started', measurements: none }
      }
      const check = orderOf(context, injection, 'check')
      const isGone = () => isNodeGone(context, injection)
      return tellingOfDeath(injection, await checkForResidue(context, injection, { on: check, isNodeGone: isGone }))
    },
  }
}

/** Of what was seen while it was to bite; undefined where nothing was. */
function newestFinding({ evidence }: Injection): Finding | undefined {
  return (evidence.find((e) => e.phase === 'end') ?? evidence.find((e) => e.phase === 'during'))?.finding
}

/** What an injector's pod said before it died is told to the end: its Job and its log are gone. */
function tellingOfDeath(injection: Injection, evidence: Evidence): Evidence {
  const { died } = injectorUndo(injection)
  return died === undefined ? evidence : { ...evidence, summary: `${evidence.summary}; the injector had died: ${died}` }
}

/** Its fuse never came to be, and before that no injector is made: there is nothing to look for. */
function wasNeverOrdered({ armed, evidence }: Injection): boolean {
  return armed === null && !evidence.some((e) => e.phase === 'during')
}

/**
 * A pod that was deleted by force is gone from the API while its containers may run on, so only a look at the node proves anything; unless
 * there is no such node any more. Who may not read nodes asks the node.
 */
async function isNodeGone(context: FaultContext, injection: Injection): Promise<boolean> {
  if ((await currentPods(context, injection.targets)).size > 0) return false
  try {
    return (await context.cluster.objects.get({ apiVersion: 'v1', kind: 'Node', name: injectorUndo(injection).node })) === undefined
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden') return false
    throw error
  }
}

function isKill(injection: Injection): boolean {
  const { action } = injectorUndo(injection)
  return action === 'kill' || action === 'crashloop'
}

/** The injector sees processes die; that a pod is over with them (restartPolicy OnFailure, and an exit code of 0), only the API tells. */
async function startedAgain(context: FaultContext, injection: Injection, evidence: Evidence): Promise<Evidence> {
  const pods = await currentPods(context, injection.targets)
  const over = [...pods.values()].filter(({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed')
  if (over.length === 0) return evidence
  const names = over.map(({ metadata }) => metadata.name).join(', ')
  return { ...evidence, finding: 'no', summary: `the container of ${names} ended, and is not started again: its pod is over` }
}

async function giveOrder(context: FaultContext, injection: Injection, givenAt: number): Promise<void> {
  const order = orderOf(context, injection, injectorUndo(injection).action, givenAt)
  const job = injectorJob(order, { now: context.clock.now(), fuse: injection.armed })
  await context.mayBegin?.()
  try {
    await ensureJob(context, job, injection.armed?.uid ?? null)
  } catch (error) {
    if (isRefusal(error)) noteAction(context, injection, jobRefused)
    throw error
  }
}

/**
 * A pod that came outside of its order's time (an image that had to be pulled, clocks apart) applied nothing and is over. A driver that is
 * still there to want the fault says so again: by the node's own clock, as its line told it.
 */
async function giveOrderAnew(context: FaultContext, injection: Injection, dead: InjectorLine): Promise<void> {
  const apart = dead.at - context.clock.now()
  await context.cluster.objects.delete(injectorJobRef(injection))
  await untilPodsGone(context, injection)
  await giveOrder(context, injection, context.clock.now() + (Math.abs(apart) > orderSkewMs ? apart : 0))
}

function orderOf(context: FaultContext, injection: Injection, action: InjectorAction, givenAt = context.clock.now()): InjectorOrder {
  const undo = injectorUndo(injection)
  const { node, bootId, source, peers, env, job: name, lastsMs } = undo
  const { runId, step, targets, armed, expiresAt } = injection
  const latest = lastsMs === undefined ? (armed?.burnsAt ?? expiresAt) : context.clock.now() + injectorBiteMs(undo) + lastsMs
  const endsAt = latest + endsAfterStepMs
  return { runId, step, name, node, bootId, source, action, targets, peers, env, givenAt, endsAt }
}

/** Straight to the kubelets: the collector takes some tenths of a second to see that the Job is gone. Who may not leaves it to that. */
async function endPods(context: FaultContext, injection: Injection): Promise<void> {
  const { namespace, name } = injectorJobRef(injection)
  for (const { metadata } of await podsFollowed(context, injection.runId, namespace, name)) {
    if (metadata.deletionTimestamp !== undefined || metadata.uid === undefined) continue
    const pod = { apiVersion: 'v1', kind: 'Pod', namespace, name: metadata.name }
    await context.cluster.objects.delete(pod, { uid: metadata.uid }).catch((error: unknown) => {
      if (!(error instanceof KubernetesError && ['forbidden', 'conflict'].includes(error.code))) throw error
    })
  }
}

async function untilPodsGone(context: FaultContext, injection: Injection): Promise<void> {
  const { namespace, name } = injectorJobRef(injection)
  const giveUpAt = context.clock.now() + goneBudgetMs
  const gone = { ...injectorPods(injection), isThere: (pods: readonly Pod[]) => pods.length === 0 }
  while (!(await awaitPods(context, gone, { pollMs: gonePollMs, maxMs: giveUpAt - context.clock.now() }))) {
    if ((await podsOfJob(context, namespace, { name })).length === 0) return
    if (context.clock.now() >= giveUpAt)
      throw new FaultlineError('unavailable', `the pods of injector ${name} are still there`, { retryable: true })
  }
}

function injectorPods(injection: Injection) {
  const { namespace, name } = injectorJobRef(injection)
  return followPods(injection.runId, namespace, { name })
}

/** It becomes Ready once every target bites, or has failed. */
function hasAnswered(pod: Pod): boolean {
  const injector = pod.status?.containerStatuses?.find((one) => one.name === 'injector')
  return injector?.ready === true || injector?.state?.terminated !== undefined || startFailure(pod) !== null
}

function injectorJobRef(injection: Injection) {
  const { source, job } = injectorUndo(injection)
  return { apiVersion: 'batch/v1', kind: 'Job', namespace: source.namespace, name: job } as const
}
