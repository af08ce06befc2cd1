import { FaultlineError } from '../../domain/errors.ts'
import { isEnded, type Run } from '../../domain/run.ts'
import type { Engine } from '../engine.ts'
import { pushTruth } from './metrics-snapshot.ts'
import { newsMs, Telling } from './notifications.ts'

const ends = ['refused', 'verified', 'resolved']
const newest = 100

/**
 * Called by every reaper: says what drivers could not say at their end. A run that is over has no driver any more that could try again
 * to tell so, and metrics that a killed one pushed last would stay. Never throws for an outlet, a Pushgateway or a store that is away.
 * Answers with the runs that ended lately.
 */
export async function catchUp(engine: Engine, say: (line: string) => void): Promise<readonly Run[]> {
  try {
    const ended = endedLately(engine)
    await Promise.all([pushTruth(engine, say), ended.then((runs) => retellEnds(engine, runs))])
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
async function retellEnds(engine: Engine, runs: readonly Run[]): Promise<void> {
  if (engine.outlets.length === 0) return
  const { store } = engine
  await Promise.all(
    runs.map(async (run) => {
      const history = await store.ledger.history(run.id)
      const telling = new Telling({ ...engine, sink: null }, run.id)
      telling.tell(
        run,
        history.filter(({ type }) => ends.includes(type)),
        [],
      )
      await telling.end()
    }),
  )
}
