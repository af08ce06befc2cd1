import { systemClock } from '../../lib/adapters/system-clock.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { isEnded, isTerminal, type Run } from '../../lib/domain/run.ts'
import type { ReapDocument } from '../../lib/remote/interface.ts'
import { printJson, sayer } from '../command.ts'
import { tellReap } from '../commands/reap.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'
import { type AwsFlags, findInstallation, type Installation } from './installation.ts'
import { fetchRecord } from './looking.ts'

type Flags = AwsFlags & { readonly aws: string; readonly json?: boolean }
type Said = Flags & { readonly why: string }

interface Switch {
  readonly by: string
  readonly why: string
  readonly at: number
}

/** `faultline halt --aws STAGE`: the switch of the installation, as anyone may throw it who may use the function `halt`. */
export async function halt(flags: Said, terminal: Terminal): Promise<ExitCode> {
  const installation = await findInstallation(flags.aws, flags, terminal)
  const answer = await installation.ask('halt', { why: flags.why })
  const runs = (answer.runs ?? []) as readonly { readonly run: string; readonly state: string }[]
  if (flags.json === true) {
    const live = runs.map(({ run, state }) => ({ run, state }))
    printJson(terminal, { halted: true, by: answer.caller, why: flags.why, live })
  } else {
    const say = sayer(flags, terminal)
    say(`${installation.name}: ${answer.happened}`)
    for (const { run, state } of runs) say(`run ${run}: ${state}`)
    say(`runs may start again after "faultline resume --aws ${installation.name}"`)
  }
  return exitCodes.succeeded
}

/** `faultline resume --aws STAGE`. */
export async function resume(flags: Flags & { readonly why?: string }, terminal: Terminal): Promise<ExitCode> {
  const installation = await findInstallation(flags.aws, flags, terminal)
  const { halt: lifted = null } = (await switches(installation)) as { readonly halt?: Switch | null }
  await installation.ask('resume', { ...(flags.why === undefined ? {} : { why: flags.why }) })
  if (flags.json === true) printJson(terminal, { halted: false, lifted })
  else {
    const what = lifted === null ? 'nothing was halted' : `the halt by ${lifted.by} (${lifted.why}) is lifted`
    sayer(flags, terminal)(`${installation.name}: ${what}; runs may start, what was halted is not started anew`)
  }
  return exitCodes.succeeded
}

/** What is switched now. Who may lift a switch and not look lifts it all the same. */
async function switches(installation: Installation): Promise<Readonly<Record<string, unknown>>> {
  return installation.ask('look', { action: 'status' }).catch((error: unknown) => {
    if (error instanceof FaultlineError) return {}
    throw error
  })
}

/** `faultline pause SUITE --aws STAGE`: of a suite that was deployed. */
export async function pause(suite: string, flags: Said, terminal: Terminal): Promise<ExitCode> {
  const installation = await findInstallation(flags.aws, flags, terminal)
  const answer = await installation.ask('control', { action: 'pause', suite, why: flags.why })
  if (flags.json === true) printJson(terminal, { suite, paused: true, by: answer.caller, why: flags.why })
  else sayer(flags, terminal)(`${installation.name}: ${answer.happened}; ${answer.next}`)
  return exitCodes.succeeded
}

/** `faultline unpause SUITE --aws STAGE`. */
export async function unpause(suite: string, flags: Flags & { readonly why?: string }, terminal: Terminal): Promise<ExitCode> {
  const installation = await findInstallation(flags.aws, flags, terminal)
  const answer = await installation.ask('control', { action: 'unpause', suite, ...(flags.why === undefined ? {} : { why: flags.why }) })
  if (flags.json === true) printJson(terminal, { suite, paused: false, lifted: answer.lifted ?? null })
  else sayer(flags, terminal)(`${installation.name}: ${answer.happened}; ${answer.next}`)
  return exitCodes.succeeded
}

/** As often as a person looks. */
const pollMs = 1_000

/** `faultline abort RUN --aws STAGE`. */
export async function abort(wanted: string, flags: Said & { readonly wait: number }, terminal: Terminal): Promise<ExitCode> {
  const say = sayer(flags, terminal)
  const installation = await findInstallation(flags.aws, flags, terminal)
  const { run } = await fetchRecord(installation, wanted)
  const answer = await installation.ask('control', { action: 'abort', run: run.id, why: flags.why })
  const driven = (answer.driven ?? 'elsewhere') as 'elsewhere' | 'here' | 'already_over'
  if (driven === 'elsewhere') say(`${answer.happened}; it looks every few seconds`)
  const last = await untilOver(installation, run.id, driven === 'elsewhere' ? flags.wait : 0)
  const over = isEnded(last)
  if (flags.json === true) printJson(terminal, { run: last.id, state: last.status, driven, over })
  else
    say(
      over
        ? `run ${last.id} is over${driven === 'already_over' ? ' already' : ''}: ${last.status}`
        : `run ${last.id} is still ${last.status}: look again with "faultline show ${last.id} --aws ${installation.name}"`,
    )
  return over ? exitCodes.succeeded : exitCodes.unproven
}

async function untilOver(installation: Installation, id: string, seconds: number): Promise<Run> {
  const giveUpAt = systemClock.now() + seconds * 1_000
  for (;;) {
    const { run } = await fetchRecord(installation, id)
    if (isEnded(run) || systemClock.now() >= giveUpAt) return run
    await systemClock.sleep(pollMs)
  }
}

/** `faultline resolve RUN --aws STAGE`: `--by` is a claim beside the caller that AWS signed. */
export async function resolve(
  wanted: string,
  flags: Said & { readonly by: string; readonly force?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const installation = await findInstallation(flags.aws, flags, terminal)
  const { run } = await fetchRecord(installation, wanted)
  const { by, why, force = false } = flags
  const answer = await installation.ask('control', { action: 'resolve', run: run.id, by, why, force })
  const decided = `${answer.caller} (claimed: ${by})`
  if (flags.json === true) printJson(terminal, { run: run.id, state: answer.state, by: decided, why })
  else {
    const say = sayer(flags, terminal)
    say(`run ${run.id} is over: ${answer.state} (unproven), as ${decided} decided`)
    say(`the reaper removes what still bears its label in the cluster, its beacon included`)
  }
  return isTerminal(answer.state as Run['status']) ? exitCodes.succeeded : exitCodes.unproven
}

/** `faultline reap --aws STAGE`: a round of the reaper now, not within the minute. */
export async function reap(flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const installation = await findInstallation(flags.aws, flags, terminal)
  return tellReap((await installation.ask('control', { action: 'reap' })).reap as ReapDocument, flags, terminal)
}
