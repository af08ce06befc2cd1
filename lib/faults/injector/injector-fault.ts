import { FaultlineError } from '../../domain/errors.ts'
import type { Evidence, Injection, Measurement, Target } from '../../domain/injection.ts'
import type { Job, Pod } from '../../domain/kube.ts'
import { currentPods } from '../canary.ts'
import type { Fault, FaultContext } from '../fault.ts'
import { fuseGone, jobRef, removeFuse } from '../fuse.ts'
import type { InjectorOrder } from './job.ts'
import { ensureJob, injectorJob, podsOfJob, refusalOfPods } from './job.ts'
import type { InjectorFault } from './plan.ts'
import { planInjector } from './plan.ts'
import type { InjectorAction, InjectorLine } from './protocol.ts'
import { newestByTarget, parseInjectorLog } from './protocol.ts'

const gonePollMs = 250
const goneBudgetMs = 15_000
const checkBudgetMs = 20_000
const checkLifeMs = 45_000

/** A fault that a privileged Job applies from inside the node: one injection per node, many targets each. */
export function injectorFault(kind: InjectorFault): Fault {
  return {
    plan: (context) => planInjector(context, kind),

    async inject(context, injection) {
      const order = orderOf(injection, kind.action)
      await ensureJob(
        context,
        injectorJob(order, { config: context.config, now: context.clock.now(), fuse: injection.armed }),
        injection.armed?.uid ?? null,
      )
    },

    evidence: (context, injection, phase) => biteOf(context, injection, phase),

    async revert(context, injection) {
      const namespace = injection.fuse?.namespace ?? context.config.injector.namespace
      if (injection.armed !== null) await removeFuse(context, injection.armed)
      await context.cluster.objects.delete(jobRef({ namespace, name: jobNameOf(injection) }))
      await untilPodsGone(context, namespace, jobNameOf(injection))
    },

    async undone(context, injection) {
      const at = context.clock.now()
      const none: readonly Measurement[] = []
      if (injection.armed !== null && !(await fuseGone(context, injection.armed))) {
        return { phase: 'after', at, finding: 'no', summary: 'the fuse is still there', measurements: none }
      }
      const present = await currentPods(context, injection.targets)
      if (injection.armed === null && !injection.evidence.some((e) => e.phase === 'during')) {
        return { phase: 'after', at, finding: 'yes', summary: 'no injector was started', measurements: none }
      }
      const targets = injection.targets.filter((t) => present.has(t.name))
      if (targets.length === 0)
        return { phase: 'after', at, finding: 'yes', summary: 'the targets are gone, and the fault with them', measurements: none }
      const down = kind.targetsMustRun ? targets.filter((t) => !isRunning(present.get(t.name), t)) : []
      if (down.length > 0)
        return {
          phase: 'after',
          at,
          finding: 'no',
          summary: `not running again: ${down.map((t) => t.name).join(', ')}`,
          measurements: none,
        }
      return check(context, injection, targets)
    },
  }
}

/** The injector's own end lies before the fuse's: it undoes by itself first. */
function orderOf(injection: Injection, action: InjectorAction): InjectorOrder {
  return {
    runId: injection.runId,
    step: injection.step,
    name: jobNameOf(injection),
    node: String(injection.undo.node),
    action,
    targets: injection.targets,
    peers: (injection.undo.peers ?? {}) as InjectorOrder['peers'],
    endsAt: injection.armed?.burnsAt ?? injection.expiresAt,
    env: injection.undo.env as Readonly<Record<string, string>>,
  }
}

async function biteOf(context: FaultContext, injection: Injection, phase: 'during' | 'end'): Promise<Evidence> {
  const namespace = context.config.injector.namespace
  const at = context.clock.now()
  const pods = await podsOfJob(context, namespace, { name: jobNameOf(injection) })
  const pod = pods[0]
  if (pod === undefined) {
    const refused = await refusalOfPods(context, namespace, jobNameOf(injection))
    if (refused !== null) throw new FaultlineError('injector_failed', `the injector's pod was refused: ${refused}`)
    return { phase, at, finding: phase === 'end' ? 'no' : 'unknown', summary: 'the injector has no pod', measurements: [] }
  }
  const lines = parseInjectorLog(await context.cluster.pods.log({ namespace, name: pod.metadata.name, container: 'injector' }))
  const failed = newestByTarget(lines, ['error'])
  const [error] = [...failed.values()]
  if (error !== undefined && phase === 'during')
    throw new FaultlineError('injector_failed', `the injector failed on ${nameOf(injection, error.target)}: ${error.message}`)
  const bites = newestByTarget(lines, ['bite', 'measure'])
  const measurements = figures(injection, [...newestByTarget(lines, ['before']).values()], 'before ').concat(
    figures(injection, [...bites.values()]),
  )
  const silent = injection.targets.filter((t) => !bites.has(t.uid))
  const idle = injection.targets.filter((t) => bites.get(t.uid)?.ok === false)
  if (idle.length > 0)
    return { phase, at, finding: 'no', summary: `no effect measured on ${idle.map((t) => t.name).join(', ')}`, measurements }
  if (silent.length > 0)
    return {
      phase,
      at,
      finding: 'unknown',
      summary: `nothing measured yet on ${silent.map((t) => t.name).join(', ')} (${why(pod)})`,
      measurements,
    }
  return { phase, at, finding: 'yes', summary: describe(injection, [...bites.values()]), measurements }
}

function why(pod: Pod): string {
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting
  return waiting?.reason === undefined ? `injector pod is ${pod.status?.phase ?? 'unknown'}` : `${waiting.reason}: ${waiting.message ?? ''}`
}

async function untilPodsGone(context: FaultContext, namespace: string, job: string): Promise<void> {
  const giveUpAt = context.clock.now() + goneBudgetMs
  while ((await podsOfJob(context, namespace, { name: job })).length > 0) {
    if (context.clock.now() >= giveUpAt)
      throw new FaultlineError('unavailable', `the pods of injector ${job} are still there`, { retryable: true })
    await context.clock.sleep(gonePollMs)
  }
}

/** A fresh Job on the node looks for anything the injector may have left: the dead injector's own last words are not needed. */
async function check(context: FaultContext, injection: Injection, targets: readonly Target[]): Promise<Evidence> {
  const namespace = context.config.injector.namespace
  const name = `${jobNameOf(injection)}-check`
  const now = context.clock.now()
  const order = {
    ...orderOf(injection, 'check'),
    name,
    targets,
    endsAt: now + checkLifeMs,
    env: { FAULTLINE_OF: String(injection.undo.action) },
  }
  const job = await ensureJob(context, injectorJob(order, { config: context.config, now, fuse: null }), null)
  const lines = await answerOfCheck(context, namespace, job, targets)
  await context.cluster.objects.delete(jobRef({ namespace, name }))
  const found = newestByTarget(lines, ['residue'])
  const measurements = figures(injection, [...found.values()])
  const at = context.clock.now()
  const silent = targets.filter((t) => !found.has(t.uid))
  const dirty = targets.filter((t) => found.get(t.uid)?.ok === false)
  if (dirty.length > 0)
    return {
      phase: 'after',
      at,
      finding: 'no',
      summary: `left behind on ${dirty.map((t) => t.name).join(', ')}: ${found.get(dirty[0]?.uid ?? '')?.message}`,
      measurements,
    }
  if (silent.length > 0)
    return {
      phase: 'after',
      at,
      finding: 'unknown',
      summary: `the check said nothing about ${silent.map((t) => t.name).join(', ')}`,
      measurements,
    }
  return { phase: 'after', at, finding: 'yes', summary: `no residue on ${targets.map((t) => t.name).join(', ')}`, measurements }
}

async function answerOfCheck(
  context: FaultContext,
  namespace: string,
  job: Job,
  targets: readonly Target[],
): Promise<readonly InjectorLine[]> {
  const giveUpAt = context.clock.now() + checkBudgetMs
  for (;;) {
    const pod = (await podsOfJob(context, namespace, job.metadata)).at(-1)
    const text = pod === undefined ? '' : await context.cluster.pods.log({ namespace, name: pod.metadata.name, container: 'injector' })
    const lines = parseInjectorLog(text)
    const found = newestByTarget(lines, ['residue'])
    if (targets.every((t) => found.has(t.uid)) || context.clock.now() >= giveUpAt) return lines
    await context.clock.sleep(gonePollMs)
  }
}

function isRunning(pod: Pod | undefined, target: Target): boolean {
  return pod?.status?.containerStatuses?.find((c) => c.name === target.container?.name)?.ready === true
}

function figures(injection: Injection, lines: readonly InjectorLine[], prefix = ''): Measurement[] {
  return lines.map((line) => ({
    target: nameOf(injection, line.target),
    name: `${prefix}${line.name}`,
    unit: line.unit,
    value: line.value,
  }))
}

function describe(injection: Injection, lines: readonly InjectorLine[]): string {
  return lines
    .map((line) => `${nameOf(injection, line.target)}: ${line.name} ${line.value}${line.unit === '' ? '' : ` ${line.unit}`}`)
    .join(', ')
}

function nameOf(injection: Injection, uid: string): string {
  return injection.targets.find((t) => t.uid === uid)?.name ?? uid
}

function jobNameOf(injection: Injection): string {
  return String(injection.undo.job)
}
