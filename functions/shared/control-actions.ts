import { assertNever, FaultlineError } from '../../lib/domain/errors.ts'
import type { ProbeSource, ProbeSpec } from '../../lib/domain/probe.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { faultName, plannedMs } from '../../lib/domain/suite.ts'
import { abortRun, resolveRun, wordOf } from '../../lib/engine/control.ts'
import { examineSuite } from '../../lib/engine/examine-suite.ts'
import { actionTexts } from '../../lib/report/fault-description.ts'
import { type Answer, drivenAnswer, runLine } from './answers.ts'
import { actorOf } from './caller.ts'
import { giveUpAfterMs, type Invocation } from './compose.ts'
import type { ControlInput } from './inputs.ts'
import { findSuite, packagedSuites } from './suites.ts'
import { recentRuns } from './switches.ts'

type Asked<A extends ControlInput['action']> = Extract<ControlInput, { action: A }>

/** One event is some 300 bytes. */
const recentEvents = 30

/** What people ask of an installation. Switches are seen by every driver within seconds. */
export async function control(input: ControlInput, invocation: Invocation): Promise<Answer> {
  switch (input.action) {
    case 'status':
      return input.run === undefined ? statusOfAll(invocation) : statusOfRun(input.run, invocation)
    case 'plan':
      return plan(input, invocation)
    case 'inject':
      return (await import('./control-starts.ts')).injectFault(input, invocation)
    case 'test':
      return (await import('./control-tests.ts')).testFamily(input, invocation)
    case 'sweep':
      return (await import('./control-sweep.ts')).sweepClusters(input, invocation)
    case 'replay':
      return (await import('./control-starts.ts')).replayRun(input, invocation)
    case 'abort':
      return abort(input, invocation)
    case 'resolve':
      return resolve(input, invocation)
    case 'pause':
      return pause(input, invocation)
    case 'unpause':
      await invocation.store.controls.clear({ kind: 'pause', suite: (await suiteOf(input, invocation)).name })
      return { happened: `suite ${input.suite} may start again`, next: 'it starts at its next scheduled time' }
    default:
      return assertNever(input)
  }
}

async function statusOfAll({ store, settings, clusters }: Invocation): Promise<Answer> {
  const names = await packagedSuites(settings.suites)
  const suites = await Promise.all(names.map(async (name) => (await findSuite(settings.suites, name)).name))
  const [{ halt }, pauses, runs] = await Promise.all([
    store.controls.read({ id: '-', suite: '-' }),
    Promise.all(suites.map(async (suite) => ({ suite, pause: (await store.controls.read({ id: '-', suite })).pause }))),
    store.runs.list({ limit: recentRuns }),
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

async function plan({ suite: wanted, cluster: name, seed = 1 }: Asked<'plan'>, invocation: Invocation): Promise<Answer> {
  const found = await findSuite(invocation.settings.suites, wanted)
  const { ref, cluster } = await invocation.clusters.reach(name)
  // A plan changes nothing; what an address that came along does when it is asked, only a packaged suite's owner knows.
  const mayAsk = ({ source }: ProbeSpec) => typeof wanted === 'string' || !namesAddress(source)
  const examined = await examineSuite(invocation.engine(ref), { cluster, clusterName: ref.name, suite: found, seed, mayAsk })
  const { suite, leftOut, notAsked, admission } = examined
  const { refusals, warnings } = admission
  return {
    happened:
      refusals.length === 0 ? `suite ${suite.name} could start now` : `suite ${suite.name} would be refused for ${refusals.length} reasons`,
    next: refusals.length === 0 ? 'invoke start' : 'remove what the refusals name',
    refusals,
    warnings,
    baseline: admission.baseline,
    probesLeftOut: leftOut,
    probesNotAsked: notAsked,
    plannedSeconds: plannedMs(suite) / 1000,
    steps: admission.steps.map(({ step, injections, warnings }) => {
      const spec = suite.steps[step]
      return {
        name: spec?.name,
        fault: spec === undefined ? null : faultName(spec.fault),
        targets: injections.flatMap((injection) => injection.targets.map((target) => target.name)),
        does: spec === undefined ? [] : actionTexts(spec.fault, injections),
        warnings,
      }
    }),
  }
}

function namesAddress(source: ProbeSource): boolean {
  return source.type === 'http' || (source.type === 'prometheus' && source.url !== null)
}

/** Driven here when it has no driver any more. */
async function abort({ run: id, by, why }: Asked<'abort'>, invocation: Invocation): Promise<Answer> {
  const found = await invocation.store.runs.load(id)
  if (found === undefined) throw new FaultlineError('not_found', `there is no run ${id}; "status" without "run" lists them`)
  const options = { budget: invocation.budget, giveUpAfterMs }
  const { run, driven } = await abortRun(invocation.engine(found.cluster), id, { who: actorOf(invocation, by), why }, options)
  if (driven === 'here' && !isEnded(run)) return drivenAnswer(run)
  if (driven !== 'elsewhere')
    return { ...drivenAnswer(run), happened: `run ${id} is over${driven === 'here' ? '' : ' already'}: ${run.status}` }
  return {
    happened: `${run.lease?.owner} was asked to abort run ${id}`,
    next: `it looks every few seconds: ask for its status`,
    ...runLine(run),
  }
}

/** A person's word where proof can never be had. */
async function resolve({ run: id, by, why, force = false }: Asked<'resolve'>, invocation: Invocation): Promise<Answer> {
  const found = await invocation.store.runs.load(id)
  if (found === undefined) throw new FaultlineError('not_found', `there is no run ${id}; "status" without "run" lists them`)
  const run = await resolveRun(invocation.engine(found.cluster), id, { who: actorOf(invocation, by), why, force })
  return drivenAnswer(run)
}

async function pause(input: Asked<'pause'>, invocation: Invocation): Promise<Answer> {
  const { name } = await suiteOf(input, invocation)
  const word = wordOf(actorOf(invocation, input.by), input.why, invocation.clock.now())
  await invocation.store.controls.set({ kind: 'pause', suite: name }, word)
  return {
    happened: `suite ${input.suite} is paused by ${word.by}`,
    next: 'its scheduled starts are refused until "unpause"; a live run goes on',
  }
}

function suiteOf({ suite }: { readonly suite: string }, { settings }: Invocation) {
  return findSuite(settings.suites, suite)
}
