import type { CommandUnknownOpts, Option } from '@commander-js/extra-typings'

/** One word that fits, and what it is. */
export interface Completion {
  readonly word: string
  readonly what: string
}

/** What a value at the cursor can be that only a look around tells. */
export type Wanted = 'suites' | 'runs' | 'namespaces' | 'files'

/** What fits at the cursor: words that are known, and kinds of values that must be looked up. */
export interface Fitting {
  readonly words: readonly Completion[]
  readonly wanted: readonly Wanted[]
}

const nothing: Fitting = { words: [], wanted: [] }

/**
 * What fits after the words that are typed, the last of which (perhaps empty) is the one at the cursor. Pure.
 * 1. Commands are followed as far as words name them. 2. A flag that takes a value asks for it. 3. A word that begins with a dash is a flag.
 * 4. Else a command, or what the command's argument can be.
 */
export function fitting(program: CommandUnknownOpts, words: readonly string[]): Fitting {
  const typed = words.slice(0, -1)
  const current = words.at(-1) ?? ''
  const { command, rest } = followed(program, typed)
  const flag = rest.at(-1)?.startsWith('-') === true ? optionOf(command, rest.at(-1) ?? '') : undefined
  if (flag !== undefined && (flag.required || flag.optional)) return only(valuesOf(flag), current)
  if (current.startsWith('-')) return only({ words: flagsOf(command), wanted: [] }, current)
  const commands = command.commands
    .filter((one) => !one.name().startsWith('_'))
    .map((one) => ({ word: one.name(), what: one.description() }))
  if (commands.length > 0) return only({ words: commands, wanted: [] }, current)
  return only(argumentOf(command, positionOf(command, rest)), current)
}

function followed(program: CommandUnknownOpts, typed: readonly string[]) {
  let command = program
  let from = 0
  for (const [i, word] of typed.entries()) {
    const next = command.commands.find((one) => one.name() === word)
    if (next === undefined) continue
    command = next
    from = i + 1
  }
  return { command, rest: typed.slice(from) }
}

function optionOf(command: CommandUnknownOpts, word: string): Option | undefined {
  return command.options.find(({ short, long }) => word === short || word === long)
}

function flagsOf(command: CommandUnknownOpts): readonly Completion[] {
  const own = command.options.filter(({ hidden }) => !hidden)
  return [
    ...own.map(({ long, short, description }) => ({ word: long ?? short ?? '', what: description })),
    { word: '--help', what: 'help for it' },
  ]
}

/** What values of a flag are, by its name. */
const valuesOfFlags: Readonly<Record<string, Wanted>> = {
  '--namespace': 'namespaces',
  '--report': 'files',
  '--output': 'files',
  '--save': 'files',
  '--kubeconfig': 'files',
  '--injector': 'files',
  '--prometheus-token-file': 'files',
  '--state': 'files',
}

function valuesOf({ long, argChoices }: Option): Fitting {
  const wanted = valuesOfFlags[long ?? '']
  return { words: (argChoices ?? []).map((word) => ({ word, what: '' })), wanted: wanted === undefined ? [] : [wanted] }
}

/** How many arguments of the command are typed already: words that are neither flags nor their values. */
function positionOf(command: CommandUnknownOpts, rest: readonly string[]): number {
  return rest.filter((word, i) => {
    const before = optionOf(command, rest[i - 1] ?? '')
    return !word.startsWith('-') && !(before !== undefined && (before.required || before.optional))
  }).length
}

function argumentOf(command: CommandUnknownOpts, position: number): Fitting {
  const all = command.registeredArguments
  const argument = all[position] ?? (all.at(-1)?.variadic === true ? all.at(-1) : undefined)
  if (argument === undefined) return nothing
  const choices = argument.argChoices ?? kindsOf(argument.name(), argument.description)
  const words = choices.map((word) => ({ word, what: '' }))
  switch (argument.name()) {
    case 'suite':
      return { words, wanted: ['suites', 'files'] }
    case 'run':
    case 'later':
      return { words: [{ word: 'latest', what: 'the newest' }], wanted: ['runs'] }
    default:
      return { words, wanted: [] }
  }
}

/** The kinds of a fault are its argument's description. */
function kindsOf(name: string, description: string): readonly string[] {
  return name === 'kind' ? description.split(', ') : []
}

function only({ words, wanted }: Fitting, begin: string): Fitting {
  return { words: words.filter(({ word }) => word.startsWith(begin)), wanted }
}
