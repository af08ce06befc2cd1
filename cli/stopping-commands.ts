import { type Command, Option } from '@commander-js/extra-typings'
import { type Act, hereOrThere, type WorkFlags } from './command.ts'
import { confirmOption, wholeNumber, withAws, withCluster, withConfig, withState, withTelling, withVariables } from './flags.ts'
import { examples } from './help.ts'
import { runArgument } from './running-commands.ts'

/** Adds the switches that stop everything or keep one suite from starting, and those that lift them. */
export function addSwitches(program: Command, act: Act): void {
  withAws(withState(program.command('halt').description('undo all runs of this state directory now, and let none start until "resume"')), [
    'why',
  ])
    .option('--why <text>', 'for the history', 'asked on the command line')
    .addHelpText('after', examples.halt)
    .action((flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/halt.ts')).halt(f, t),
          async (f, t) => (await import('./remote/stopping.ts')).halt(f, t),
        ),
      ),
    )
  withAws(withState(program.command('resume').description('let runs start again after a halt')), ['why'])
    .option('--why <text>', 'for the audit trail', 'asked on the command line')
    .addHelpText('after', examples.resume)
    .action((flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/halt.ts')).resume(f, t),
          async (f, t) => (await import('./remote/stopping.ts')).resume(f, t),
        ),
      ),
    )
  const pause = program.command('pause').argument('<suite>', pausedArgument).description('let no run of a suite start until "unpause"')
  withAws(withVariables(withState(pause)), ['why'])
    .option('--why <text>', 'for the history', 'asked on the command line')
    .addHelpText('after', examples.pause)
    .action((suite: string, flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/pause.ts')).pause(suite, f, t),
          async (f, t) => (await import('./remote/stopping.ts')).pause(suite, f, t),
        ),
      ),
    )
  const unpause = program.command('unpause').argument('<suite>', pausedArgument).description('let runs of a suite start again')
  withAws(withVariables(withState(unpause)), ['why'])
    .option('--why <text>', 'for the audit trail', 'asked on the command line')
    .addHelpText('after', examples.unpause)
    .action((suite: string, flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/pause.ts')).unpause(suite, f, t),
          async (f, t) => (await import('./remote/stopping.ts')).unpause(suite, f, t),
        ),
      ),
    )
}

const pausedArgument = 'suite file, or the name of one that comes along; it is paused by the name that it says itself'

/** Adds the command that says yes. */
export function addApproving(program: Command, act: Act): void {
  const approve = withCluster(
    withState(program.command('approve').argument('<run>', runArgument).description('say yes to what a run waits for, and drive it on')),
  )
  withAws(withTelling(withConfig(approve)), ['why', 'confirm'])
    .addOption(confirmOption())
    .option('--why <text>', 'for the audit trail')
    .addHelpText('after', examples.approve)
    .action((wanted: string, flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/approve.ts')).approve(wanted, f, t),
          async (f, t) => (await import('./remote/approving.ts')).approve(wanted, f, t),
        ),
      ),
    )
}

/** Adds the commands that end one run, or what is left of some. */
export function addStopping(program: Command, act: Act): void {
  const abort = withCluster(
    withState(program.command('abort').argument('<run>', runArgument).description('undo everything a run has injected and end it')),
  )
  withAws(withTelling(withConfig(abort)), ['why', 'wait'])
    .option('--why <text>', 'for the history', 'asked on the command line')
    .addOption(new Option('--wait <seconds>', 'how long to wait for its driver').argParser(wholeNumber(0, 3600)).default(120))
    .addHelpText('after', examples.abort)
    .action((wanted: string, flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/abort.ts')).abort(wanted, f, t),
          async (f, t) => (await import('./remote/stopping.ts')).abort(wanted, f, t),
        ),
      ),
    )
  withAws(
    withTelling(
      withConfig(withCluster(withState(program.command('reap').description('end what dead drivers left, and remove orphaned objects')))),
    ),
  )
    .addHelpText('after', examples.reap)
    .action((flags: WorkFlags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/reap.ts')).reap(f, t),
          async (f, t) => (await import('./remote/stopping.ts')).reap(f, t),
        ),
      ),
    )
  withConfig(
    withCluster(withState(program.command('sweep').description('remove objects of ours that no run looks after, in all namespaces'))),
  )
    .option('--dry-run', 'only say what is there')
    .addHelpText('after', examples.sweep)
    .action((flags) => act(flags, async (f, t) => (await import('./commands/sweep.ts')).sweep(f, t)))
  const resolve = program.command('resolve').argument('<run>', runArgument)
  withAws(withTelling(withCluster(withState(resolve.description('end a run whose undo can never be proven, on your word')))), [
    'by',
    'why',
    'force',
  ])
    .requiredOption('--by <name>', 'who says so; recorded as a claim beside the user of this machine')
    .requiredOption('--why <text>', 'what makes you sure')
    .option('--force', 'also while a fuse or "reap" could still end it with proof')
    .addHelpText('after', examples.resolve)
    .action((wanted: string, flags) =>
      act(
        flags,
        hereOrThere(
          async (f, t) => (await import('./commands/resolve.ts')).resolve(wanted, f, t),
          async (f, t) => (await import('./remote/stopping.ts')).resolve(wanted, f, t),
        ),
      ),
    )
}
