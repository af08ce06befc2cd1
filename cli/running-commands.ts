import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import type { Act } from './command.ts'
import { jsonOption, withCluster, withConfig, withReport, withState, withSuite, withTimes } from './flags.ts'
import { examples, injectDescription } from './help.ts'

const suiteArgument =
  'suite file, or the name of one that comes along (default, quick, stress; default if not given); - reads standard input'

export const runArgument = 'id of the run, the beginning of it, or "latest"'

/** Adds the commands that start runs, or say what one would do. */
export async function addRunning(program: CommandUnknownOpts, act: Act, argv: readonly string[]): Promise<void> {
  const run = program
    .command('run')
    .argument('[suite]', suiteArgument)
    .description('run a suite: inject each fault, prove that it bites, undo it, prove that it is gone')
  withTimes(run)
  withReport(run)
    .addHelpText('after', examples.run)
    .action((suite: string | undefined, flags) => act(flags, async (f, t) => (await import('./commands/run.ts')).runSuite(suite, f, t)))
  await addInject(program, act, argv)
  const plan = program
    .command('plan')
    .argument('[suite]', suiteArgument)
    .description('print exactly what a run would do to whom and for how long; changes nothing')
  withTimes(withConfig(withCluster(withSuite(withState(plan)))))
    .addHelpText('after', examples.plan)
    .action((suite: string | undefined, flags) => act(flags, async (f, t) => (await import('./commands/plan.ts')).planSuite(suite, f, t)))
  program
    .command('validate')
    .argument('<suite...>', 'suite files, or names of suites that come along; - reads one from standard input')
    .description('check suite files; needs no cluster')
    .addOption(jsonOption())
    .addHelpText('after', examples.validate)
    .action((files: string[], flags) => act(flags, async (f, t) => (await import('./commands/validate.ts')).validateSuites(files, f, t)))
}

/** Its flags come from the schema of suites, which takes a tenth of a second to load: only a command line that says `inject` waits for it. */
async function addInject(program: CommandUnknownOpts, act: Act, argv: readonly string[]): Promise<void> {
  if (argv.includes('inject')) (await import('./inject-command.ts')).addInject(program, act)
  else program.command('inject').description(injectDescription)
}
