import type { InjectorFaultAction } from '../../domain/undo-data.ts'

/** What an injector is told to do; each is one branch of its script. */
export type InjectorAction = InjectorFaultAction | 'check'

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
  /** What became of the target, the effect or the order; null: nothing out of the ordinary, or a word this version does not know. */
  readonly code: InjectorCode | null
  /** Further figures, as context: what the container and the node show, and how much was asked for. */
  readonly also: readonly Figure[]
  readonly message: string
}

export interface Figure {
  readonly name: string
  readonly unit: string
  readonly value: number
}

/** What an injector says became of its target, of its effect, or of the order that it was given. */
export type InjectorCode = (typeof codes)[number]

const codes = [
  /** This node's kernel has not what the fault needs: nothing was applied, and no other try would be. */
  'kernel_lacks',
  /** The injector's image has not got a tool that the fault needs: an older image; nothing was applied. */
  'image_lacks',
  /** The order was read before or after its time, on a node that was booted since the plan, or by a replacement: nothing was applied. */
  'too_early',
  'too_late',
  'other_boot',
  'replacement',
  /** Less than was asked for: no full bite. */
  'partial',
  /** The rules work, and nothing of the workload's met them. */
  'unused',
  'oom_killed',
  'stressor_oom_killed',
  'stressor_died',
  'restarted',
  /** Who kept the file, the rules or the qdisc in place is gone, or these are. */
  'holder_died',
  'rules_gone',
] as const

const isCode = (text: unknown): text is InjectorCode => (codes as readonly unknown[]).includes(text)

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
  const { at, target, phase, ok, name, unit, value: figure, code, also, message } = value as Partial<Record<keyof InjectorLine, unknown>>
  if (typeof at !== 'number' || typeof target !== 'string' || typeof phase !== 'string' || !phases.includes(phase)) return null
  return {
    at,
    target,
    phase: phase as InjectorLine['phase'],
    ok: ok === true,
    name: typeof name === 'string' ? name : '',
    unit: typeof unit === 'string' ? unit : '',
    value: typeof figure === 'number' || typeof figure === 'string' ? figure : '',
    code: isCode(code) ? code : null,
    also: Array.isArray(also) ? also.flatMap(asFigure) : [],
    message: typeof message === 'string' ? message : '',
  }
}

function asFigure(value: unknown): readonly Figure[] {
  const { name, unit, value: figure } = Object(value) as Partial<Record<keyof Figure, unknown>>
  return typeof name === 'string' && typeof unit === 'string' && typeof figure === 'number' ? [{ name, unit, value: figure }] : []
}

/** The newest line of each of the given phases, by target UID. */
export function newestByTarget(
  lines: readonly InjectorLine[],
  phases: readonly InjectorLine['phase'][],
): ReadonlyMap<string, InjectorLine> {
  return new Map(lines.filter((line) => phases.includes(line.phase)).map((line) => [line.target, line]))
}
