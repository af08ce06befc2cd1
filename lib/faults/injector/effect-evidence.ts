import { FaultlineError } from '../../domain/errors.ts'
import type { Evidence, Injection, TargetEvent } from '../../domain/injection.ts'
import { beforePrefix } from '../../domain/injection.ts'
import type { Job, Pod } from '../../domain/kube.ts'
import type { FaultContext } from '../fault.ts'
import { jobRef } from '../fuse-job.ts'
import { lastWords } from '../pod-messages.ts'
import { describe, figures, nameOf } from './figures.ts'
import { podsFollowed, podsOfJob } from './job.ts'
import type { InjectorCode, InjectorLine } from './protocol.ts'
import { newestByTarget, parseInjectorLog } from './protocol.ts'
import { refusalOfPods, startFailure } from './start.ts'
import { injectorUndo } from './undo.ts'

/**
 * An injector measures every 2 s, a rate every 6 s; sixteen targets are measured at once, so that a round on a node full of them takes
 * half a second for each more. Twice a round and some seconds for a busy node.
 */
const freshSeconds = (targets: number) => 15 + Math.ceil(targets / 2)

export interface Seen {
  readonly evidence: Evidence
  /** Set where the order was read outside of its time and nothing was applied: who still wants the fault gives it anew. */
  readonly dead?: InjectorLine
}

type Finding = Pick<Evidence, 'finding' | 'summary'> & Partial<Pick<Evidence, 'measurements'>>

/**
 * What the injector itself measured on every target, from its log.
 * 1. Its pods, oldest first. Without one: the Job's pod was refused, or is not made yet.
 * 2. A pod that does not start fails the injection.
 * 3. All lines of all pods, with what they say became of the targets.
 * 4. During the injection: an order that was read too late or too early is given anew; what the injector could not do fails it.
 * 5. A pod that ended or was replaced, an undo that was told: what was measured before is no evidence any more.
 * 6. The newest measurement of every target; at the end only fresh ones.
 * @throws FaultlineError `injector_failed` when it cannot start or says that it cannot do it
 */
export async function biteOf(context: FaultContext, injection: Injection, phase: 'during' | 'end'): Promise<Seen> {
  const { source, job: name, node } = injectorUndo(injection)
  const { namespace } = source
  const at = context.clock.now()
  const pods = takeShown(injection) ?? (await podsOfJob(context, namespace, { name }))
  const [pod] = pods
  if (pod === undefined) return { evidence: { phase, at, measurements: [], ...(await withoutPod(context, { namespace, name }, phase)) } }
  const stuck = startFailure(pod)
  if (stuck !== null) throw new FaultlineError('injector_failed', `the injector does not start on node ${node}: ${stuck}`)
  const fresh = freshSeconds(injection.targets.length)
  const bite = phase === 'end' ? biteBefore(injection, at - (fresh - againSeconds) * 1_000) : undefined
  const logs = await Promise.all(pods.map((one) => logOf(context, one, bite && fresh)))
  const lines = logs.flatMap(parseInjectorLog)
  const events = eventsOf(injection, lines)
  const say = (found: Finding): Seen => ({
    evidence: { phase, at, measurements: [], ...found, ...(events.length === 0 ? {} : { events }) },
  })
  if (phase === 'during') {
    const dead = deadOrder(lines)
    if (dead !== null) return { ...say({ finding: 'unknown', summary: `nothing applied yet: ${dead.message}` }), dead }
    throwIfUnable(injection, lines)
  }
  const over = overBecause(injection, { pods, lines, said: lastWords(logs[0] ?? '') })
  if (over !== null) return say({ finding: 'no', summary: `the injector is over: ${over}` })
  const isAllRecent = phase === 'during' || bite !== undefined
  const recent = isAllRecent ? lines : parseInjectorLog(await logOf(context, pod, fresh))
  return say(judge(injection, { lines, recent, phase, pod, bite }))
}

/** Pods as they just showed that it is worth a look: what was told a moment ago is not asked for again. Good for one look. */
const shown = new WeakMap<Injection, readonly Pod[]>()

export function noteShown(injection: Injection, pods: readonly Pod[]): void {
  shown.set(injection, pods)
}

function takeShown(injection: Injection): readonly Pod[] | undefined {
  const pods = shown.get(injection)
  shown.delete(injection)
  return pods
}

/** Between the API server and the node, and between the two reads: so much less counts as recent than what is read. */
const againSeconds = 5

/** The bite, where it was seen so lately that the fresh end of the log has all that came since: the rest of it was read then. */
function biteBefore({ evidence }: Injection, since: number): Evidence | undefined {
  return evidence.find(({ phase, finding, at }) => phase === 'during' && finding === 'yes' && at >= since)
}

/** After these the effect on the target is over, while its step is not. A fault that kills is not ended by what it does. */
const endsEffect: readonly (InjectorCode | null)[] = [
  'oom_killed',
  'stressor_oom_killed',
  'stressor_died',
  'restarted',
  'holder_died',
  'rules_gone',
]

/** What an injector measured of an effect that was over before its time, from the end of its log; nothing where it has no pod or no log any more. */
export async function endSaid(context: FaultContext, injection: Injection): Promise<readonly TargetEvent[]> {
  const { source, job: name, action } = injectorUndo(injection)
  if (action === 'kill' || action === 'crashloop') return []
  const pods = await podsFollowed(context, injection.runId, source.namespace, name)
  const logs = await Promise.all(pods.map((pod) => logOf(context, pod, freshSeconds(injection.targets.length))))
  const lines = logs.flatMap(parseInjectorLog)
  return eventsOf(
    injection,
    lines.filter(({ phase, code }) => phase === 'measure' && endsEffect.includes(code)),
  )
}

async function withoutPod(
  context: FaultContext,
  job: { readonly namespace: string; readonly name: string },
  phase: 'during' | 'end',
): Promise<Finding> {
  const found = await context.cluster.objects.get<Job>(jobRef(job))
  const refused = found === undefined ? null : await refusalOfPods(context, found)
  if (refused !== null) throw new FaultlineError('injector_failed', `the injector's pod was refused: ${refused}`)
  return { finding: phase === 'end' ? 'no' : 'unknown', summary: 'the injector has no pod' }
}

async function logOf(context: FaultContext, { metadata }: Pod, sinceSeconds?: number): Promise<string> {
  const { name, namespace = '' } = metadata
  const since = sinceSeconds === undefined ? {} : { sinceSeconds }
  return context.cluster.pods.log({ namespace, name, container: 'injector', ...since })
}

/** An order that was read outside of its time, where nothing else was ever said of the targets. */
function deadOrder(lines: readonly InjectorLine[]): InjectorLine | null {
  if (lines.some((line) => line.phase !== 'undone')) return null
  return lines.findLast((line) => line.code === 'too_late' || line.code === 'too_early') ?? null
}

function throwIfUnable(injection: Injection, lines: readonly InjectorLine[]): void {
  const [error] = [...newestByTarget(lines, ['error']).values()]
  const isImpossible = error?.code === 'kernel_lacks' || error?.code === 'image_lacks'
  const code = isImpossible ? 'not_possible_here' : 'injector_failed'
  if (error !== undefined) throw new FaultlineError(code, `the injector failed on ${nameOf(injection, error.target)}: ${error.message}`)
}

/** What a dead injector said while it lived is no evidence any more: its twin has undone the fault, and its replacement never applies. */
function overBecause(
  injection: Injection,
  { pods, lines, said }: { readonly pods: readonly Pod[]; readonly lines: readonly InjectorLine[]; readonly said: string },
): string | null {
  const ended = pods[0]?.status?.containerStatuses?.find((c) => c.name === 'injector')?.state?.terminated
  const exit = ended === undefined ? '' : `exit code ${ended.exitCode}${ended.reason === undefined ? '' : `, ${ended.reason}`}`
  const ofPod = pods[0]?.status?.reason === undefined ? '' : `; its pod: ${pods[0].status.reason}: ${pods[0].status.message ?? ''}`
  const how = `${exit}${ofPod}${said === '' ? '' : `; it said: ${said}`}`
  const dead = lines.find((line) => line.code === 'other_boot')
  if (dead !== undefined) return dead.message
  if (ended !== undefined) return `its container ended (${how})`
  if (pods.length > 1) return `its pod ${pods[0]?.metadata.name} was replaced; a replacement only cleans`
  const newest = newestByTarget(lines, ['bite', 'measure', 'undone'])
  const undone = [...newest.values()].filter((line) => line.phase === 'undone').map((line) => nameOf(injection, line.target))
  return undone.length === 0 ? null : `undone on ${undone.join(', ')}`
}

function judge(
  injection: Injection,
  of: {
    readonly lines: readonly InjectorLine[]
    readonly recent: readonly InjectorLine[]
    readonly phase: 'during' | 'end'
    readonly pod: Pod
    readonly bite: Evidence | undefined
  },
): Finding {
  const bites = newestByTarget(of.recent, ['bite', 'measure'])
  const before =
    of.bite?.measurements.filter(({ name }) => name.startsWith(beforePrefix)) ??
    figures(injection, [...newestByTarget(of.lines, ['before']).values()], beforePrefix)
  const measurements = [...before, ...figures(injection, [...bites.values()])]
  const silent = injection.targets.filter((t) => !bites.has(t.uid)).map((t) => t.name)
  const idle = [...bites.values()].filter((line) => !line.ok)
  if (idle.length > 0) return { finding: 'no', summary: idle.map((line) => idleText(injection, line)).join('; '), measurements }
  if (silent.length > 0 && of.phase === 'end') {
    const since = freshSeconds(injection.targets.length)
    const summary = `nothing heard of ${silent.join(', ')} in the last ${since} s: the injector, its node or the way to its log hangs`
    return { finding: 'unknown', summary, measurements }
  }
  if (silent.length > 0)
    return { finding: 'unknown', summary: `nothing measured yet on ${silent.join(', ')} (${stateOf(of.pod)})`, measurements }
  return { finding: 'yes', summary: describe(injection, [...bites.values()]), measurements }
}

/** Where more is known than that nothing is seen, it is told. */
function idleText(injection: Injection, line: InjectorLine): string {
  const on = nameOf(injection, line.target)
  if (line.code === null) return `no effect measured on ${on}${line.message === '' ? '' : `: ${line.message}`}`
  return `${on}: ${line.message}`
}

/** Codes that speak of the order, not of what became of a target. */
const ofTheOrder: readonly InjectorCode[] = ['too_early', 'too_late', 'replacement']

/** What the lines say became of the targets, each once, when it was first told. */
function eventsOf(injection: Injection, lines: readonly InjectorLine[]): readonly TargetEvent[] {
  const first = new Map<string, TargetEvent>()
  for (const { at, target, code, message } of lines) {
    if (code === null || ofTheOrder.includes(code) || first.has(`${target}/${code}`)) continue
    first.set(`${target}/${code}`, { at, target: nameOf(injection, target), code, message })
  }
  return [...first.values()]
}

function stateOf(pod: Pod): string {
  const waiting = pod.status?.containerStatuses?.[0]?.state?.waiting
  return waiting?.reason === undefined ? `injector pod is ${pod.status?.phase ?? 'unknown'}` : `${waiting.reason}: ${waiting.message ?? ''}`
}
