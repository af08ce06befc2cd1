import { Argument, Command, CommanderError, Option } from '@commander-js/extra-typings'
import { FaultlineError } from '../lib/domain/errors.ts'
import { printableText } from '../lib/domain/text.ts'
import { type Act, type Action, BadSuite, hereOrThere, printJson, type WorkFlags } from './command.ts'
import { completionScripts, type Shell, shells } from './completion-scripts.ts'
import { addDoctor } from './doctor-command.ts'
import { errorText } from './error-text.ts'
import { type ExitCode, exitCodeOfError, exitCodes } from './exit-codes.ts'
import { formatOption, wholeNumber, withAws, withState } from './flags.ts'
import { examples } from './help.ts'
import { packageVersion } from './package-root.ts'
import { addRunning, addWriting, runArgument } from './running-commands.ts'
import { withSwitches } from './settings.ts'
import { addApproving, addStopping, addSwitches } from './stopping-commands.ts'
import { print, printText, type Terminal } from './terminal.ts'

/** What the shell asks at its prompt; no command of people's, and its words are anything that they may type. */
const completeCommand = '__complete'

/** Runs one command line and answers with its exit code; never throws and never exits. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.succeeded
  const isJson = argv.includes('--json')
  try {
    const program = await buildProgram(terminal, { argv, isJson, done: (result) => { code = result } }) // biome-ignore format: one look
    if (argv[0] === completeCommand) return await (await import('./commands/complete.ts')).complete(program, argv.slice(1), terminal)
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    return tellError(error, isJson, terminal)
  }
}

function tellError(error: unknown, isJson: boolean, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.succeeded
    if (isJson)
      printJson(terminal, { error: { code: 'bad_input', message: error.message.replace(/^error: /, '') }, exitCode: exitCodes.refused })
    return exitCodes.refused
  }
  const code = exitCodeOfError(error)
  const message = errorText(error)
  if (isJson) {
    const problems = error instanceof BadSuite ? { problems: error.problems } : {}
    printJson(terminal, {
      error: { code: error instanceof FaultlineError ? error.code : 'unexpected', message, ...problems },
      exitCode: code,
    })
  } else if (error instanceof BadSuite) printText(terminal.err, message)
  else if (error instanceof FaultlineError) print(terminal.err, `error: ${message}`)
  else printText(terminal.err, `unexpected error, please report it: ${error instanceof Error ? (error.stack ?? message) : message}`)
  return code
}

interface Wiring {
  readonly argv: readonly string[]
  readonly isJson: boolean
  readonly done: (code: ExitCode) => void
}

async function buildProgram(terminal: Terminal, { argv, isJson, done }: Wiring): Promise<Command> {
  const program = new Command('faultline')
    .description('Chaos game days for Kubernetes: every fault is proven to bite, and proven to be undone.')
    .version(packageVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out.write(printableText(text)),
      writeErr: (text) => (isJson ? undefined : terminal.err.write(printableText(text))),
      getOutHelpWidth: () => Math.min(120, terminal.out.columns),
      getErrHelpWidth: () => Math.min(120, terminal.err.columns),
      getOutHasColors: () => terminal.hasColour,
      getErrHasColors: () => terminal.hasColour,
    })
    .showHelpAfterError('(add --help for the options and examples)')
    .addHelpText('after', examples.faultline)
  const act = <F extends object>(flags: F, action: Action<F>) => action(withSwitches(flags, terminal.env), terminal).then(done)
  await addRunning(program, act, argv)
  addWriting(program, act)
  addLooking(program, act)
  addDoctor(program, act)
  addMetrics(program, act)
  addBoard(program, act)
  addApproving(program, act)
  addStopping(program, act)
  addSwitches(program, act)
  addSandbox(program, act)
  addCompletion(program, act)
  return program
}

const trendArgument = 'suite file, a suite that comes along, or the name that a suite says itself'

function addLooking(program: Command, act: Act): void {
  withAws(withState(program.command('runs').description('list runs, newest first')), ['suite', 'wide', 'limit'])
    .option('--suite <name>', 'only those of this suite')
    .option('--wide', 'suite, namespace and cluster, too, however wide the table is')
    .addOption(new Option('--limit <n>', 'at most so many').argParser(wholeNumber(1, 10_000)).default(20))
    .addHelpText('after', examples.runs)
    .action((flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/runs.ts')).listRuns(f, t),
          async (f, t) => (await import('./remote/looking.ts')).listRuns(f, t),
        ),
      ),
    )
  withState(program.command('trend').argument('<suite>', trendArgument).description('how the runs of a suite went: is it getting better?'))
    .addOption(new Option('--limit <n>', 'the newest so many').argParser(wholeNumber(1, 10_000)).default(20))
    .addHelpText('after', examples.trend)
    .action((suite: string, flags) => act(flags, async (f, t) => (await import('./commands/trend.ts')).trend(suite, f, t)))
  withState(
    program
      .command('diff')
      .argument('<run>', runArgument)
      .argument('<later>', runArgument)
      .description('what a run found that an earlier one did not; what got worse first'),
  )
    .option('--exit-code', 'exit with 1 where something got worse')
    .addHelpText('after', examples.diff)
    .action((run: string, later: string, flags) => act(flags, async (f, t) => (await import('./commands/diff.ts')).diff(run, later, f, t)))
  withState(program.command('prune').description('remove old runs that are over, and old reports'))
    .addOption(new Option('--older-than <days>', 'ended longer ago than that').argParser(wholeNumber(1, 3650)).default(30))
    .addOption(new Option('--keep <n>', 'the newest so many of each suite stay, however old').argParser(wholeNumber(0, 10_000)).default(1))
    .option('--dry-run', 'only say what would go')
    .addHelpText('after', examples.prune)
    .action((flags) => act(flags, async (f, t) => (await import('./commands/prune.ts')).prune(f, t)))
  withAws(
    withState(
      program
        .command('show')
        .argument('<run>', runArgument)
        .description('state, steps, ledger with evidence and history of a run, also of one under way'),
    ),
  )
    .addHelpText('after', examples.show)
    .action((wanted: string, flags: WorkFlags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/show.ts')).showRun(wanted, f, t),
          async (f, t) => (await import('./remote/looking.ts')).showRun(wanted, f, t),
        ),
      ),
    )
  withAws(
    withState(
      program.command('audit').description('who started, approved, halted, resumed, paused, aborted or resolved what, oldest first'),
    ),
    ['since'],
  )
    .option('--since <time>', 'only from then on: 2026-01-05, 2026-01-05T09:00:00Z, 90m, 24h, 7d')
    .addHelpText('after', examples.audit)
    .action((flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/audit.ts')).audit(f, t),
          async (f, t) => (await import('./remote/looking.ts')).audit(f, t),
        ),
      ),
    )
  withAws(
    withState(program.command('report').argument('<run>', runArgument).description('write the report of a run, also of one under way')),
    ['format', 'output'],
  )
    .addOption(formatOption())
    .option('-o, --output <file>', 'instead of stdout')
    .addHelpText('after', examples.report)
    .action((wanted: string, flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/report.ts')).writeReport(wanted, f, t),
          async (f, t) => (await import('./remote/looking.ts')).writeReport(wanted, f, t),
        ),
      ),
    )
}

/** Where the board is served unless a flag says otherwise: to this machine only. */
const boardAt = { host: '127.0.0.1', port: 8001 } as const

function addBoard(program: Command, act: Act): void {
  withAws(withState(program.command('board').description('serve a page of what runs, ran and will run, until Ctrl-C')), ['host', 'port'])
    .argument('[suites...]', 'files whose schedules its calendar shows, beside those that come along and those that ran')
    .addOption(new Option('--port <n>', 'to listen on; 0: a free one').argParser(wholeNumber(0, 65_535)).default(boardAt.port))
    .addOption(new Option('--host <address>', 'to listen on; from elsewhere the board is to look at only').default(boardAt.host))
    .addHelpText('after', examples.board)
    .action((suites: string[], flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/board.ts')).board(suites, f, t),
          async (f, t) => (await import('./commands/board.ts')).boardOfAws(suites, f, t),
        ),
      ),
    )
}

/** Where the metrics are served unless a flag says otherwise: to this machine only. */
const metricsAt = { host: '127.0.0.1', port: 8000 } as const

function addMetrics(program: Command, act: Act): void {
  withState(program.command('metrics').description('serve the metrics of all runs to a Prometheus scraper until Ctrl-C'))
    .addOption(new Option('--port <n>', 'to listen on; 0: a free one').argParser(wholeNumber(0, 65_535)).default(metricsAt.port))
    .addOption(new Option('--host <address>', 'to listen on; 0.0.0.0: all').default(metricsAt.host))
    .addHelpText('after', examples.metrics)
    .action((flags) => act(flags, async (f, t) => (await import('./commands/metrics.ts')).metrics(f, t)))
}

function addCompletion(program: Command, act: Act): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose').choices(shells))
    .description('print what makes the shell complete commands, flags, suites, runs and namespaces')
    .addHelpText('after', examples.completion)
    .action((shell: Shell) =>
      act({}, async (_, { out }) => {
        out.write(completionScripts[shell])
        return exitCodes.succeeded
      }),
    )
}

function addSandbox(program: Command, act: Act): void {
  withState(program.command('sandbox').description('keep an embedded cluster (simulated) running until Ctrl-C'))
    .addOption(new Option('--replicas <n>', 'pods of the workload (3 if not given)').argParser(wholeNumber(0, 10_000)))
    .addOption(new Option('--nodes <n>', 'nodes (3 if not given)').argParser(wholeNumber(1, 1_000)))
    .addOption(new Option('--port <n>', 'of the Kubernetes API (a free one if not given)').argParser(wholeNumber(1, 65_535)))
    .addOption(new Option('--ephemeral').hideHelp())
    .addHelpText('after', examples.sandbox)
    .action((flags) => act(flags, async (f, t) => (await import('./commands/sandbox.ts')).keepSandbox(f, t)))
}
