import { assertNever } from './errors.ts'
import type { Comparison, OutputRead, ProbeSource, Tolerance } from './probe.ts'

/**
 * Whether a value keeps the steady state. Numbers that came as text count as numbers where one is compared with. A pattern may take for
 * ever: the caller bounds the time.
 */
export function isWithin(tolerance: Tolerance, value: number | string): boolean {
  switch (tolerance.kind) {
    case 'value':
      return typeof tolerance.value === 'number' ? asNumber(value) === tolerance.value : String(value) === String(tolerance.value)
    case 'range': {
      const n = asNumber(value)
      return n >= tolerance.min && n <= tolerance.max
    }
    case 'comparison':
      return compare(asNumber(value), tolerance.op, tolerance.value)
    case 'regex':
      return new RegExp(tolerance.pattern, 'u').test(String(value))
    default:
      return assertNever(tolerance)
  }
}

/** Whether `value op limit` holds; never for what is no number. */
export function compare(value: number, op: Comparison, limit: number): boolean {
  if (Number.isNaN(value)) return false
  switch (op) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '==':
      return value === limit
    case '!=':
      return value !== limit
    case '>=':
      return value >= limit
    case '>':
      return value > limit
    default:
      return assertNever(op)
  }
}

/** How far a value out of tolerance is from it, so that the worst of many can be told; 0 where there is no distance to speak of. */
export function distanceOut(tolerance: Tolerance, value: number | string): number {
  const n = asNumber(value)
  if (tolerance.kind === 'regex' || Number.isNaN(n) || isWithin(tolerance, value)) return 0
  switch (tolerance.kind) {
    case 'value':
      return typeof tolerance.value === 'number' ? Math.abs(n - tolerance.value) : 0
    case 'range':
      return Math.max(tolerance.min - n, n - tolerance.max)
    case 'comparison':
      return Math.abs(n - tolerance.value)
    default:
      return assertNever(tolerance)
  }
}

/** A tolerance for people: `<= 0.1`, `1 to 5`, `200`, `/ok/`. */
export function toleranceText(tolerance: Tolerance): string {
  switch (tolerance.kind) {
    case 'value':
      return String(tolerance.value)
    case 'range':
      return `${tolerance.min} to ${tolerance.max}`
    case 'comparison':
      return `${tolerance.op} ${tolerance.value}`
    case 'regex':
      return `/${tolerance.pattern}/`
    default:
      return assertNever(tolerance)
  }
}

/** What a probe asks, in one line; without an address' query, headers and bodies, which may hold secrets. */
export function sourceText(source: ProbeSource): string {
  switch (source.type) {
    case 'http': {
      const { read } = source
      const part = read.what === 'jsonpath' ? read.path : read.what === 'regex' ? `/${read.pattern}/` : read.what
      return `${source.method} ${source.url.replace(/[?#].*$/, '?…')}: ${part}`
    }
    case 'prometheus': {
      const { range } = source
      return range === null ? source.query : `${range.reduce} over ${range.windowMs / 1000} s of ${source.query}`
    }
    case 'kubernetes': {
      const { read, selector } = source
      const what = read.what === 'condition' ? `pods without ${read.condition}=${read.status}` : kubernetesWords[read.what]
      return `${what} of ${selector}`
    }
    case 'cloudwatch_alarm':
      return `CloudWatch alarm ${source.alarm}`
    case 'cloudwatch_metric': {
      const { namespace, metric, dimensions, statistic, periodMs } = source
      const of = Object.entries(dimensions).map(([name, value]) => `${name}=${value}`)
      return `${statistic} over ${periodMs / 1000} s of CloudWatch ${[`${namespace} ${metric}`, ...of].join(', ')}`
    }
    case 'job':
      return `${outputText(source.read)} of a Job of ${source.image}${source.command === null ? '' : `: ${source.command[0]} …`}`
    case 'command':
      return `${outputText(source.read)} of ${source.command[0]} on this machine`
    case 'load':
      return source.read.what === 'running' ? `whether load ${source.load} runs` : `${source.read.name} of load ${source.load}`
    default:
      return assertNever(source)
  }
}

function outputText(read: OutputRead): string {
  return read.what === 'jsonpath' ? read.path : read.what === 'exit_code' ? 'exit code' : 'last line'
}

const kubernetesWords = { ready: 'ready pods', ready_ratio: 'share of ready pods', restarts: 'restarts' } as const

function asNumber(value: number | string): number {
  return typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value)
}

/** The bounds of a tolerance as numbers; null: none on that side. */
export function boundsOf(tolerance: Tolerance): { readonly min: number | null; readonly max: number | null } {
  switch (tolerance.kind) {
    case 'range':
      return { min: tolerance.min, max: tolerance.max }
    case 'value':
      return typeof tolerance.value === 'number' ? { min: tolerance.value, max: tolerance.value } : { min: null, max: null }
    case 'comparison': {
      const { op, value } = tolerance
      return { min: op === '>' || op === '>=' || op === '==' ? value : null, max: op === '<' || op === '<=' || op === '==' ? value : null }
    }
    case 'regex':
      return { min: null, max: null }
  }
}
