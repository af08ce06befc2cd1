import type * as z from 'zod'
import { degradationKinds } from '../domain/degradation-spec.ts'
import { dnsKinds } from '../domain/dns-spec.ts'
import { nodeFailureKinds } from '../domain/failure-spec.ts'
import { httpKinds } from '../domain/http-spec.ts'
import { resourceKinds } from '../domain/suite.ts'
import { describeFound, nearest, notAllowed, quote } from './did-you-mean.ts'
import { readAmount } from './exact-amount.ts'
import { durationMs, selectorOf } from './foreign-words.ts'
import { anyParams, failureParams } from './params-schema.ts'
import { probeTypes } from './probes-schema.ts'
import type { Finding, Path } from './problems.ts'
import { anyStep, stepSchema, stepTypes, suiteSchema } from './schema.ts'

type Issue = z.core.$ZodIssue

/** Everything the schema has against a value, in words for the person who wrote the file. */
export function schemaFindings(value: unknown): readonly Finding[] {
  return explainAll(suiteSchema.safeParse(value), value, [])
}

/** The value at a path, undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, part) ? value[part as keyof typeof value] : undefined,
    root,
  )
}

function explainAll(result: z.ZodSafeParseResult<unknown>, root: unknown, base: Path): readonly Finding[] {
  return result.success ? [] : result.error.issues.flatMap((issue) => explain(issue, root, base))
}

function explain(issue: Issue, root: unknown, base: Path): readonly Finding[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  const found = valueAt(root, path)
  const say = (message: string): readonly Finding[] => [{ path, at: 'value', message }]
  switch (issue.code) {
    case 'unrecognized_keys': {
      const messages = issue.message.split('\n')
      return issue.keys.map((key, n) => ({ path: [...path, key], at: 'key', message: messages[n] ?? 'unknown key' }))
    }
    case 'invalid_union':
      return issue.discriminator === undefined ? explainUnion(issue, root, path) : explainKind(issue.discriminator, root, path.slice(0, -1))
    case 'invalid_value':
      return say(wrongWord(found, issue.values.map(String)))
    case 'invalid_type':
      return [{ path, at: 'value', message: `${wrongType(found, [issue.expected])}${meantBy(found, path)}`, forms: [issue.expected] }]
    case 'too_small':
    case 'too_big':
      // A whole number has a bound of its own beside the one the schema sets.
      return Math.abs(Number(issue.code === 'too_big' ? issue.maximum : issue.minimum)) === Number.MAX_SAFE_INTEGER
        ? []
        : say(wrongSize(issue, found, path))
    default:
      return say(issue.message)
  }
}

/** A value that may have several forms: the one it seems to be meant as is explained, else all forms are named. */
function explainUnion(issue: z.core.$ZodIssueInvalidUnion, root: unknown, path: Path): readonly Finding[] {
  const ofWrongType = (branch: readonly Issue[]) => branch.find((inner) => inner.code === 'invalid_type' && inner.path.length === 0)
  const possible = issue.errors.filter((branch) => ofWrongType(branch) === undefined)
  const [meant] = possible.map((branch) => ({ branch, off: misfit(branch, root, path) })).sort((a, b) => a.off - b.off)
  if (meant !== undefined) return meant.branch.flatMap((inner) => explain(inner, root, path))
  const forms = issue.errors.map(ofWrongType).flatMap((inner) => (inner?.code === 'invalid_type' ? [inner.expected] : []))
  const found = valueAt(root, path)
  return [{ path, at: 'value', message: `${wrongType(found, forms)}${meantBy(found, path)}`, forms }]
}

/** How many keys of an object are missing or unknown in one of the forms it may have: the form with the fewest is the one that was meant. */
function misfit(branch: readonly Issue[], root: unknown, path: Path): number {
  return branch.reduce((sum, issue) => {
    if (issue.code === 'unrecognized_keys') return sum + issue.keys.length
    const isMissing = issue.path.length > 0 && valueAt(root, [...path, ...issue.path.map(String)]) === undefined
    return isMissing ? sum + 1 : sum
  }, 0)
}

/** A wrong `type` or `failure_type` hides the rest of its object from the schema, so the rest is judged as what was probably meant. */
function explainKind(key: string, root: unknown, parent: Path): readonly Finding[] {
  const object = valueAt(root, parent)
  const found = valueAt(root, [...parent, key])
  if (parent[0] === 'probes') return [{ path: [...parent, key], at: 'value', message: wrongWord(found, probeTypes) }]
  const { guess, message } = key === 'type' ? wrongStepType(found, valueAt(root, [...parent, 'params'])) : wrongFailureType(found)
  const schema: z.ZodType = key === 'type' ? (guess === undefined ? anyStep : stepSchema) : guess === undefined ? anyParams : failureParams
  const rest = schema.safeParse({ ...Object(object), [key]: guess ?? found })
  return [{ path: [...parent, key], at: 'value', message }, ...explainAll(rest, root, parent)]
}

interface WrongKind {
  readonly guess: string | undefined
  readonly message: string
}

function wrongFailureType(found: unknown): WrongKind {
  const guess = typeof found === 'string' ? nearest(found, nodeFailureKinds) : undefined
  return { guess, message: wrongWord(found, nodeFailureKinds) }
}

function wrongStepType(found: unknown, params: unknown): WrongKind {
  if (found === undefined) {
    const guess = Object.entries(typeOfParam).find(([key]) => valueAt(params, [key]) !== undefined)?.[1]
    return { guess, message: `${wrongWord(found, stepTypes)}${guess === undefined ? '' : `; with these params it is \`${guess}\``}` }
  }
  if (typeof found !== 'string') return { guess: undefined, message: wrongWord(found, stepTypes) }
  const kind = Object.entries(kindsOfParam).flatMap(([key, kinds]) =>
    kinds.filter((name) => name === nearest(found, kinds)).map((name) => ({ key, name })),
  )[0]
  const guess = nearest(found, stepTypes)
  if (guess !== undefined || kind === undefined) return { guess, message: wrongWord(found, stepTypes) }
  const type = typeOfParam[kind.key]
  return {
    guess: type,
    message: `${quote(found)} is a ${kind.key}: write "type": "${type}" with "params": { "${kind.key}": "${kind.name}" }`,
  }
}

const typeOfParam: Readonly<Record<string, string>> = {
  resource_type: 'resource_exhaustion',
  partition_type: 'network_partition',
  failure_type: 'node_failure',
  degradation_type: 'network_degradation',
  dns_type: 'dns_failure',
  http_type: 'http_fault',
}
const kindsOfParam: Readonly<Record<string, readonly string[]>> = {
  failure_type: nodeFailureKinds,
  resource_type: resourceKinds,
  degradation_type: degradationKinds,
  dns_type: dnsKinds,
  http_type: httpKinds,
}

function wrongWord(found: unknown, allowed: readonly string[]): string {
  if (found === undefined) return `missing. Allowed: ${allowed.join(', ')}`
  return typeof found === 'string' ? notAllowed(found, allowed) : `found ${describeFound(found)}. Allowed: ${allowed.join(', ')}`
}

const formWords: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'a whole number',
  string: 'a string',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

function wrongType(found: unknown, expected: readonly string[]): string {
  const forms = [...new Set(expected.map((form) => formWords[form] ?? form))]
  const wanted = forms.length > 1 ? `${forms.slice(0, -1).join(', ')} or ${forms.at(-1)}` : forms.join('')
  if (found === undefined) return `missing; expected ${wanted}`
  const said = `found ${describeFound(found)}; expected ${wanted}`
  if (typeof found !== 'string') return said
  const bare =
    (expected.some((form) => form === 'number' || form === 'int') && /^\s*-?\d+(\.\d+)?\s*$/.test(found)) ||
    (expected.includes('boolean') && /^(true|false)$/.test(found))
  if (bare) return `${said}: write ${found.trim()} without quotes`
  const meant = expected.includes('boolean') ? otherBooleans[found.toLowerCase()] : undefined
  return meant === undefined ? said : `${said}: write ${meant}`
}

/** What YAML 1.1 took for true and false. */
const otherBooleans: Readonly<Record<string, string>> = { yes: 'true', on: 'true', y: 'true', no: 'false', off: 'false', n: 'false' }

const unitKeys: Readonly<Record<string, readonly string[]>> = {
  seconds: [
    'duration',
    'interval',
    'gracePeriod',
    'before',
    'after',
    'maxDuration',
    'recoveryTimeout',
    'graceSeconds',
    'repeatEvery',
    'timeout',
    'window',
    'step',
    'for',
  ],
  milliseconds: ['latency', 'jitter', 'delay'],
  percent: ['loss', 'corruption', 'duplication', 'share'],
  'kbit/s': ['rate'],
}

/** What a value in the form of another tool is here; '' for any other. */
function meantBy(found: unknown, path: Path): string {
  const key = String(path.at(-1))
  const labels = key === 'selector' ? selectorOf(found) : undefined
  if (labels !== undefined) return `: write ${quote(labels)}`
  const ms = typeof found === 'string' ? durationMs(found) : undefined
  if (ms === undefined) return key === 'rate' && typeof found === 'string' ? rateMeant(found) : ''
  if (unitKeys.seconds?.includes(key)) return `: write ${ms / 1000}, in seconds`
  return unitKeys.milliseconds?.includes(key) ? `: write ${ms}, in milliseconds` : ''
}

/** A rate with a unit, as a rate in kbit/s. */
function rateMeant(text: string): string {
  const read = readAmount(
    'network',
    text.replace(/([kMG])bit$/i, (_, unit: string) => `${unit === 'K' ? 'k' : unit}bit/s`),
  )
  return 'amount' in read ? `: write ${read.amount.value}, in kbit/s` : ''
}

function wrongSize(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, found: unknown, path: Path): string {
  const small = issue.code === 'too_small'
  const limit = `${issue.inclusive === false ? (small ? 'more than' : 'less than') : small ? 'at least' : 'at most'} ${small ? issue.minimum : issue.maximum}`
  if (Array.isArray(found))
    return `found ${found.length === 0 ? 'an empty list' : `a list of ${found.length}`}; allowed: ${limit} ${limit.endsWith(' 1') ? 'entry' : 'entries'}`
  if (typeof found === 'string') return `found ${found.length} characters; allowed: ${limit}`
  const unit = Object.keys(unitKeys).find((name) => unitKeys[name]?.includes(String(path.at(-1))))
  return `found ${describeFound(found)}; allowed: ${limit}${unit === undefined ? '' : ` ${unit}`}`
}
