import type { LoadSaid } from './load.ts'
import { cutTo, printable } from './text.ts'

type Figures = Readonly<Record<string, number | string>>

/** As much of a log's end as a person reads; the record of a run keeps it. */
const mostLines = 20
const mostCharacters = 2_000

/** k6 sums up some 90 figures; a run's record keeps those of each load. */
const mostFigures = 200
const longestName = 100
const longestText = 200

/** The end of a log, and the figures in it. Pure. */
export function saidIn(log: string): LoadSaid {
  return { log: endOf(log), figures: figuresIn(log) }
}

/** The last line that says something, for people; '' where none does. */
export function lastLine(log: string): string {
  return cutTo(printable(linesOf(log).at(-1) ?? ''), mostCharacters)
}

/**
 * What a log says last of each figure:
 * 1. a line of its own that is a JSON object with `figures`, an object of numbers and texts: `{"figures":{"lost":0}}`; 2. a summary of k6 as
 * JSON, on one line or over several, from `--summary-export` (https://grafana.com/docs/k6/latest/results-output/end-of-test/) or from
 * `handleSummary`: its figures are named `METRIC.STATISTIC`, as `http_req_duration.p(95)`.
 */
export function figuresIn(log: string): Figures {
  const found = new Map<string, number | string>()
  for (const object of objectsIn(log)) for (const [name, value] of figuresOf(object)) found.set(name, value)
  return Object.fromEntries([...found].slice(0, mostFigures))
}

function figuresOf(object: object): readonly (readonly [string, number | string])[] {
  if ('figures' in object) return valuesOf(object.figures)
  if (!('metrics' in object) || !isObject(object.metrics)) return []
  return Object.entries(object.metrics).flatMap(([metric, said]) => {
    if (!isObject(said)) return []
    const values = valuesOf('values' in said ? said.values : said).filter(([, value]) => typeof value === 'number')
    return values.map(([name, value]) => [`${metric}.${name}`, value] as const)
  })
}

function valuesOf(said: unknown): readonly (readonly [string, number | string])[] {
  if (!isObject(said)) return []
  return Object.entries(said).flatMap(([name, value]): readonly (readonly [string, number | string])[] => {
    if (name.length > longestName) return []
    if (typeof value === 'number' && Number.isFinite(value)) return [[name, value]]
    return typeof value === 'string' ? [[name, cutTo(printable(value), longestText)]] : []
  })
}

/** JSON objects that begin a line, each on one line or to the line that closes it. */
function objectsIn(log: string): readonly object[] {
  const found: object[] = []
  let open: string[] | null = null
  for (const line of log.split('\n')) {
    const whole = line.startsWith('{') ? parsed(line) : undefined
    if (whole !== undefined) {
      found.push(whole)
      open = null
    } else if (line.startsWith('{')) open = [line]
    else if (open !== null) {
      open.push(line)
      if (!line.startsWith('}')) continue
      const closed = parsed(open.join('\n'))
      if (closed !== undefined) found.push(closed)
      open = null
    }
  }
  return found
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function endOf(log: string): string {
  return linesOf(log)
    .slice(-mostLines)
    .map((line) => printable(line))
    .join('\n')
    .slice(-mostCharacters)
    .toWellFormed()
}

function linesOf(log: string): readonly string[] {
  return log.split('\n').filter((line) => line.trim() !== '')
}
