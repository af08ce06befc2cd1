import { Command, CommanderError, Option } from '@commander-js/extra-typings'
import { FaultlineError } from '../lib/domain/errors.ts'
import { printableText } from '../lib/domain/text.ts'
import { type Act, type Action, BadSuite, printJson, type WorkFlags } from './command.ts'
import { errorText } from './error-text.ts'
import { type ExitCode, exitCodeOfError, exitCodes } from './exit-codes.ts'
import { formatOption, jsonOption, wholeNumber, withCluster, withConfig, withReport, withState, withSuite, withTelling } from './flags.ts'
import { examples } from './help.ts'
import { addInject } from './inject-command.ts'
import { packageVersion } from './package-root.ts'
import { withSwitches } from './settings.ts'
import { print, printText, type Terminal } from './terminal.ts'

/** Runs one command line and answers with its exit code; never throws and never exits. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let code: ExitCode = exitCodes.succeeded
  const isJson = argv.includes('--json')
  const program = buildProgram(terminal, { isJson, done: (result) => { code = result } }) // biome-ignore format: one look
  try {
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
  readonly isJson: boolean
  readonly done: (code: ExitCode) => void
}

function buildProgram(terminal: Terminal, { isJson, done }: Wiring): Command {
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
  addRunning(program, act)
  addInject(program, act)
  addLooking(program, act)
  addMetrics(program, act)
  addStopping(program, act)
  addSwitches(program, act)
  addSandbox(program, act)
  return program
}

function addRunning(program: Command, act: Act): void {
  const run = program
    .command('run')
    .argument('<suite>', 'suite file; - reads it from standard input')
    .description('run a suite: inject each fault, prove that it bites, undo it, prove that it is gone')
  withReport(run)
    .addHelpText('after', examples.run)
    .action((file: string, flags) => act(flags, async (f, t) => (await import('./commands/run.ts')).runSuite(file, f, t)))
  const plan = program
    .command('plan')
    .argument('<suite>', 'suite file; - reads it from standard input')
    .description('print exactly what a run would do to whom and for how long; changes nothing')
  withConfig(withCluster(withSuite(withState(plan))))
    .addHelpText('after', examples.plan)
    .action((file: string, flags) => act(flags, async (f, t) => (await import('./commands/plan.ts')).planSuite(file, f, t)))
  program
    .command('validate')
    .argument('<suite...>', 'suite files; - reads one from standard input')
    .description('check suite files; needs no cluster')
    .addOption(jsonOption())
    .addHelpText('after', examples.validate)
    .action((files: string[], flags) => act(flags, async (f, t) => (await import('./commands/validate.ts')).validateSuites(files, f, t)))
}

function addLooking(program: Command, act: Act): void {
  withState(program.command('runs').description('list runs, newest first'))
    .option('--suite <name>', 'only those of this suite')
    .addOption(new Option('--limit <n>', 'at most so many').argParser(wholeNumber(1, 10_000)).default(20))
    .addHelpText('after', examples.runs)
    .action((flags) => act(flags, async (f, t) => (await import('./commands/runs.ts')).listRuns(f, t)))
  withState(
    program
      .command('show')
      .argument('<run>', runArgument)
      .description('state, steps, ledger with evidence and history of a run, also of one under way'),
  )
    .addHelpText('after', examples.show)
    .action((wanted: string, flags: WorkFlags) => act(flags, async (f, t) => (await import('./commands/show.ts')).showRun(wanted, f, t)))
  withState(program.command('report').argument('<run>', runArgument).description('write the report of a run, also of one under way'))
    .addOption(formatOption())
    .option('-o, --output <file>', 'instead of stdout')
    .addHelpText('after', examples.report)
    .action((wanted: string, flags) => act(flags, async (f, t) => (await import('./commands/report.ts')).writeReport(wanted, f, t)))
}

function addSwitches(program: Command, act: Act): void {
  withState(program.command('halt').description('undo all runs of this state directory now, and let none start until "resume"'))
    .option('--why <text>', 'for the history', 'asked on the command line')
    .addHelpText('after', examples.halt)
    .action((flags) => act(flags, async (f, t) => (await import('./commands/halt.ts')).halt(f, t)))
  withState(program.command('resume').description('let runs start again after a halt'))
    .addHelpText('after', examples.resume)
    .action((flags) => act(flags, async (f, t) => (await import('./commands/halt.ts')).resume(f, t)))
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

const runArgument = 'id of the run, the beginning of it, or "latest"'

function addStopping(program: Command, act: Act): void {
  const abort = withCluster(
    withState(program.command('abort').argument('<run>', runArgument).description('undo everything a run has injected and end it')),
  )
  withTelling(withConfig(abort))
    .option('--why <text>', 'for the history', 'asked on the command line')
    .addOption(new Option('--wait <seconds>', 'how long to wait for its driver').argParser(wholeNumber(0, 3600)).default(120))
    .addHelpText('after', examples.abort)
    .action((wanted: string, flags) => act(flags, async (f, t) => (await import('./commands/abort.ts')).abort(wanted, f, t)))
  withTelling(
    withConfig(withCluster(withState(program.command('reap').description('end what dead drivers left, and remove orphaned objects')))),
  )
    .addHelpText('after', examples.reap)
    .action((flags: WorkFlags) => act(flags, async (f, t) => (await import('./commands/reap.ts')).reap(f, t)))
  withTelling(
    withCluster(
      withState(
        program.command('resolve').argument('<run>', runArgument).description('end a run whose undo can never be proven, on your word'),
      ),
    ),
  )
    .requiredOption('--by <name>', 'who says so')
    .requiredOption('--why <text>', 'what makes you sure')
    .option('--force', 'also while a fuse or "reap" could still end it with proof')
    .addHelpText('after', examples.resolve)
    .action((wanted: string, flags) => act(flags, async (f, t) => (await import('./commands/resolve.ts')).resolve(wanted, f, t)))
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
