import { FaultlineError } from '../../lib/domain/errors.ts'
import type { ClusterRef } from '../../lib/domain/run.ts'
import { isEnded, isTerminal } from '../../lib/domain/run.ts'
import { runReasonTexts } from '../../lib/domain/run-reasons.ts'
import { counted } from '../../lib/domain/text.ts'
import { redeliverNotifications } from '../../lib/engine/notifications/redeliver-notifications.ts'
import type { Reaped } from '../../lib/engine/reap.ts'
import { sweepOrphans } from '../../lib/engine/reap.ts'
import type { Cluster } from '../../lib/ports.ts'
import type { ReapDocument } from '../../lib/remote/interface.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import type { Composition } from '../compose.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { reapAll, unfinishedRuns } from '../reaping.ts'
import type { Terminal } from '../terminal.ts'

interface Sweep {
  readonly orphans: readonly string[]
  /** What fuses cannot take along, apart from what had an effect. */
  readonly inert: readonly string[]
  /** Clusters that had to be looked at and could not, and objects that could not be removed. */
  readonly failures: readonly string[]
}

/** `faultline reap`: ends what dead drivers left and removes objects of ours that no live run owns. */
export function reap(flags: WorkFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const say = sayer(flags, terminal)
    const unfinished = await unfinishedRuns(composition)
    const reaped = await reapAll(composition, unfinished, say)
    await redeliverNotifications(composition.engine({ simulated: false }), say)
    const swept = await sweepAll(composition, { flags, say, refs: unfinished.map((run) => run.cluster) })
    return tellReap(documentOf(reaped, swept), flags, terminal)
  })
}

/** The clusters of unfinished runs, and the one that the flags name: that one only if it answers, unless it was named. */
async function sweepAll(
  composition: Composition,
  { flags, say, refs }: { readonly flags: WorkFlags; readonly say: (line: string) => void; readonly refs: readonly ClusterRef[] },
): Promise<Sweep> {
  const named = flags.kubeconfig !== undefined || flags.context !== undefined
  const byUid = new Map(refs.map((ref) => [ref.uid, ref]))
  const failures: string[] = []
  const current = await composition.clusters.current().catch((error: unknown) => {
    const what = `the current cluster could not be looked at: ${messageOf(error)}`
    if (named) failures.push(what)
    else say(`note: ${what}`)
    return null
  })
  if (current !== null) byUid.set(current.ref.uid, current.ref)
  const orphans: string[] = []
  const inert: string[] = []
  for (const ref of byUid.values()) {
    try {
      const cluster: Cluster = await composition.clusters.connect(ref)
      const swept = await sweepOrphans(composition.engine(ref), cluster)
      orphans.push(...swept.removed)
      inert.push(...swept.inert)
      failures.push(...swept.failed)
    } catch (error) {
      if (!(error instanceof FaultlineError && error.code === 'cluster_gone')) failures.push(`${ref.name}: ${messageOf(error)}`)
    }
  }
  return { orphans, inert, failures }
}

function messageOf(error: unknown): string {
  if (!(error instanceof FaultlineError)) throw error
  return error.message
}

/** What a round of the reaper did. */
export function tellReap(document: ReapDocument, flags: { readonly json?: boolean }, terminal: Terminal): ExitCode {
  const { reaped, alive, errors, orphans, inert } = document
  if (flags.json === true) printJson(terminal, document)
  else {
    const say = sayer(flags, terminal)
    for (const { run, verdict } of reaped)
      say(
        `run ${run}: ${isTerminal(verdict) ? `${verdict}; everything is proven to be undone` : `still ${verdict}: not proven undone, reap again`}`,
      )
    for (const { run, state, driver } of alive) say(`run ${run}: ${state}, driven by ${driver ?? 'another driver'}; left alone`)
    for (const { runId, message } of errors) say(runId === null ? `not swept: ${message}` : `run ${runId}: could not be reaped: ${message}`)
    for (const orphan of orphans) say(`orphan removed: ${orphan}`)
    for (const leftover of inert) say(`inert leftover of a fuse removed: ${leftover}`)
    say(`${counted(reaped.length, 'run')} reaped, ${alive.length} alive, ${counted(orphans.length, 'orphan')}`)
  }
  return reaped.some(({ verdict }) => !isTerminal(verdict)) || errors.length > 0 ? exitCodes.unproven : exitCodes.succeeded
}

function documentOf({ runs, alive, errors }: Reaped, { orphans, inert, failures }: Sweep): ReapDocument {
  return {
    reaped: runs.map((run) => ({ run: run.id, verdict: run.status, reasons: isEnded(run) ? runReasonTexts(run) : [] })),
    alive: alive.map((run) => ({ run: run.id, state: run.status, driver: run.lease?.owner ?? null })),
    errors: [...errors, ...failures.map((message) => ({ runId: null, message }))],
    orphans,
    inert,
  }
}
