import { query } from 'jsonpath-rfc9535'
import safeRegex from 'safe-regex2'
import * as z from 'zod'
import { comparisons, probeModes, severities } from '../domain/probe.ts'
import { printable } from '../domain/text.ts'
import { alarmKeys, metricKeys } from './cloudwatch-keys.ts'
import { quote } from './did-you-mean.ts'
import { strict, textOf } from './strict-object.ts'
import { selectorText } from './targets-schema.ts'
import { workKeys } from './work-schema.ts'

/** What a probe that leaves it out gets; times in seconds. */
export const probeDefaults = { mode: 'continuous', interval: 5, timeout: 5, retries: 2, weight: 1 } as const

/** Kinds of probes, as `type` spells them. */
export const probeTypes: readonly string[] = [
  'http',
  'prometheus',
  'kubernetes',
  'cloudwatch_alarm',
  'cloudwatch_metric',
  'job',
  'command',
  'load',
]

/** Text that has a problem or none; the problem completes "… " after the text as it was found. */
function checked(problem: (text: string) => string | undefined) {
  return z
    .string()
    .max(2000)
    .refine((text) => problem(text) === undefined, { error: (issue) => problem(String(issue.input)) })
}

const comparisonForm = /^\s*(<=|>=|==|!=|<|>)\s*([-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*$/

/** `< 0.1` in its parts; undefined for any other text. */
export function readComparison(text: string): { readonly op: (typeof comparisons)[number]; readonly value: number } | undefined {
  const [, sign, value] = comparisonForm.exec(text) ?? []
  const op = comparisons.find((known) => known === sign)
  return op === undefined ? undefined : { op, value: Number(value) }
}

const comparisonText = checked((text) =>
  readComparison(text) === undefined
    ? `${quote(text)} is no comparison; write e.g. "< 0.1" (${comparisons.join(', ')} and a number)`
    : undefined,
)
const comparisonObject = strict({ op: z.enum(comparisons), value: z.number() })

const regexText = checked(regexProblem)

function regexProblem(pattern: string): string | undefined {
  try {
    new RegExp(pattern, 'mu')
  } catch (error) {
    return `${quote(pattern)} is no regular expression: ${Object(error).message.replace(/^Invalid regular expression: /, '')}`
  }
  return safeRegex(pattern)
    ? undefined
    : `${quote(pattern)} may take for ever on some texts (a repetition within a repetition); make it simpler`
}

const valueText = checked((text) =>
  /^\s*[<>=!]/.test(text) && readComparison(text) === undefined
    ? `${quote(text)} is no comparison; write e.g. "< 0.1" (${comparisons.join(', ')} and a number)`
    : undefined,
)

const tolerance = z
  .union([
    z.number(),
    z.boolean(),
    valueText,
    comparisonObject,
    strict({ regex: regexText }),
    strict({ min: z.number().optional(), max: z.number().optional() }),
  ])
  .describe('What the value must be: a value, a comparison ("< 0.1" or { op, value }), a range { min, max }, or { regex }.')

const name = textOf(
  /^[A-Za-z0-9][-A-Za-z0-9_. ]{0,61}[A-Za-z0-9]$|^[A-Za-z0-9]$/,
  'a name for this (1 to 63 letters, digits, "-", "_", "." and blanks)',
)
const seconds = (least: number, most: number) => z.number().min(least).max(most)

const common = {
  tolerance,
  mode: z
    .enum(probeModes)
    .default(probeDefaults.mode)
    .describe('When it is asked: before, during, after; edge: before and after; continuous: all three.'),
  interval: seconds(1, 3600).default(probeDefaults.interval).describe('Seconds between two questions during the run.'),
  timeout: seconds(0.1, 60).default(probeDefaults.timeout).describe('Seconds to wait for an answer.'),
  retries: z.int().min(0).max(10).default(probeDefaults.retries).describe('Further tries after one that measured nothing.'),
  weight: z.number().min(1).max(10).default(probeDefaults.weight).describe('Share in the resilience score.'),
  unit: z.string().max(20).optional().describe('Unit of the value, for reports.'),
}

const url = checked(urlProblem)

function urlProblem(text: string): string | undefined {
  const parsed = URL.canParse(text) ? new URL(text) : undefined
  if (parsed === undefined || !['http:', 'https:'].includes(parsed.protocol)) return `${quote(text)} is not an http or https address`
  return parsed.username === '' && parsed.password === '' ? undefined : 'user and password do not belong into an address: use `headers`'
}

/** The API's path is put behind it. */
const baseUrl = checked((text) => {
  const problem = urlProblem(text)
  if (problem !== undefined || /^[^?#]*$/.test(text)) return problem
  return `${quote(text)} is a base address: it has no query and no fragment`
})

const jsonPath = checked((path) => {
  try {
    query(null, path)
    return undefined
  } catch (error) {
    return `${quote(path)} is no JSONPath (RFC 9535): ${printable(String(Object(error).message)).slice(0, 200)}`
  }
})

const headers = z
  .record(z.string(), z.string().max(4096))
  .refine((found) => headersProblem(found) === undefined, { error: (issue) => headersProblem(Object(issue.input)) })

/** Headers of the connection are the HTTP client's own. `Host` may be said. */
const ownHeaders = ['connection', 'content-length', 'expect', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']

function headersProblem(found: Record<string, string>): string | undefined {
  const own = Object.keys(found).find((header) => ownHeaders.includes(header.toLowerCase()))
  if (own !== undefined) return `${quote(own)} is not a header to give: it belongs to the connection, and each question has its own`
  const twice = Object.keys(found).find((header, n, all) => all.findIndex((other) => other.toLowerCase() === header.toLowerCase()) < n)
  if (twice !== undefined) return `${quote(twice)} is given twice; upper and lower case are the same`
  try {
    new Headers(found)
    return undefined
  } catch (error) {
    return `not HTTP headers: ${printable(String(Object(error).message)).slice(0, 200)}`
  }
}

const httpKeys = {
  url: url.describe('Address, http or https.'),
  method: z.enum(['GET', 'HEAD', 'POST']).default('GET'),
  headers: headers.default({}).describe('Stored with the run as they are: no secrets.'),
  body: z.string().max(10_000).optional().describe('Only with POST.'),
  read: z
    .union([z.enum(['status', 'latency', 'body']), strict({ jsonpath: jsonPath }), strict({ regex: regexText })])
    .default('status')
    .describe('The value: the HTTP status, the latency in ms, the body, what a JSONPath finds in it, or the first group of a regex.'),
}
const prometheusKeys = {
  query: z.string().min(1).max(5000).describe('PromQL with one number as its result.'),
  url: baseUrl.optional().describe('Base address of another Prometheus than the configured one; it gets no credentials.'),
  range: strict({
    window: seconds(1, 604_800).describe('Seconds up to now.'),
    step: seconds(1, 86_400).optional().describe('Seconds between two values; default: a sixtieth of the window.'),
    reduce: z.enum(['last', 'min', 'max', 'avg']).describe('What makes one number of them.'),
  })
    .optional()
    .describe('A range query; without it an instant one.'),
  whenEmpty: z.number().optional().describe('Value of an empty result; without it nothing was measured then.'),
  optional: z.boolean().default(false).describe('Left out, and said so, when no Prometheus is configured.'),
}
const kubernetesKeys = {
  selector: selectorText.optional().describe("Label selector of the pods; default: the suite's."),
  read: z
    .union([
      z.enum(['ready', 'ready_ratio', 'restarts']),
      strict({ condition: z.string().min(1).max(100), status: z.enum(['True', 'False']).default('True') }),
    ])
    .describe('Ready pods, their share of all, restarts since the start, or how many pods lack a condition.'),
}

const outputRead = z
  .union([z.enum(['exit_code', 'last_line']), strict({ jsonpath: jsonPath })])
  .default('exit_code')
  .describe(
    'The value: the exit code, the last line of the output, or what a JSONPath finds in the JSON that the last line, or all of it, is.',
  )
/** A program takes longer to start than a question to answer. */
const ofPrograms = {
  ...common,
  interval: seconds(1, 3600).default(30).describe('Seconds between two questions during the run.'),
  timeout: seconds(1, 600).default(60).describe('Seconds to wait for its end.'),
}
const jobKeys = { ...workKeys, read: outputRead }
const commandKeys = {
  command: z.array(z.string().max(20_000)).min(1).max(100).describe('A program and its arguments; no shell reads them.'),
  env: workKeys.env,
  read: outputRead,
}
const loadKeys = {
  load: z.string().describe('Name of an entry of `load`.'),
  read: z
    .union([z.literal('running'), strict({ figure: z.string().min(1).max(100) })])
    .default('running')
    .describe('1 while it runs, else 0; or what it said last of a figure (docs/load.md).'),
}

const { optional: _, ...ofGate } = prometheusKeys

/** A question to Prometheus that has to be answered rightly before a start. */
export const gate = strict({
  name,
  ...ofGate,
  tolerance: common.tolerance,
  timeout: common.timeout,
  retries: common.retries,
  unit: common.unit,
})

/** One entry of `probes` that says everything itself, told apart by `type`. */
export const typedProbe = z.discriminatedUnion('type', [
  strict({ name, type: z.literal('http').describe('Asks an HTTP endpoint.'), ...httpKeys, ...common }),
  strict({ name, type: z.literal('prometheus').describe('Asks Prometheus.'), ...prometheusKeys, ...common }),
  strict({ name, type: z.literal('kubernetes').describe('Asks the state of pods.'), ...kubernetesKeys, ...common }),
  strict({ name, type: z.literal('cloudwatch_alarm').describe('Asks whether a CloudWatch alarm is in alarm.'), ...alarmKeys, ...common }),
  strict({
    name,
    type: z.literal('cloudwatch_metric').describe('Asks CloudWatch for the newest value of a metric.'),
    ...metricKeys,
    ...common,
  }),
  strict({ name, type: z.literal('job').describe('Has a Job of your own answer.'), ...jobKeys, ...ofPrograms }),
  strict({ name, type: z.literal('command').describe('Has a program on your machine answer; not on AWS.'), ...commandKeys, ...ofPrograms }),
  strict({
    name,
    type: z.literal('load').describe('Asks a load of the suite.'),
    ...loadKeys,
    ...common,
    mode: z.enum(['during', 'after']).default('during').describe('When it is asked: there is no load before the start.'),
  }),
])

/** Keys of each kind, for presets. */
export const keysOfType: Readonly<Record<ProbeFile['type'], readonly string[]>> = {
  http: Object.keys({ ...httpKeys, ...common }),
  prometheus: Object.keys({ ...prometheusKeys, ...common }),
  kubernetes: Object.keys({ ...kubernetesKeys, ...common }),
  cloudwatch_alarm: Object.keys({ ...alarmKeys, ...common }),
  cloudwatch_metric: Object.keys({ ...metricKeys, ...common }),
  job: Object.keys({ ...jobKeys, ...common }),
  command: Object.keys({ ...commandKeys, ...common }),
  load: Object.keys({ ...loadKeys, ...common }),
}

const bare = {
  mode: z.enum(probeModes),
  interval: seconds(1, 3600),
  timeout: seconds(0.1, 60),
  retries: z.int().min(0).max(10),
  weight: z.number().min(1).max(10),
}

/** An entry of `probes` that names a preset; everything else is put in the place of what that says. */
export function presetEntry(presets: readonly [string, ...string[]]) {
  const optional = {
    name,
    query: prometheusKeys.query,
    url,
    range: prometheusKeys.range.unwrap(),
    whenEmpty: z.number(),
    optional: z.boolean(),
    selector: selectorText,
    read: kubernetesKeys.read,
    tolerance,
    ...bare,
    unit: z.string().max(20),
    threshold: z.literal(false).describe('The threshold of the preset is left out.'),
  }
  return strict({ preset: z.enum(presets).describe('Name of a ready-made probe (docs/probes.md).'), ...z.object(optional).partial().shape })
}

/** One entry of `thresholds`. */
export const threshold = strict({
  name: name.optional().describe('Name in reports; default: what it says.'),
  probe: z.string().describe('Name of the probe.'),
  when: z.union([comparisonText, comparisonObject]).describe('Crossed while this holds of the value, e.g. "> 0.1".'),
  for: seconds(0, 86_400).default(0).describe('Seconds for which every value must be on the wrong side.'),
  severity: z.enum(severities).default('warning'),
  action: z.enum(['notify', 'abort']).default('notify').describe('abort: everything is reverted at once and the run ends.'),
})

export type GateFile = z.output<typeof gate>
export type ProbeFile = z.output<typeof typedProbe>
export type ProbeInput = z.input<typeof typedProbe>
export type ThresholdInput = z.input<typeof threshold>
export type ToleranceFile = z.output<typeof tolerance>
