import { existsSync } from 'node:fs'
import type { Run } from '../../lib/domain/run.ts'
import type { WholePlan } from '../../lib/remote/interface.ts'
import type { OtherTimes } from '../../lib/suite/other-times.ts'
import type { PartFlags } from '../../lib/suite/part-of-suite.ts'
import { printJson, sayer } from '../command.ts'
import { tellPlan } from '../commands/plan.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { Interrupts } from '../interrupts.ts'
import { readSuite, type SuiteFlags, seedOf, type VariableFlags, withSuiteFlags } from '../suite-file.ts'
import { defaultSuite } from '../suite-names.ts'
import type { Terminal } from '../terminal.ts'
import { followRun } from './follow.ts'
import { type AwsFlags, findInstallation } from './installation.ts'

type Flags = AwsFlags &
  SuiteFlags &
  OtherTimes &
  VariableFlags &
  PartFlags & { readonly aws: string; readonly json?: boolean; readonly cluster?: string }

export interface RemoteRunFlags extends Flags {
  readonly id?: string
  readonly report?: readonly string[]
  readonly verbose?: boolean
  readonly minScore?: number
  /** Ask for the run and leave. */
  readonly detach?: boolean
}

/** `faultline plan SUITE --aws STAGE`: what the installation would do. */
export async function planSuite(named: string | undefined, flags: Flags, terminal: Terminal): Promise<ExitCode> {
  const asked = await askedSuite(named, flags, terminal)
  const installation = await findInstallation(flags.aws, flags, terminal)
  const answer = await installation.ask('control', { action: 'plan', whole: true, seed: seedOf(flags), ...asked.fields })
  const { changes, ...plan } = answer.plan as WholePlan
  for (const warning of changes) sayer(flags, terminal)(`warning: ${warning}`)
  return tellPlan({ ...plan, file: asked.file }, flags, terminal)
}

/** `faultline run SUITE --aws STAGE`: started and driven on AWS, and followed here until it is over. */
export async function runSuite(named: string | undefined, flags: RemoteRunFlags, terminal: Terminal): Promise<ExitCode> {
  const asked = await askedSuite(named, flags, terminal)
  const installation = await findInstallation(flags.aws, flags, terminal)
  const interrupts = new Interrupts(terminal)
  try {
    // A key of its own makes the same question, asked again, the same run.
    const id = flags.id ?? crypto.randomUUID()
    const answer = await installation.ask('control', { action: 'run', id, seed: seedOf(flags), ...asked.fields })
    const say = sayer(flags, terminal)
    for (const warning of (answer.warnings ?? []) as readonly string[]) say(`warning: ${warning}`)
    const run = String(answer.run)
    if (flags.detach !== true) return await followRun({ installation, run, flags, terminal, interrupts })
    const state = answer.state as Run['status']
    if (flags.json === true) printJson(terminal, { run, state, detached: true })
    else say(`run ${run} is ${state} on ${installation.name}: see it with "faultline show ${run} --aws ${installation.name}"`)
    return state === 'refused' ? exitCodes.refused : exitCodes.succeeded
  } finally {
    interrupts.dispose()
  }
}

/** A deployed suite by its name, or one of a file, which is checked here first and sent along as it stands. */
async function askedSuite(named: string | undefined, flags: Flags, terminal: Terminal) {
  const { namespace, selector, duration, grace, cluster, set, only, skip } = flags
  const changes = Object.entries({ only, skip, namespace, selector, duration, grace, cluster }).filter(([, value]) => value !== undefined)
  const word = named ?? defaultSuite
  const isFile = word === '-' || /[/\\]|\.(?:json|ya?ml)$/.test(word) || existsSync(word)
  if (!isFile)
    return {
      file: `${word} of ${flags.aws}`,
      fields: { suite: word, ...(set === undefined ? {} : { set }), ...Object.fromEntries(changes) },
    }
  const source = await readSuite(word, set === undefined ? {} : { set }, terminal)
  const { suite, warnings } = withSuiteFlags(source, {})
  for (const warning of warnings) sayer(flags, terminal)(`warning: ${warning}`)
  const said = source.parsed.ok ? source.parsed.said : undefined
  // What stands for a variable here, by a flag or by this environment, stands for it there.
  const here = (suite.variables ?? []).filter(({ from }) => from !== 'default').map(({ name, value }) => [name, value] as const)
  const variables = here.length === 0 ? {} : { set: Object.fromEntries(here) }
  return { file: source.file, fields: { suite: said, ...variables, ...Object.fromEntries(changes) } }
}
