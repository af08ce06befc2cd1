/** What an injector is told to do; each is one branch of its script. */
export type InjectorAction =
  | 'kill'
  | 'crashloop'
  | 'stress-cpu'
  | 'stress-memory'
  | 'fill-disk'
  | 'limit-network'
  | 'load-network'
  | 'cut-network'
  | 'degrade-network'
  | 'check'

/** One line of an injector's log: what it measured of one target. */
export interface InjectorLine {
  /** ms since epoch, by the node's clock */
  readonly at: number
  /** UID of the target pod */
  readonly target: string
  readonly phase: 'before' | 'bite' | 'measure' | 'undone' | 'residue' | 'error'
  /** bite: it bites; undone, residue: nothing is left */
  readonly ok: boolean
  readonly name: string
  readonly unit: string
  readonly value: number | string
  readonly message: string
}

const phases: readonly string[] = ['before', 'bite', 'measure', 'undone', 'residue', 'error']

/** The lines of an injector's log, oldest first; anything that is not such a line (a shell's complaint) is passed over. */
export function parseInjectorLog(text: string): readonly InjectorLine[] {
  return text.split('\n').flatMap((line) => {
    const found = parseLine(line)
    return found === null ? [] : [found]
  })
}

function parseLine(line: string): InjectorLine | null {
  if (!line.startsWith('{')) return null
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return null
  }
  const { at, target, phase, ok, name, unit, value: figure, message } = value as Partial<Record<keyof InjectorLine, unknown>>
  if (typeof at !== 'number' || typeof target !== 'string' || typeof phase !== 'string' || !phases.includes(phase)) return null
  return {
    at,
    target,
    phase: phase as InjectorLine['phase'],
    ok: ok === true,
    name: typeof name === 'string' ? name : '',
    unit: typeof unit === 'string' ? unit : '',
    value: typeof figure === 'number' || typeof figure === 'string' ? figure : '',
    message: typeof message === 'string' ? message : '',
  }
}

/** The newest line of each of the given phases, by target UID. */
export function newestByTarget(
  lines: readonly InjectorLine[],
  phases: readonly InjectorLine['phase'][],
): ReadonlyMap<string, InjectorLine> {
  return new Map(lines.filter((line) => phases.includes(line.phase)).map((line) => [line.target, line]))
}
