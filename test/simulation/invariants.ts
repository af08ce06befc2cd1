import type { Injection } from '../../lib/domain/injection.ts'
import { cordonAnnotation, managedBy, managedByLabel, runLabel, targetLabel } from '../../lib/domain/labels.ts'
import type { Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import type { Simulation } from './simulation.ts'

/** A living driver sees a switch within 5 s; the longest that a driver of the simulation stands still, and a hand-over. */
const stopWithinMs = 5_000 + 100_000 + 90_000

/** What must be true of a world in which the trouble is over and reapers came: judged by the cluster and the store themselves. */
export async function checkWorld(simulation: Simulation): Promise<void> {
  const { store, stoppedAt } = simulation
  nothingIsLeft(simulation)
  for (const run of await store.runs.list()) {
    const injections = await store.ledger.list(run.id)
    if (!isEnded(run)) simulation.violated(`run ${run.id} never ended: ${run.status}`)
    else await endIsTold(simulation, run)
    if (run.events.length > 0) simulation.violated(`run ${run.id}: ${run.events.length} events were never copied into its history`)
    verdictIsTrue(simulation, run, injections)
    endIsExplained(simulation, run)
    if (stoppedAt !== null && run.status === 'succeeded' && run.endedAt > stoppedAt + stopWithinMs)
      simulation.violated(`run ${run.id} was stopped ${run.endedAt - stoppedAt} ms before its end, and succeeded`)
  }
}

/** With no process of ours left, fuses have ended every effect; what is inert (labels of targets) stays until a reaper comes. */
export function nothingBites(simulation: Simulation): void {
  const { sandbox } = simulation
  for (const { podUid, kind, tag } of sandbox.effects()) simulation.violated(`no fuse ended ${kind} of ${tag} on pod ${podUid}`)
  for (const { kind, metadata, ...rest } of sandbox.objects()) {
    const { labels = {}, name, namespace = '' } = metadata
    if (labels[managedByLabel] === managedBy && kind !== 'Event') simulation.violated(`no fuse ended ${kind} ${namespace}/${name}`)
    if (kind === 'Node' && 'spec' in rest && Object(rest.spec).unschedulable === true)
      simulation.violated(`no fuse ended the cordon of ${name}`)
  }
}

function nothingIsLeft(simulation: Simulation): void {
  const { sandbox } = simulation
  for (const { podUid, kind, tag } of sandbox.effects()) simulation.violated(`left: ${kind} of ${tag} on pod ${podUid}`)
  for (const { kind, metadata, ...rest } of sandbox.objects()) {
    const { labels = {}, annotations = {}, name, namespace = '' } = metadata
    const isOurs = labels[managedByLabel] === managedBy || labels[runLabel] !== undefined
    if (isOurs && kind !== 'Event') simulation.violated(`left: ${kind} ${namespace}/${name}`)
    if (labels[targetLabel] !== undefined) simulation.violated(`left: label on ${kind} ${name}`)
    if (kind !== 'Node') continue
    if (annotations[cordonAnnotation] !== undefined) simulation.violated(`left: our name on node ${name}`)
    if ('spec' in rest && Object(rest.spec).unschedulable === true) simulation.violated(`left: node ${name} is cordoned`)
  }
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

/** No person is blamed for what did not happen, and a world in which nothing went wrong has no abort. */
function endIsExplained(simulation: Simulation, run: Run): void {
  const { abort } = run
  if (simulation.isUndisturbed && run.status === 'failed') simulation.violated(`run ${run.id} failed, and nothing had gone wrong`)
  if (simulation.isUndisturbed && run.orphans > 0)
    simulation.violated(`run ${run.id} tells ${run.orphans} orphans, and nothing had gone wrong`)
  if (abort === null) return
  const who = `run ${run.id} was aborted (${abort.reason}) by ${abort.by}: ${abort.detail}`
  if (simulation.isUndisturbed) simulation.violated(`${who}; nothing had gone wrong`)
  if (abort.by === 'kubectl' && !simulation.isHaltedByHand) simulation.violated(`${who}; no person had deleted a Job`)
  if (abort.by === 'ann' && simulation.stoppedAt === null) simulation.violated(`${who}; no person had stopped it`)
}

/** A pass needs a deed for each injection that the API server saw, and evidence of all three times. */
function verdictIsTrue(simulation: Simulation, run: Run, injections: readonly Injection[]): void {
  for (const [index, step] of run.steps.entries()) {
    const own = injections.filter((injection) => injection.step === index)
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
      return deeds.some(({ kind, name }) => kind === 'policy' && name === undo.policy)
    case 'injector':
      return deeds.some(({ kind, name }) => kind === 'injector' && name === undo.job)
    case 'cordon':
      return deeds.some(({ kind, name }) => kind === 'cordon' && name === targets[0]?.name)
    case 'deletion':
      return targets.some(({ uid }) => deeds.some((deed) => deed.kind === 'delete' && deed.uid === uid))
  }
}
