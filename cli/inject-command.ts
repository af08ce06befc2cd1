import { Command, type CommandUnknownOpts, Option } from '@commander-js/extra-typings'
import { type FaultFlag, faultFamilies, flagName } from '../lib/suite/fault-flags.ts'
import type { Act } from './command.ts'
import type { InjectFlags } from './commands/inject.ts'
import { withReport } from './flags.ts'
import { examples, injectDescription } from './help.ts'

/** Adds `inject`, with a command for each type of faults and a flag for each key that a step of it may have. */
export function addInject(program: CommandUnknownOpts, act: Act): void {
  const inject = new Command('inject').description(injectDescription)
  inject.addHelpText('after', examples.inject)
  for (const [word, family] of Object.entries(faultFamilies)) {
    const command = withReport(new Command(word).argument('<kind>', family.kinds.join(', ')))
      .description(`inject one ${word.replace('-', ' ')}: ${family.kinds.join(', ')}`)
      .option('--dry-run', 'only print the plan, as "plan" does of a file')
      .option('--save <file>', 'write the suite that this is')
      .addHelpText('after', examples.inject)
    for (const flag of family.flags) command.addOption(optionOf(flag))
    command.action((kind, flags) => {
      const said: Readonly<Record<string, unknown>> = { ...flags }
      const ofFault = Object.fromEntries(family.flags.flatMap((flag) => valueSaid(command, said, flag)))
      return act(flags, async (f, t) =>
        (await import('./commands/inject.ts')).inject({ family, kind, said: ofFault }, f satisfies InjectFlags, t),
      )
    })
    copyInherited(command, program)
    inject.addCommand(command)
  }
  copyInherited(inject, program)
  program.addCommand(inject)
}

/** Output, errors and exits as in the program: commander hands them on to commands that it makes itself only. */
function copyInherited(command: CommandUnknownOpts, program: CommandUnknownOpts): void {
  command.copyInheritedSettings(program)
}

function optionOf(flag: FaultFlag): Option {
  const name = flagName(flag)
  if (flag.value === 'switch') return new Option(flag.isOn ? name.replace(/^--/, '--no-') : name, flag.description)
  return new Option(`${name} <${placeholders[flag.value]}>`, flag.description).argParser(parsers[flag.value])
}

const placeholders = { text: 'text', number: 'n', texts: 'list', numbers: 'list' } as const

/** What is no number stays text: the schema says what is wrong with it, as it does in a file. */
const asNumber = (text: string): number | string => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text)
const parts = (text: string) => text.split(',').map((part) => part.trim())

const parsers = {
  text: (text: string): unknown => text,
  number: (text: string): unknown => asNumber(text),
  texts: (text: string): unknown => parts(text),
  numbers: (text: string): unknown => parts(text).map(asNumber),
} as const

/** Commander gives a switch that is on by default a value although no flag was given; what was not given is left to the schema's defaults. */
function valueSaid(
  command: CommandUnknownOpts,
  said: Readonly<Record<string, unknown>>,
  flag: FaultFlag,
): readonly (readonly [string, unknown])[] {
  const attribute = flag.part === 'targets' && flag.key === 'names' ? 'targets' : flag.key
  return command.getOptionValueSource(attribute) === 'cli' ? [[flag.key, said[attribute]]] : []
}
