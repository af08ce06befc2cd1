import { FaultlineError } from '../../domain/errors.ts'
import type { Evidence, Injection, Target } from '../../domain/injection.ts'
import type { Job, Pod } from '../../domain/kube.ts'
import { checkName } from '../../domain/names.ts'
import { awaitPods } from '../await-pods.ts'
import type { FaultContext } from '../fault.ts'
import { jobRef } from '../fuse-job.ts'
import { actionsHere, noteAction } from '../performed-actions.ts'
import { stateOf } from '../pod-messages.ts'
import { currentPods } from '../pods.ts'
import { injectorStartMs } from './bite-time.ts'
import { figures } from './figures.ts'
import type { InjectorOrder } from './job.ts'
import { ensureJob, followPods, injectorJob, isRefusal, podsOfJob } from './job.ts'
import type { InjectorLine } from './protocol.ts'
import { newestByTarget, parseInjectorLog } from './protocol.ts'
import { refusalOfPods, startFailure } from './start.ts'
import { injectorUndo } from './undo.ts'

const pollMs = 250
/** A check that is refused has no pod to tell of it, so it is looked for this often. */
const awaitedMs = 1_500
/** One look's patience: the pod's start (3 s), its wait for an injector that still undoes (15 s), and a little. */
const budgetMs = 20_000
/** A busy node takes its time to start a pod: the next look meets the same check, for as long as an injector may take to start. */
const lifeMs = budgetMs + injectorStartMs

interface Look {
  readonly on: InjectorOrder
  /** Asked only while the check's pod does not run: one that does is on the node. */
  isNodeGone(): Promise<boolean>
}

/**
 * A fresh Job on the node looks for anything the injector may have left: what the dead injector printed last is not needed. Where no
 * Job can start, only a record that the injector could not start either (`undo.neverStarted`) proves that nothing is left.
 */
export async function checkForResidue(context: FaultContext, injection: Injection, { on, isNodeGone }: Look): Promise<Evidence> {
  await context.held?.()
  const job = checkJob(context, injection, on)
  const sent = actionsHere(context, injection).get(checkSent)
  noteAction(context, injection, checkSent, '')
  const {
    lines,
    cannotStart,
    atWork,
    podState = null,
    nodeGone,
  } = await askNode(context, job, { injection, targets: on.targets, sent, isNodeGone })
  if (!atWork) await dropCheck(context, injection, on)
  if (nodeGone === true)
    return {
      phase: 'after',
      at: context.clock.now(),
      finding: 'yes',
      summary: 'the node is gone, and all that was on it',
      measurements: [],
    }
  if (cannotStart !== null) return withoutCheck(context, injection, cannotStart)
  return judge(context, injection, { targets: on.targets, lines, podState, unsure: await lostRecords(context, injection, lines) })
}

/**
 * Sends the check off while the injector still undoes: on the node it waits for that, and so its answer is there the sooner. What
 * keeps it from that never stops a revert: `checkForResidue` meets it again, and tells.
 */
export async function beginCheck(context: FaultContext, injection: Injection, on: InjectorOrder): Promise<void> {
  try {
    await context.held?.()
    const { metadata } = await ensureJob(context, checkJob(context, injection, on), null)
    noteAction(context, injection, checkSent, metadata.uid)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
  }
}

/** Takes the check away: it has said all, or its answer is not needed any more. */
async function dropCheck(context: FaultContext, injection: Injection, on: InjectorOrder): Promise<void> {
  await context.cluster.objects.delete(jobRef({ namespace: injectorUndo(injection).source.namespace, name: checkName(on.name) }))
}

function checkJob(context: FaultContext, injection: Injection, on: InjectorOrder): Job {
  const now = context.clock.now()
  const env = { ...on.env, FAULTLINE_OF: injectorUndo(injection).action }
  return injectorJob({ ...on, name: checkName(on.name), endsAt: now + lifeMs, env }, { now, fuse: null })
}

interface Answer {
  readonly lines: readonly InjectorLine[]
  /** Why the check's own pod does not start; null when it does. */
  readonly cannotStart: string | null
  /** It has not answered, and still may: it is left to the next look, which would otherwise start from the beginning for ever. */
  readonly atWork: boolean
  /** There is no such node any more. */
  readonly nodeGone?: boolean
  /** What its pod waits for, or why it ended, in Kubernetes' words; null while all is well with it. */
  readonly podState?: string | null
}

/** The UID of the check that this process sent off and has not read yet: it need not be met again. One look long, as it may be gone. */
const checkSent = 'check sent'

interface Asked extends Pick<Look, 'isNodeGone'> {
  readonly injection: Injection
  readonly targets: readonly Target[]
}

async function askNode(
  context: FaultContext,
  job: Job,
  { sent, ...asked }: Asked & { readonly sent: string | undefined },
): Promise<Answer> {
  try {
    const met = sent ? { ...job, metadata: { ...job.metadata, uid: sent } } : await ensureJob(context, job, null)
    return await answerOf(context, met, asked)
  } catch (error) {
    if (isRefusal(error)) return { lines: [], cannotStart: error.message, atWork: false, nodeGone: await asked.isNodeGone() }
    throw error
  }
}

async function answerOf(context: FaultContext, job: Job, { injection, targets, isNodeGone }: Asked): Promise<Answer> {
  const { namespace = '' } = job.metadata
  const giveUpAt = context.clock.now() + budgetMs
  let isWaitedFor = true
  let begun: Pod | undefined
  const isThere = (pods: readonly Pod[]) => {
    begun = pods.findLast(hasBegun)
    return begun !== undefined
  }
  let nodeAskedAt = Number.NEGATIVE_INFINITY
  for (;;) {
    // Its pod says when there is something to read; then its log is read until it has said all.
    const wait = { pollMs, maxMs: Math.min(awaitedMs, giveUpAt - context.clock.now()) }
    if (!isWaitedFor) await context.clock.sleep(pollMs)
    else if (await awaitPods(context, { ...followPods(injection.runId, namespace, job.metadata), isThere }, wait)) isWaitedFor = false
    const pod = begun ?? (await podsOfJob(context, namespace, job.metadata)).at(-1)
    begun = undefined
    const cannotStart = pod === undefined ? await refusalOfPods(context, job) : startFailure(pod)
    if (cannotStart !== null) return { lines: [], cannotStart, atWork: false, nodeGone: await isNodeGone() }
    const text = pod === undefined ? '' : await context.cluster.pods.log({ namespace, name: pod.metadata.name, container: 'injector' })
    const lines = parseInjectorLog(text)
    const found = newestByTarget(lines, ['residue'])
    const answered = targets.every((t) => found.has(t.uid))
    if (!answered && pod?.status?.phase !== 'Running' && context.clock.now() - nodeAskedAt >= awaitedMs) {
      nodeAskedAt = context.clock.now()
      if (await isNodeGone()) return { lines, cannotStart: null, atWork: false, nodeGone: true }
    }
    if (answered || context.clock.now() >= giveUpAt) {
      const podState = pod === undefined ? 'no pod was made of its Job yet' : stateOf(pod)
      return { lines, cannotStart: null, atWork: !answered && isAtWork(job, pod), podState }
    }
  }
}

/** Its container has been started, or never will be. */
function hasBegun(pod: Pod): boolean {
  const state = pod.status?.containerStatuses?.find((one) => one.name === 'injector')?.state
  return state?.running !== undefined || state?.terminated !== undefined || pod.status?.phase === 'Failed' || startFailure(pod) !== null
}

/** A Job that was found rather than made may be over already; a pod that ended without an answer never gives one. */
function isAtWork({ status }: Job, pod: Pod | undefined): boolean {
  const over = (status?.conditions ?? []).some((c) => (c.type === 'Failed' || c.type === 'Complete') && c.status === 'True')
  return !over && pod?.status?.phase !== 'Failed' && pod?.status?.phase !== 'Succeeded'
}

function withoutCheck(context: FaultContext, injection: Injection, cannotStart: string): Evidence {
  const at = context.clock.now()
  const { neverStarted } = injectorUndo(injection)
  const none = { phase: 'after', at, measurements: [] } as const
  if (neverStarted !== undefined)
    return { ...none, finding: 'yes', summary: `nothing was applied: the injector never started (${neverStarted})` }
  return { ...none, finding: 'unknown', summary: `whether anything is left could not be told: the check does not start (${cannotStart})` }
}

function judge(
  context: FaultContext,
  injection: Injection,
  seen: {
    readonly targets: readonly Target[]
    readonly lines: readonly InjectorLine[]
    readonly podState: string | null
    readonly unsure: readonly Target[]
  },
): Evidence {
  const found = newestByTarget(seen.lines, ['residue'])
  const names = (targets: readonly Target[]) => targets.map((t) => t.name).join(', ')
  const evidence = { phase: 'after', at: context.clock.now(), measurements: figures(injection, [...found.values()]) } as const
  const dirty = seen.targets.filter((t) => found.get(t.uid)?.ok === false)
  const silent = seen.targets.filter((t) => !found.has(t.uid))
  if (dirty.length > 0)
    return { ...evidence, finding: 'no', summary: `left behind on ${names(dirty)}: ${found.get(dirty[0]?.uid ?? '')?.message}` }
  if (silent.length > 0) {
    const why = seen.podState === null ? '' : ` (${seen.podState})`
    return { ...evidence, finding: 'unknown', summary: `the check said nothing about ${names(silent)}${why}` }
  }
  if (seen.unsure.length > 0) {
    const summary = `whether an empty file is left on ${names(seen.unsure)} could not be told: node ${injectorUndo(injection).node} was booted anew, and forgot where one was being made; nothing was found in all known places (deleting the pod takes its disk along)`
    return { ...evidence, finding: 'unknown', summary }
  }
  const booted = [...found.values()].some(({ code }) => code === 'other_boot') ? ' (the node was booted anew meanwhile)' : ''
  return { ...evidence, finding: 'yes', summary: `no residue on ${names(seen.targets)}${booted}` }
}

/**
 * Targets of which a boot took the record. What an injector holds in memory, in the kernel, or in a file without a name goes with the boot
 * itself, and needs none. A file has a name for a moment, as it is made: seen to bite, it was past that, and the ledger says so. A pod that
 * is gone took its disk with it.
 */
async function lostRecords(context: FaultContext, injection: Injection, lines: readonly InjectorLine[]): Promise<readonly Target[]> {
  const isPastIt = injection.evidence.some(({ phase, finding }) => phase === 'during' && finding === 'yes')
  const { action, neverStarted } = injectorUndo(injection)
  if (action !== 'fill-disk' || neverStarted !== undefined || isPastIt) return []
  const found = newestByTarget(lines, ['residue'])
  const forgotten = injection.targets.filter(({ uid }) => found.get(uid)?.code === 'other_boot')
  const pods = forgotten.length === 0 ? new Map() : await currentPods(context, forgotten)
  return forgotten.filter(({ name }) => pods.has(name))
}
