import type { Injection } from '../../lib/domain/injection.ts'
import { cordonAnnotation, managedBy, managedByLabel, runLabel, targetLabel } from '../../lib/domain/labels.ts'
import type { Notice } from '../../lib/domain/notice.ts'
import { coolDownOf, noticesOf } from '../../lib/domain/notices.ts'
import { isOfPlan } from '../../lib/domain/plan-seal.ts'
import { reasonText, reasonTexts } from '../../lib/domain/reason.ts'
import type { Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { membersOf } from '../../lib/domain/together.ts'
import { compare } from '../../lib/domain/tolerance.ts'
import type { KubeObject } from '../../sandbox/wire.ts'
import { storedRuns } from '../support/stored-runs.ts'
import { timesAreOwn } from './overlap-checks.ts'
import { namespace, type Simulation } from './simulation.ts'

/** A living driver sees a switch within 5 s; the longest that a driver of the simulation stands still, and a hand-over. */
const stopWithinMs = 5_000 + 100_000 + 90_000

/** What must be true of a world in which the trouble is over and reapers came: judged by the cluster and the store themselves. */
export async function checkWorld(simulation: Simulation): Promise<void> {
  const { store, stops } = simulation
  await simulation.deeds.settled()
  const runs = await storedRuns(store)
  if (runs.length > simulation.plan.starts.length) simulation.violated('one event started more than one run')
  nothingIsLeft(simulation)
  nothingElseIsTouched(simulation)
  workloadIsWhole(simulation)
  for (const run of runs) {
    const injections = await store.ledger.list(run.id)
    if (!isEnded(run)) simulation.violated(`run ${run.id} never ended: ${run.status}`)
    else await endIsTold(simulation, run)
    await historyIsWhole(simulation, run)
    verdictIsTrue(simulation, run, injections)
    timesAreOwn(simulation, run)
    if (simulation.plan.isUndisturbed) await everythingIsTold(simulation, run, injections)
    endIsExplained(simulation, run)
    const stoppedAt = stops.storedAt(run.id)
    if (stoppedAt !== null && run.status === 'succeeded' && run.endedAt > stoppedAt + stopWithinMs)
      simulation.violated(`run ${run.id} was stopped ${run.endedAt - stoppedAt} ms before its end, and succeeded`)
  }
}

/** With no process of ours left, fuses have ended every effect; what is inert (labels of targets) stays until a reaper comes. */
export function nothingBites(simulation: Simulation): void {
  nothingElseIsTouched(simulation)
  for (const what of remains(simulation, 'what bites')) simulation.violated(`no fuse ended ${what}`)
}

function nothingIsLeft(simulation: Simulation): void {
  for (const what of remains(simulation, 'everything')) simulation.violated(`left: ${what}`)
}

function remains(simulation: Simulation, which: 'what bites' | 'everything'): readonly string[] {
  const { sandbox, cordonedByPeople } = simulation
  const effects = sandbox.effects().map(({ podUid, kind, tag }) => `${kind} of ${tag} on pod ${podUid}`)
  const objects = sandbox.objects().flatMap((object) => {
    const { kind, metadata } = object
    const { labels = {}, annotations = {}, name, namespace: where = '' } = metadata
    const isOurs = labels[managedByLabel] === managedBy || (which === 'everything' && labels[runLabel] !== undefined)
    const isCordoned = kind === 'Node' && Object(object.spec).unschedulable === true
    return [
      ...(isOurs && kind !== 'Event' ? [`${kind} ${where}/${name}`] : []),
      ...(which === 'everything' && labels[targetLabel] !== undefined ? [`label on ${kind} ${name}`] : []),
      ...(which === 'everything' && annotations[cordonAnnotation] !== undefined ? [`our name on ${kind} ${name}`] : []),
      ...(isCordoned && !cordonedByPeople.has(name) ? [`cordon of ${name}`] : []),
    ]
  })
  return [...effects, ...objects]
}

/** What others made is as it was, and a node that a person cordoned last is cordoned. */
function nothingElseIsTouched(simulation: Simulation): void {
  const { sandbox, strangers, cordonedByPeople, isWorkloadGone } = simulation
  if (!isWorkloadGone) for (const change of strangers.changes()) simulation.violated(`touched: ${change}`)
  for (const name of cordonedByPeople) {
    const node = sandbox.get('nodes', name)
    if (node !== undefined && Object(node.spec).unschedulable !== true)
      simulation.violated(`touched: the cordon of a person on ${name} is gone`)
  }
}

/** The controllers have brought back all that was taken away. */
function workloadIsWhole(simulation: Simulation): void {
  const { sandbox, isWorkloadGone } = simulation
  if (isWorkloadGone) return
  const deployment = sandbox.get('deployments', 'jadevectordb', namespace) as KubeObject | undefined
  const wanted = Object(deployment?.spec).replicas
  const { availableReplicas = 0 } = Object(deployment?.status)
  if (availableReplicas !== wanted) simulation.violated(`the workload has ${availableReplicas} of ${wanted} pods`)
}

/** Each end is told, and only once; of a run whose end nothing told, the history must at least know it. */
async function endIsTold(simulation: Simulation, run: Run): Promise<void> {
  const history = await simulation.store.ledger.history(run.id)
  const ends = new Set(history.filter(({ type }) => ['verified', 'refused', 'resolved'].includes(type)).map(({ version }) => version))
  if (ends.size !== 1) simulation.violated(`run ${run.id}: its history tells ${ends.size} ends`)
  const told = simulation.told.filter((notice) => notice.run.id === run.id && ['run.finished', 'run.refused'].includes(notice.kind))
  if (told.length === 0) simulation.violated(`run ${run.id} (${run.status}): its end was never told`)
  if (!simulation.reported.has(run.id)) simulation.violated(`run ${run.id} (${run.status}): its report was never left`)
  if (new Set(told.map(({ id }) => id)).size > 1) simulation.violated(`run ${run.id}: more than one end was told`)
}

/** Every event of every version that was stored is in the history, and nothing else is. */
async function historyIsWhole(simulation: Simulation, run: Run): Promise<void> {
  if (run.events.length > 0) simulation.violated(`run ${run.id}: ${run.events.length} events were never copied into its history`)
  const history = new Map((await simulation.store.ledger.history(run.id)).map((event) => [`${event.version}#${event.n}`, event]))
  const stored = simulation.storedEvents.get(run.id) ?? new Map()
  for (const [key, { type }] of stored)
    if (history.get(key)?.type !== type) simulation.violated(`run ${run.id}: ${type} (${key}) is not in its history`)
  for (const [key, { type }] of history)
    if (stored.get(key)?.type !== type) simulation.violated(`run ${run.id}: its history has ${type} (${key}), which was never stored`)
}

/** Where nothing goes wrong, all that the history has to tell is told once, and a driver that stays undoes on time. */
async function everythingIsTold(simulation: Simulation, run: Run, injections: readonly Injection[]): Promise<void> {
  const notices = noticesOf(run, await simulation.store.ledger.history(run.id), injections)
  const ofRun = simulation.told.filter((notice) => notice.run.id === run.id)
  const [expected, told] = [notices, ofRun].map((list) => list.map(({ id, kind }) => `${id} ${kind}`)) as [string[], string[]]
  // Of a topic that comes up again and again the first is told, and no other for a while.
  const isTold = (notice: Notice) =>
    ofRun.some(({ id, topic, at }) => id === notice.id || (topic === notice.topic && Math.abs(notice.at - at) < coolDownOf(notice)))
  for (const { id, kind } of notices.filter((notice) => !isTold(notice))) simulation.violated(`run ${run.id}: ${id} ${kind} was never told`)
  for (const one of told.filter((id, index) => !expected.includes(id) || told.indexOf(id) !== index))
    simulation.violated(`run ${run.id}: ${one} was told, and should not have been (again)`)
  for (const [index, { name, plannedEnd, revertedAt }] of run.steps.entries())
    if (
      simulation.plan.starts.every(({ driverMs }) => driverMs === null) &&
      (revertedAt ?? 0) > Math.max(plannedEnd ?? Number.POSITIVE_INFINITY, backAt(run, index)) + onTimeMs
    )
      simulation.violated(`run ${run.id}: ${name} was undone ${(revertedAt ?? 0) - (plannedEnd ?? 0)} ms after its planned end`)
}

/** An undo and its proof take up to 3 s in the embedded cluster. */
const onTimeMs = 5_000

/** The kubelet waits up to this long before it starts a container again that was killed three times. */
const backOffMs = 40_000

/**
 * Deleted pods are back once they are Ready, which faults that overlap may keep them from until they are undone, and the kubelet's back-off
 * for a while after: ms since epoch, 0 for all other steps.
 */
function backAt({ suite, steps }: Run, step: number): number {
  if (suite.steps[step]?.fault.kind !== 'pod-delete') return 0
  const others = membersOf(suite.steps, step).filter((member) => member !== step)
  return Math.max(0, ...others.map((member) => (steps[member]?.revertedAt ?? 0) + backOffMs))
}

/** No person is blamed for what did not happen, and a world in which nothing went wrong has no abort. */
function endIsExplained(simulation: Simulation, run: Run): void {
  const { plan, stops, resolved } = simulation
  const { abort } = run
  if (plan.isUndisturbed && run.status === 'failed' && !isInBackOff(run) && !isUnfitByCompany(run))
    simulation.violated(`run ${run.id} failed (${run.steps.flatMap(reasonTexts).join('; ')}), and nothing had gone wrong`)
  if (plan.isUndisturbed && run.orphans > 0) simulation.violated(`run ${run.id} tells ${run.orphans} orphans, and nothing had gone wrong`)
  if (isEnded(run) && run.resolved !== null && !resolved.has(run.id)) simulation.violated(`run ${run.id}: no person resolved it`)
  if (abort === null) return
  const who = `run ${run.id} was aborted (${abort.reason}) by ${abort.by}: ${abort.detail}`
  if (plan.isUndisturbed) simulation.violated(`${who}; nothing had gone wrong`)
  if (abort.by === 'kubectl' && !simulation.isHaltedByHand) simulation.violated(`${who}; no person had deleted a Job`)
  if (abort.by === 'ann' && !stops.wasAny) simulation.violated(`${who}; no person had stopped it`)
  if (abort.reason === 'threshold' && !crossed(simulation, run)) simulation.violated(`${who}; no answer of its probe had crossed it`)
}

/** A container that was killed at every start waits longer and longer, and may need more than the suite allows. */
function isInBackOff({ suite, steps }: Run): boolean {
  const reasons = steps.flatMap((step) => step.reasons.map(({ code }) => code))
  return suite.steps.some(({ fault }) => fault.kind === 'crashloop') && reasons.includes('not_recovered')
}

/**
 * A step of a group is planned while what another one does keeps pods from being Ready, or holds them in a way that it may not overlap with:
 * those are no targets, and it may lack any. The others of its group end with it.
 */
function isUnfitByCompany({ suite, steps }: Run): boolean {
  const failed = steps.flatMap(({ verdict, reasons }, index) => (verdict === 'failed' ? [{ step: suite.steps[index], reasons }] : []))
  const isUnfit = (text: string) =>
    text.endsWith('is refused: it is not Ready') ||
    text.includes('may not overlap on one pod') ||
    text.startsWith('its group ended with step')
  return failed.every(({ step, reasons }) => step?.together !== undefined && reasons.map(reasonText).every(isUnfit))
}

function crossed({ answers }: Simulation, { suite }: Run): boolean {
  return suite.thresholds.some(({ op, limit }) => answers.some((value) => compare(value, op, limit)))
}

/** A pass needs a deed for each injection that the API server saw, and evidence of all three times. */
function verdictIsTrue(simulation: Simulation, run: Run, injections: readonly Injection[]): void {
  for (const [index, step] of run.steps.entries()) {
    const own = injections.filter((injection) => injection.step === index && isOfPlan(injection, step))
    if (step.verdict !== 'succeeded') continue
    if (own.length === 0) simulation.violated(`run ${run.id}: step ${index} succeeded without an injection`)
    for (const injection of own) {
      const at = `run ${run.id}: injection ${index}/${injection.n} (${injection.fault})`
      if (injection.status !== 'reverted') simulation.violated(`${at} succeeded, and is ${injection.status}`)
      for (const phase of ['during', 'end', 'after'] as const)
        if (!injection.evidence.some((seen) => seen.phase === phase && seen.finding === 'yes'))
          simulation.violated(`${at} succeeded without evidence ${phase}`)
      if (!isDone(simulation, injection)) simulation.violated(`${at} succeeded, and the API server saw none of it`)
    }
  }
  if (isEnded(run) && run.status === 'succeeded' && run.steps.some(({ verdict }) => verdict !== 'succeeded'))
    simulation.violated(`run ${run.id} succeeded, and not all of its steps did`)
}

function isDone({ deeds }: Simulation, { undo, targets }: Injection): boolean {
  switch (undo.kind) {
    case 'policy':
      return deeds.done.some(({ kind, name }) => kind === 'policy' && name === undo.policy)
    case 'injector':
      return deeds.done.some(({ kind, name }) => kind === 'injector' && name === undo.job)
    case 'cordon':
      return deeds.done.some(({ kind, name }) => kind === 'cordon' && name === targets[0]?.name)
    case 'deletion':
      return targets.some(({ uid }) => deeds.done.some((deed) => deed.kind === 'delete' && deed.uid === uid))
  }
}
