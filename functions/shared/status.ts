import { FaultlineError } from '../../lib/domain/errors.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { loadRuns } from '../../lib/load-runs.ts'
import { type Answer, drivenAnswer, runLine } from './answers.ts'
import type { Invocation } from './compose.ts'
import { findSuite, packagedSuites } from './suites.ts'
import { recentRuns } from './switches.ts'

/** One event is some 300 bytes. */
const recentEvents = 30

/** What is going on: in all, or with one run. */
export function status({ run }: { readonly run?: string | undefined }, invocation: Invocation): Promise<Answer> {
  return run === undefined ? statusOfAll(invocation) : statusOfRun(run, invocation)
}

async function statusOfAll({ store, settings, clusters }: Invocation): Promise<Answer> {
  const names = await packagedSuites(settings.suites)
  const suites = await Promise.all(names.map(async (name) => (await findSuite(settings.suites, name)).name))
  const [{ halt }, pauses, runs] = await Promise.all([
    store.controls.read({ id: '-', suite: '-' }),
    Promise.all(suites.map(async (suite) => ({ suite, pause: (await store.controls.read({ id: '-', suite })).pause }))),
    store.runs.list({ limit: recentRuns }).then((listed) => loadRuns(store, listed)),
  ])
  const live = runs.filter((run) => !isEnded(run))
  return {
    happened: `${live.length} runs are live${halt === null ? '' : `; everything is halted by ${halt.by}: ${halt.why}`}`,
    next:
      halt === null ? 'ask with "run" for one of them; the function halt stops everything' : 'the function resume lets runs start again',
    halt,
    paused: pauses.filter(({ pause }) => pause !== null),
    suites: names,
    clusters: clusters.names,
    runs: runs.map(runLine),
  }
}

async function statusOfRun(id: string, { store }: Invocation): Promise<Answer> {
  const run = await store.runs.load(id)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${id}; "status" without "run" lists them`)
  const [ledger, history] = await Promise.all([store.ledger.list(id), store.ledger.history(id)])
  const answer = isEnded(run)
    ? drivenAnswer(run)
    : { happened: `run ${id} is ${run.status}`, next: '"abort" ends it early', ...runLine(run) }
  return {
    ...answer,
    driver: run.lease,
    steps: run.steps,
    ledger: ledger.map(({ step, n, fault, status, targets, evidence }) => ({
      step,
      n,
      fault,
      status,
      targets: targets.map((target) => target.name),
      evidence: evidence.map(({ phase, finding, summary }) => ({ phase, finding, summary })),
    })),
    history: history.slice(-recentEvents).map(({ at, type, step, message }) => ({ at: new Date(at).toISOString(), type, step, message })),
  }
}
