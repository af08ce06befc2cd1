import { assertNever, FaultlineError } from '../../lib/domain/errors.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { abortRun, resolveRun } from '../../lib/engine/control.ts'
import { pauseSuite, unpauseSuite } from '../../lib/engine/switches.ts'
import { type Answer, drivenAnswer, runLine } from './answers.ts'
import { actorOf } from './caller.ts'
import { giveUpAfterMs, type Invocation } from './compose.ts'
import type { ControlInput } from './inputs.ts'
import { status } from './status.ts'
import { findSuite } from './suites.ts'
import { switching } from './switches.ts'

type Asked<A extends ControlInput['action']> = Extract<ControlInput, { action: A }>

/** What people ask of an installation. Switches are seen by every driver within seconds. */
export async function control(input: ControlInput, invocation: Invocation): Promise<Answer> {
  switch (input.action) {
    case 'status':
      return status(input, invocation)
    case 'plan':
      return (await import('./control-plan.ts')).plan(input, invocation)
    case 'run':
      return (await import('./control-starts.ts')).runSuite(input, invocation)
    case 'inject':
      return (await import('./control-starts.ts')).injectFault(input, invocation)
    case 'test':
      return (await import('./control-tests.ts')).testFamily(input, invocation)
    case 'reap':
      return (await import('./reaping.ts')).reapOnce(invocation)
    case 'doctor':
      return (await import('./control-doctor.ts')).doctor(input, invocation)
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
      return unpause(input, invocation)
    default:
      return assertNever(input)
  }
}

/** Driven here when it has no driver any more. */
async function abort({ run: id, by, why }: Asked<'abort'>, invocation: Invocation): Promise<Answer> {
  const found = await invocation.store.runs.load(id)
  if (found === undefined) throw new FaultlineError('not_found', `there is no run ${id}; "status" without "run" lists them`)
  const options = { budget: invocation.budget, giveUpAfterMs }
  const { run, driven } = await abortRun(invocation.engine(found.cluster), id, { who: actorOf(invocation, by), why }, options)
  if (driven === 'here' && !isEnded(run)) return { ...drivenAnswer(run), driven }
  if (driven !== 'elsewhere')
    return { ...drivenAnswer(run), driven, happened: `run ${id} is over${driven === 'here' ? '' : ' already'}: ${run.status}` }
  return {
    happened: `${run.lease?.owner} was asked to abort run ${id}`,
    next: `it looks every few seconds: ask for its status`,
    driven,
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
  const { word } = await pauseSuite(switching(invocation), name, actorOf(invocation, input.by), input.why)
  return {
    happened: `suite ${input.suite} is paused by ${word.by}`,
    next: 'its scheduled starts are refused until "unpause"; a live run goes on',
  }
}

async function unpause(input: Asked<'unpause'>, invocation: Invocation): Promise<Answer> {
  const { name } = await suiteOf(input, invocation)
  const lifted = await unpauseSuite(switching(invocation), name, actorOf(invocation, input.by), input.why)
  return { happened: `suite ${input.suite} may start again`, next: 'it starts at its next scheduled time', lifted }
}

function suiteOf({ suite }: { readonly suite: string }, { settings }: Invocation) {
  return findSuite(settings.suites, suite)
}
