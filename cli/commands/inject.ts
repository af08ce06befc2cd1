import { writeFile } from 'node:fs/promises'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { type FaultFamily, type FlagValues, flagName, suiteOfFlags } from '../../lib/suite/fault-flags.ts'
import { type ParsedSuite, parseSuite } from '../../lib/suite/parse.ts'
import type { Problem } from '../../lib/suite/problems.ts'
import { errorText } from '../error-text.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { RunFlags } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { planParsed } from './plan.ts'
import { runParsed } from './run.ts'

export interface InjectFlags extends RunFlags {
  readonly dryRun?: boolean
  readonly save?: string
}

export interface Injected {
  readonly family: FaultFamily
  readonly kind: string
  /** What the flags of the fault say, by key of the suite file. */
  readonly said: FlagValues
}

const source = 'the command line'

/** `faultline inject FAULT KIND`: the suite of that one step, run (or planned) as one from a file. */
export async function inject(injected: Injected, flags: InjectFlags, terminal: Terminal): Promise<ExitCode> {
  const { namespace, selector, dryRun, save } = flags
  const workload = { ...(namespace === undefined ? {} : { namespace }), ...(selector === undefined ? {} : { selector }) }
  const text = JSON.stringify(suiteOfFlags({ ...injected, workload }), null, 2)
  const parsed = inFlags(parseSuite(text, source), injected.family)
  if (parsed.ok && save !== undefined) await writeSuite(save, `${text}\n`)
  const suite = { parsed, file: source }
  return dryRun === true ? planParsed(suite, flags, terminal) : runParsed(suite, flags, terminal)
}

/** Problems are told of flags; there is no file in which a line could be looked up. */
function inFlags(parsed: ParsedSuite, { flags, kindKey }: FaultFamily): ParsedSuite {
  if (parsed.ok) return parsed
  const problems = parsed.problems.map((problem): Problem => {
    const key = /\.([A-Za-z_]+)(?:\[\d+\])?$/.exec(problem.path)?.[1] ?? ''
    const flag = flags.find((one) => one.key === key)
    const path = flag === undefined ? (key === kindKey ? 'kind' : problem.path) : flagName(flag)
    return { ...problem, line: 0, column: 0, path }
  })
  return { ok: false, problems }
}

async function writeSuite(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text)
  } catch (error) {
    throw new FaultlineError('bad_input', `--save ${file} cannot be written: ${errorText(error)}`, { cause: error })
  }
}
