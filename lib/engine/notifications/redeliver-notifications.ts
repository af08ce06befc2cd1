import { FaultlineError } from '../../domain/errors.ts'
import { isEnded, type Run } from '../../domain/run.ts'
import type { Engine } from '../engine.ts'
import { pushSnapshot } from './metrics-snapshot.ts'
import { Notifications, newsMs } from './notifications.ts'

const ends = ['refused', 'verified', 'resolved']
const newest = 100

/**
 * Called by every reaper: says what drivers could not say at their end. A run that is over has no driver any more that could try again
 * to tell so, and metrics that a killed one pushed last would stay. Never throws for an notifier, a Pushgateway or a store that is away.
 * Answers with the runs that ended lately.
 */
export async function redeliverNotifications(engine: Engine, say: (line: string) => void): Promise<readonly Run[]> {
  try {
    const ended = endedLately(engine)
    await Promise.all([pushSnapshot(engine, say), ended.then((runs) => redeliverEnds(engine, runs))])
    return await ended
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    say(`not everybody could be told: ${error.message}`)
    return []
  }
}

async function endedLately({ store, clock }: Engine): Promise<readonly Run[]> {
  const since = clock.now() - newsMs
  return (await store.runs.list({ limit: newest })).filter((run) => isEnded(run) && run.endedAt >= since)
}

/** What was told is claimed, and told no more. */
async function redeliverEnds(engine: Engine, runs: readonly Run[]): Promise<void> {
  if (engine.notifiers.length === 0) return
  const { store } = engine
  await Promise.all(
    runs.map(async (run) => {
      const history = await store.ledger.history(run.id)
      const notifications = new Notifications({ ...engine, sink: null }, run.id)
      notifications.notify(
        run,
        history.filter(({ type }) => ends.includes(type)),
        [],
      )
      await notifications.end()
    }),
  )
}
