import { FaultlineError, VersionConflict } from '../../domain/errors.ts'
import { type Awaiting, type Ended, isEnded } from '../../domain/run.ts'
import { auditSwitches, copyEvents } from '../audit.ts'
import type { Engine } from '../engine.ts'
import { isAwaiting } from '../lease/awaiting.ts'
import { settle } from '../settle.ts'
import { pushSnapshot } from './metrics-snapshot.ts'
import { Notifications, newsMs } from './notifications.ts'

const ends = ['refused', 'verified', 'resolved']
/** Runs that ended in the last quarter of an hour are among these: one page of the index. */
const newest = 100
/** A notifier that fails for so long (a topic that was deleted) is no reason to look at the run for ever. */
const triedForMs = 24 * 3_600_000

/**
 * Called by every reaper: says what drivers could not say at their end, or of a run that waits for a person, however long ago that was, copies their history and writes their
 * reports. The entry of a halt that could not be written is. Metrics that a killed driver pushed last are replaced. Never throws for a notifier, a Pushgateway or a store that is away.
 */
export async function redeliverNotifications(engine: Engine, say: (line: string) => void): Promise<void> {
  try {
    const { ended, waiting } = await toTell(engine, say)
    const halted = engine.store.controls.read({ id: '-', suite: '-' }).then((controls) => auditSwitches(engine, controls))
    await Promise.all([pushSnapshot(engine, say), redeliverEnds(engine, ended, say), redeliverWaits(engine, waiting), halted])
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    say(`not everybody could be told: ${error.message}`)
  }
}

async function toTell(
  { store, clock }: Engine,
  say: (line: string) => void,
): Promise<{ readonly ended: readonly Ended[]; readonly waiting: readonly Awaiting[] }> {
  const since = clock.now() - newsMs
  const [unsettled, listed] = await Promise.all([store.runs.list({ unsettled: true }), store.runs.list({ limit: newest })])
  const lately = listed.filter((run) => isEnded(run) && run.endedAt >= since)
  const waiting = listed.filter(({ status }) => status === 'awaiting_approval')
  const ids = new Set([...unsettled, ...lately, ...waiting].map(({ id }) => id))
  const load = (id: string) =>
    store.runs.load(id).catch((error: unknown) => {
      if (!(error instanceof FaultlineError)) throw error
      say(`run ${id} could not be read, and nothing of it is told: ${error.message}`)
      return undefined
    })
  const runs = await Promise.all([...ids].map(load))
  const found = runs.filter((run) => run !== undefined)
  return { ended: found.filter((run) => isEnded(run)), waiting: found.filter((run) => isAwaiting(run)) }
}

/** A driver that left a run to a person may have died before it had told anyone. */
async function redeliverWaits(engine: Engine, runs: readonly Awaiting[]): Promise<void> {
  await Promise.all(
    runs.map(async (run) => {
      const known = await engine.store.ledger.history(run.id)
      const missing = run.events.filter((event) => !known.some(({ version, n }) => version === event.version && n === event.n))
      if (missing.length > 0) await copyEvents(engine, run, run.events)
      const asked = [...known, ...missing].filter(({ type, at }) => type === 'approval_needed' && at >= run.since)
      const notifications = new Notifications({ ...engine, sink: null }, run.id)
      notifications.notify(run, asked, [])
      await notifications.end()
    }),
  )
}

/** What was told is claimed, and told no more. */
async function redeliverEnds(engine: Engine, runs: readonly Ended[], say: (line: string) => void): Promise<void> {
  await Promise.all(
    runs.map(async (run) => {
      const isOver = engine.clock.now() >= run.endedAt + triedForMs
      const isAllTold = await redeliverEnd(engine, run)
      if (!isAllTold && isOver) say(`run ${run.id}: not everyone could be told of its end for a day; it is not tried any more`)
      await settle(engine, run, { isAllTold: isAllTold || isOver }).catch(unlessSettledMeanwhile)
    }),
  )
}

async function redeliverEnd(engine: Engine, run: Ended): Promise<boolean> {
  const { store } = engine
  await copyEvents(engine, run, run.events)
  if (engine.notifiers.length === 0) return true
  const history = await store.ledger.history(run.id)
  const notifications = new Notifications({ ...engine, sink: null }, run.id)
  notifications.notify(
    run,
    history.filter(({ type }) => ends.includes(type)),
    [],
  )
  return notifications.end()
}

function unlessSettledMeanwhile(error: unknown): void {
  if (!(error instanceof VersionConflict)) throw error
}
