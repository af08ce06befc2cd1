import { FaultlineError } from '../../lib/domain/errors.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import { faultFamilies, suiteOfFlags } from '../../lib/suite/fault-flags.ts'
import type { Answer } from './answers.ts'
import { begin, beginSuite } from './begin.ts'
import type { Invocation } from './compose.ts'
import type { ControlInput } from './inputs.ts'
import { changedSuite } from './suites.ts'

type Asked<A extends ControlInput['action']> = Extract<ControlInput, { action: A }>

/** A suite, packaged or sent along, changed for this once or not; another function drives it. */
export async function runSuite(input: Asked<'run'>, invocation: Invocation): Promise<Answer> {
  const { suite: wanted, set, only, skip, namespace, selector, duration, grace, id } = input
  const { suite, warnings } = await changedSuite(input, invocation)
  const isAsDeployed = [set, only, skip, namespace, selector, duration, grace].every((change) => change === undefined)
  const start = { ...placeOf({ ...input, wait: false }), suite: wanted, ...(id === undefined ? {} : { id }) }
  const answer = await beginSuite(suite, { ...start, isPackaged: typeof wanted === 'string' && isAsDeployed }, invocation)
  return { ...answer, warnings }
}

/** One fault, now: the suite that `faultline inject` makes of the same flags, begun as `start` begins one. */
export function injectFault(input: Asked<'inject'>, invocation: Invocation): Promise<Answer> {
  return begin({ ...placeOf(input), suite: suiteOfInput(input) }, invocation)
}

/** The suite and the seed of a run again, on what is there now. */
export async function replayRun(input: Asked<'replay'>, invocation: Invocation): Promise<Answer> {
  const run = await invocation.store.runs.load(input.run)
  if (run === undefined) throw new FaultlineError('not_found', `there is no run ${input.run}; "status" without "run" lists them`)
  const { cluster = run.cluster.name, seed = run.seed } = input
  return beginSuite(run.suite, { ...placeOf({ ...input, cluster, seed }), suite: run.suite.name }, invocation)
}

function placeOf({ cluster, seed, by, wait }: Pick<Asked<'inject'>, 'cluster' | 'seed' | 'by' | 'wait'>) {
  return {
    ...(cluster === undefined ? {} : { cluster }),
    ...(seed === undefined ? {} : { seed }),
    ...(by === undefined ? {} : { by }),
    wait,
  }
}

/** The suite as a file would have it. @throws FaultlineError `bad_input` for a fault or a key that is none */
export function suiteOfInput({
  fault,
  kind,
  with: given,
  namespace,
  selector,
}: Pick<Asked<'inject'>, 'fault' | 'kind' | 'with' | 'namespace' | 'selector'>): Record<string, unknown> {
  const family = Object.hasOwn(faultFamilies, fault) ? faultFamilies[fault] : undefined
  if (family === undefined) throw new FaultlineError('bad_input', `fault: ${notAllowed(fault, Object.keys(faultFamilies))}`)
  const { targets, ...rest } = given
  const said = targets === undefined ? rest : { ...rest, names: targets }
  const keys = family.flags.map(({ key }) => key)
  const foreign = Object.keys(said).filter((key) => !keys.includes(key))
  if (foreign.length > 0) throw new FaultlineError('bad_input', foreign.map((key) => `with.${key}: ${notAllowed(key, keys)}`).join('\n'))
  const workload = { ...(namespace === undefined ? {} : { namespace }), ...(selector === undefined ? {} : { selector }) }
  return { ...suiteOfFlags({ family, kind, said, workload }) }
}
