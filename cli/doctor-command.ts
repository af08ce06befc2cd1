import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings'
import { type Act, hereOrThere } from './command.ts'
import type { DoctorFlags } from './commands/doctor.ts'
import { withCluster, withConfig, withInstallation, withNamespace, withState, withTelling } from './flags.ts'
import { examples } from './help.ts'

/** Adds the command that looks at everything runs need. */
export function addDoctor(program: CommandUnknownOpts, act: Act): void {
  const doctor = program.command('doctor').description('look at everything that runs need: one table of checks, each with its fix')
  withInstallation(doctor, ['namespace', 'selector', 'only', 'cluster'])
  withTelling(withConfig(withCluster(withNamespace(withState(doctor)))))
    .addOption(
      new Option('--only <checks>', 'comma-separated names of checks; all if not given').argParser((text: string) => text.split(',')),
    )
    .addHelpText('after', examples.doctor)
    .action((flags) =>
      act(
        flags as unknown as DoctorFlags,
        hereOrThere(
          async (f, t) => (await import('./commands/doctor.ts')).doctor(f, t),
          async (f, t) => (await import('./remote/doctor.ts')).doctor(f, t),
        ),
      ),
    )
}
