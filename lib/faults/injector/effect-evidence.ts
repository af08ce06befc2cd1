import { FaultlineError } from '../../domain/errors.ts'
import type { Evidence, Injection } from '../../domain/injection.ts'
import type { Job, Pod } from '../../domain/kube.ts'
import type { FaultContext } from '../fault.ts'
import { jobRef } from '../fuse-job.ts'
import { describe, figures, nameOf } from './figures.ts'
import { podsOfJob, sourceOf } from './job.ts'
import type { InjectorLine } from './protocol.ts'
import { newestByTarget, parseInjectorLog } from './protocol.ts'
import { refusalOfPods, startFailure } from './start.ts'

/** An injector measures every few seconds; with many targets on its node a round takes longer. */
const freshSeconds = (targets: number) => 15 + Math.ceil(targets / 2)

/**
 * What the injector itself measured on every target, from its log.
 * @throws FaultlineError `injector_failed` when it cannot start or says that it cannot do it
 */
export async function biteOf(context: FaultContext, injection: Injection, phase: 'during' | 'end'): Promise<Evidence> {
  const { namespace } = sourceOf(injection)
  const name = String(injection.undo.job)
  const at = context.clock.now()
  const pod = (await podsOfJob(context, namespace, { name }))[0]
  if (pod === undefined) {
    const job = await context.cluster.objects.get<Job>(jobRef({ namespace, name }))
    const refused = job === undefined ? null : await refusalOfPods(context, job)
    if (refused !== null) throw new FaultlineError('injector_failed', `the injector's pod was refused: ${refused}`)
    return { phase, at, finding: phase === 'end' ? 'no' : 'unknown', summary: 'the injector has no pod', measurements: [] }
  }
  const stuck = startFailure(pod)
  if (stuck !== null) throw new FaultlineError('injector_failed', `the injector does not start on node ${injection.undo.node}: ${stuck}`)
  const of = { namespace, name: pod.metadata.name, container: 'injector' }
  const lines = parseInjectorLog(await context.cluster.pods.log(of))
  const failed = newestByTarget(lines, ['error'])
  const [error] = [...failed.values()]
  if (error !== undefined && phase === 'during')
    throw new FaultlineError('injector_failed', `the injector failed on ${nameOf(injection, error.target)}: ${error.message}`)
  const sinceSeconds = freshSeconds(injection.targets.length)
  const recent = phase === 'end' ? parseInjectorLog(await context.cluster.pods.log({ ...of, sinceSeconds })) : lines
  const bites = newestByTarget(recent, ['bite', 'measure'])
  const ended = endOf(pod) ?? undoneOf(injection, newestByTarget(lines, ['bite', 'measure', 'undone']))
  if (ended !== null) return { phase, at, finding: 'no', summary: `the injector is over: ${ended}`, measurements: [] }
  const before = [...newestByTarget(lines, ['before']).values()]
  const measurements = [...figures(injection, before, 'before '), ...figures(injection, [...bites.values()])]
  const silent = injection.targets.filter((t) => !bites.has(t.uid)).map((t) => t.name)
  const idle = injection.targets.filter((t) => bites.get(t.uid)?.ok === false).map((t) => t.name)
  if (idle.length > 0) return { phase, at, finding: 'no', summary: `no effect measured on ${idle.join(', ')}`, measurements }
  if (silent.length > 0 && phase === 'end') {
    const summary = `nothing heard of ${silent.join(', ')} in the last ${sinceSeconds} s: the injector, its node or the way to its log hangs`
    return { phase, at, finding: 'unknown', summary, measurements }
  }
  if (silent.length > 0)
    return { phase, at, finding: 'unknown', summary: `nothing measured yet on ${silent.join(', ')} (${stateOf(pod)})`, measurements }
  return { phase, at, finding: 'yes', summary: describe(injection, [...bites.values()]), measurements }
}

/** What a dead injector said while it lived is no evidence any more: its twin has undone the fault. */
function endOf(pod: Pod): string | null {
  const ended = pod.status?.containerStatuses?.find((c) => c.name === 'injector')?.state?.terminated
  return ended === undefined
    ? null
    : `its container ended (exit code ${ended.exitCode}${ended.reason === undefined ? '' : `, ${ended.reason}`})`
}

function undoneOf(injection: Injection, newest: ReadonlyMap<string, InjectorLine>): string | null {
  const undone = [...newest.values()].filter((line) => line.phase === 'undone').map((line) => nameOf(injection, line.target))
  return undone.length === 0 ? null : `undone on ${undone.join(', ')}`
}

function stateOf(pod: Pod): string {
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting
  return waiting?.reason === undefined ? `injector pod is ${pod.status?.phase ?? 'unknown'}` : `${waiting.reason}: ${waiting.message ?? ''}`
}
