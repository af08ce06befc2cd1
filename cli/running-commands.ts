import { Argument, type CommandUnknownOpts, Option } from '@commander-js/extra-typings'
import { faultNames } from '../lib/domain/suite.ts'
import { familyNames } from '../lib/domain/tests.ts'
import { type Act, hereOrThere } from './command.ts'
import {
  jsonOption,
  wholeNumber,
  withCluster,
  withConfig,
  withInstallation,
  withPart,
  withReport,
  withRuns,
  withState,
  withSuite,
  withTimes,
  withVariables,
} from './flags.ts'
import { examples, injectDescription } from './help.ts'
import type { TestFlags } from './planned-tests.ts'

const suiteArgument =
  'suite file, or the name of one that comes along (default, quick, stress; default if not given); - reads standard input'

export const runArgument = 'id of the run, the beginning of it, or "latest"'

/** What changes a suite for once, or says where it is meant. */
const suiteFlags = ['set', 'only', 'skip', 'namespace', 'selector', 'seed', 'duration', 'grace', 'cluster']

/** Adds the commands that start runs, or say what one would do. */
export async function addRunning(program: CommandUnknownOpts, act: Act, argv: readonly string[]): Promise<void> {
  const run = program
    .command('run')
    .argument('[suite]', suiteArgument)
    .description('run a suite: inject each fault, prove that it bites, undo it, prove that it is gone')
  withVariables(withPart(withTimes(run))).addOption(
    new Option('--min-score <n>', 'exit with 1 when the resilience score is lower, or there is none').argParser(wholeNumber(1, 100)),
  )
  withInstallation(run, [...suiteFlags, 'id', 'report', 'verbose', 'minScore', 'detach'])
  run.option('--detach', 'with --aws: ask for the run and leave')
  withReport(run)
    .addHelpText('after', examples.run)
    .action((suite: string | undefined, flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/run.ts')).runSuite(suite, f, t),
          async (f, t) => (await import('./remote/running.ts')).runSuite(suite, f, t),
        ),
      ),
    )
  await addInject(program, act, argv)
  addTest(program, act)
  addReplay(program, act)
  const plan = program
    .command('plan')
    .argument('[suite]', suiteArgument)
    .description('print exactly what a run would do to whom and for how long; changes nothing')
  withInstallation(plan, suiteFlags)
  withVariables(withPart(withTimes(withConfig(withCluster(withSuite(withState(plan)))))))
    .addHelpText('after', examples.plan)
    .action((suite: string | undefined, flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/plan.ts')).planSuite(suite, f, t),
          async (f, t) => (await import('./remote/running.ts')).planSuite(suite, f, t),
        ),
      ),
    )
  const validate = program
    .command('validate')
    .argument('<suite...>', 'suite files, or names of suites that come along; - reads one from standard input')
    .description('check suite files; needs no cluster')
    .addOption(jsonOption())
  withVariables(validate)
    .addHelpText('after', examples.validate)
    .action((files: string[], flags) => act(flags, async (f, t) => (await import('./commands/validate.ts')).validateSuites(files, f, t)))
}

/** Adds the commands that help a person to write suites. */
export function addWriting(program: CommandUnknownOpts, act: Act): void {
  program
    .command('faults')
    .addArgument(new Argument('[name]', 'one of them, with parameters, needs, rights and an example').choices(faultNames))
    .description('list the faults there are')
    .addOption(jsonOption())
    .addHelpText('after', examples.faults)
    .action((name, flags) => act(flags, async (f, t) => (await import('./commands/faults.ts')).listFaults(name, f, t)))
  const init = program
    .command('init')
    .argument('[file]', 'what to write, YAML or JSON by its ending (suite.yaml if not given)')
    .description('write a first suite for a workload of the cluster, from what is found there')
  withCluster(withState(init))
    .option('-n, --namespace <name>', 'where the workload is; else it is asked for')
    .option('--workload <name>', 'the Deployment or StatefulSet; else it is asked for')
    .option('-y, --yes', 'ask nothing: take what is proposed')
    .option('--force', 'write over a file that is there')
    .addHelpText('after', examples.init)
    .action((file: string | undefined, flags) => act(flags, async (f, t) => (await import('./commands/init.ts')).initSuite(file, f, t)))
  program
    .command('schema')
    .description('print the JSON Schema of suites, which completes them in an editor')
    .option('-o, --output <file>', 'instead of stdout')
    .addHelpText('after', examples.schema)
    .action((flags) => act(flags, async (f, t) => (await import('./commands/schema.ts')).printSchema(f, t)))
}

function addReplay(program: CommandUnknownOpts, act: Act): void {
  withReport(program.command('replay').argument('<run>', runArgument))
    .description('the same suite, seed and rule of choice again, on what is there now; says what is different')
    .option('--dry-run', 'only print the plan')
    .addHelpText('after', examples.replay)
    .action((wanted: string, flags) => act(flags, async (f, t) => (await import('./commands/replay.ts')).replay(wanted, f, t)))
}

/** Quiet between two tests, in seconds: a workload is whole again by then, this is for the eye on a dashboard. */
const usualPause = 10

function addTest(program: CommandUnknownOpts, act: Act): void {
  const test = program
    .command('test')
    .addArgument(new Argument('<family>', 'what to try').choices([...familyNames, 'all']))
    .description('every fault of a family, one after the other: one table, one verdict, one report')
    .addOption(
      new Option('--duration <seconds>', 'of all faults together, shared out over the tests (300 if not given)').argParser(
        wholeNumber(1, 86_400),
      ),
    )
    .addOption(new Option('--pause <seconds>', 'quiet after each test').argParser(wholeNumber(0, 3600)).default(usualPause))
    .option('--drain', 'also drain a node: other workloads on it are evicted as well')
    .option('--allow-unused', 'a workload without traffic: cuts and delays that none of it meets count as bites, too')
    .option('--allow-skips', 'in CI (variable CI), too, what cannot run here is no failure')
    .addHelpText('after', examples.test)
    .action((family, flags) =>
      act(flags as unknown as TestFlags, async (f, t) => (await import('./commands/test.ts')).testFamily(family, f, t)),
    )
  withRuns(test)
}

/** Its flags come from the schema of suites, which takes a tenth of a second to load: only a command line that says `inject` waits for it. */
async function addInject(program: CommandUnknownOpts, act: Act, argv: readonly string[]): Promise<void> {
  if (argv.includes('inject')) (await import('./inject-command.ts')).addInject(program, act)
  else program.command('inject').description(injectDescription)
}
