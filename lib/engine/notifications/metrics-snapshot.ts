import { FaultlineError } from '../../domain/errors.ts'
import type { RunState } from '../../domain/gauges.ts'
import { gaugesOf } from '../../domain/gauges.ts'
import type { MetricFamily } from '../../domain/metrics.ts'
import { familiesOf } from '../../domain/metrics.ts'
import type { ProbeSample } from '../../domain/probe.ts'
import type { ListedRun } from '../../domain/run.ts'
import { isEnded } from '../../domain/run.ts'
import type { Store } from '../../ports.ts'
import type { Engine } from '../engine.ts'
import { claimOf } from '../lease/claim.ts'

/** So many of the newest runs are looked at for the places that there are. */
const newest = 100

/** All metrics from the store alone, for a scraper: the totals, and the state of the newest run of each place. */
export async function metricsFromStore(store: Store): Promise<readonly MetricFamily[]> {
  const [totals, states] = await Promise.all([store.totals.read(), stateOfPlaces(store)])
  return familiesOf([...states.flatMap(gaugesOf), ...totals])
}

/**
 * Pushes what is true of every place that no living driver speaks for: what a killed one pushed last (a fault that is active) must not
 * stay. Tells what could not be pushed, and never throws for it.
 */
export async function pushSnapshot(engine: Engine, say: (line: string) => void): Promise<void> {
  const { store, sink } = engine
  if (sink === null) return
  try {
    const states = (await stateOfPlaces(store)).filter(({ run }) => isEnded(run) || claimOf(run, engine) !== 'held')
    for (const state of states) {
      const place = { clusterUid: state.run.cluster.uid, namespace: state.run.namespace }
      await sink.push(place, familiesOf([...gaugesOf(state), ...(await store.totals.read(place))]))
    }
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    say(`metrics could not be pushed: ${error.message}`)
  }
}

async function stateOfPlaces(store: Store): Promise<readonly RunState[]> {
  const places = new Map<string, ListedRun>()
  for (const run of await store.runs.list({ limit: newest })) {
    const key = `${run.cluster.uid}/${run.namespace}`
    const known = places.get(key)
    if (known === undefined || (isEnded(known) && !isEnded(run))) places.set(key, run)
  }
  return (await Promise.all([...places.values()].map(({ id }) => stateOf(store, id)))).flat()
}

/** The index may be behind: what counts is the record. */
async function stateOf(store: Store, id: string): Promise<readonly RunState[]> {
  const run = await store.runs.load(id)
  if (run === undefined) return []
  if (isEnded(run)) return [{ run, injections: [], samples: [] }]
  const [injections, samples] = await Promise.all([store.ledger.list(run.id), store.samples.list(run.id)])
  const last = new Map<string, ProbeSample>(samples.map((sample) => [sample.probe, sample]))
  return [{ run, injections, samples: [...last.values()] }]
}
