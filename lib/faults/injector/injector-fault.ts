import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import type { Injection, Measurement } from '../../domain/injection.ts'
import { currentPods } from '../connectivity-probe.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { fuseGone, removeFuse } from '../fuse.ts'
import { jobRef } from '../fuse-job.ts'
import { didHere, noteDeed } from '../performed-actions.ts'
import { beginCheck, checkForResidue, dropCheck } from './check.ts'
import { biteOf } from './effect-evidence.ts'
import type { InjectorOrder } from './job.ts'
import { ensureJob, injectorJob, isRefusal, podsOfJob, sourceOf } from './job.ts'
import type { InjectorFault } from './plan.ts'
import { planInjector } from './plan.ts'
import type { InjectorAction } from './protocol.ts'
import { whyNeverStarted } from './start.ts'

const gonePollMs = 250
const goneBudgetMs = 15_000

/** The injector undoes by itself this long before its fuse burns, so that its own undo comes first. */
const endsBeforeFuseMs = 5_000

const jobRefused = 'job refused'

/** A fault that a privileged Job applies from inside the node: one injection per node, many targets each. */
export function injectorFault(kind: InjectorFault): Fault {
  return {
    plan: (context) => planInjector(context, kind),

    async inject(context, injection) {
      const job = injectorJob(orderOf(context, injection, injection.undo.action as InjectorAction), {
        now: context.clock.now(),
        fuse: injection.armed,
      })
      try {
        await ensureJob(context, job, injection.armed?.uid ?? null)
      } catch (error) {
        if (isRefusal(error)) noteDeed(context, injection, jobRefused)
        throw error
      }
    },

    evidence: (context, injection, phase) => biteOf(context, injection, phase),

    async lastLook(context, injection) {
      const measured = injection.evidence.some((e) => e.phase !== 'before' && e.measurements.length > 0)
      if (measured || injection.undo.neverStarted !== undefined) return null
      const neverStarted = await whyNeverStarted(context, injection, didHere(context, injection, jobRefused))
      return neverStarted === null ? null : { neverStarted }
    },

    async revert(context, injection) {
      const { namespace } = sourceOf(injection)
      if (injection.armed !== null) await removeFuse(context, injection.armed)
      await context.cluster.objects.delete(jobRef({ namespace, name: jobNameOf(injection) }))
      if (injection.undo.neverStarted === undefined) await beginCheck(context, injection, orderOf(context, injection, 'check'))
      await untilPodsGone(context, namespace, jobNameOf(injection))
    },

    async undone(context, injection) {
      const at = context.clock.now()
      const none: readonly Measurement[] = []
      if (injection.armed !== null && !(await fuseGone(context, injection.armed))) {
        return { phase: 'after', at, finding: 'no', summary: 'the fuse is still there', measurements: none }
      }
      if (injection.armed === null && !injection.evidence.some((e) => e.phase === 'during')) {
        return { phase: 'after', at, finding: 'yes', summary: 'no injector was started', measurements: none }
      }
      const check = orderOf(context, injection, 'check')
      if (await isNodeGone(context, injection)) {
        await dropCheck(context, injection, check)
        return { phase: 'after', at, finding: 'yes', summary: 'the node is gone, and all that was on it', measurements: none }
      }
      return checkForResidue(context, injection, check)
    },
  }
}

/**
 * A pod that was deleted by force is gone from the API while its containers may run on, so only a look at the node proves anything; unless
 * there is no such node any more. Who may not read nodes asks the node.
 */
async function isNodeGone(context: FaultContext, injection: Injection): Promise<boolean> {
  if ((await currentPods(context, injection.targets)).size > 0) return false
  try {
    return (await context.cluster.objects.get({ apiVersion: 'v1', kind: 'Node', name: String(injection.undo.node) })) === undefined
  } catch (error) {
    if (error instanceof KubernetesError && error.code === 'forbidden') return false
    throw error
  }
}

function orderOf(context: FaultContext, injection: Injection, action: InjectorAction): InjectorOrder {
  return {
    runId: injection.runId,
    step: injection.step,
    name: jobNameOf(injection),
    node: String(injection.undo.node),
    source: sourceOf(injection),
    action,
    targets: injection.targets,
    peers: (injection.undo.peers ?? {}) as InjectorOrder['peers'],
    endsAt: (injection.armed?.burnsAt ?? injection.expiresAt) - Math.min(endsBeforeFuseMs, context.config.fuse.marginMs / 2),
    env: injection.undo.env as Readonly<Record<string, string>>,
  }
}

async function untilPodsGone(context: FaultContext, namespace: string, job: string): Promise<void> {
  const giveUpAt = context.clock.now() + goneBudgetMs
  while ((await podsOfJob(context, namespace, { name: job })).length > 0) {
    if (context.clock.now() >= giveUpAt)
      throw new FaultlineError('unavailable', `the pods of injector ${job} are still there`, { retryable: true })
    await context.clock.sleep(gonePollMs)
  }
}

function jobNameOf(injection: Injection): string {
  return String(injection.undo.job)
}
