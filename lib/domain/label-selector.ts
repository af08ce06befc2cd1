import { FaultlineError } from './errors.ts'
import type { LabelSelector } from './kube.ts'

/** A label's value, also the empty one (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/). */
const labelValuePattern = /^(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/
/** A DNS-1123 subdomain: the name of most objects, and the prefix of a label's key. */
export const subdomainPattern = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

const unary = ['Exists', 'DoesNotExist'] as const
const setBased = ['In', 'NotIn'] as const
const numeric = ['Gt', 'Lt'] as const
const inSymbols: Readonly<Record<string, Operator>> = {
  '=': 'In',
  '==': 'In',
  '!=': 'NotIn',
  in: 'In',
  notin: 'NotIn',
  '>': 'Gt',
  '<': 'Lt',
}

type Operator = (typeof unary)[number] | (typeof setBased)[number] | (typeof numeric)[number]

interface Requirement {
  readonly key: string
  readonly operator: Operator
  readonly values: readonly string[]
}

/** Labels of an object, as its metadata has them; without any it is undefined. */
export type Labels = Readonly<Record<string, string>> | undefined

/**
 * Compiles a selector once for many objects, as `kubectl -l` text or as policies and controllers carry it; an empty one takes all.
 * Throws `bad_input` for one that Kubernetes would not take.
 */
export function compileSelector(selector: string | LabelSelector): (labels: Labels) => boolean {
  const requirements = typeof selector === 'string' ? parseText(selector) : parseObject(selector)
  return (labels) => requirements.every((requirement) => holds(requirement, labels))
}

/** Whether one object's labels satisfy a selector; throws as `compileSelector` does, which is quicker for many objects. */
export function matchesSelector(selector: string | LabelSelector, labels: Labels): boolean {
  return compileSelector(selector)(labels)
}

/** The selector as a policy carries it; null when it compares numbers, which policies cannot. */
export function selectorObject(text: string): LabelSelector | null {
  const requirements = parseText(text)
  if (requirements.some(({ operator }) => among(numeric, operator))) return null
  return {
    matchExpressions: requirements.map(({ key, operator, values }) => ({ key, operator, ...(values.length === 0 ? {} : { values }) })),
  }
}

function parseText(text: string): readonly Requirement[] {
  return text.trim() === '' ? [] : splitOutsideParentheses(text).map((part) => parseRequirement(part.trim(), text))
}

function parseObject(selector: LabelSelector): readonly Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({ key, operator: 'In', values: [value] }))
  return [...equal, ...(selector.matchExpressions ?? [])].map(({ key, operator, values = [] }) => {
    const what = `${key} ${operator}`
    const known = [...unary, ...setBased].find((name) => name === operator)
    if (known === undefined) throw malformed(what, `\`${operator}\` is no operator; allowed: In, NotIn, Exists, DoesNotExist`)
    return checked({ key, operator: known, values }, what)
  })
}

function splitOutsideParentheses(text: string): readonly string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '(') depth++
    else if (char === ')') depth--
    else if (char === ',' && depth === 0) {
      parts.push(text.slice(start, at))
      start = at + 1
    }
  }
  return [...parts, text.slice(start)]
}

function parseRequirement(part: string, text: string): Requirement {
  if (part === '') throw malformed(text, 'there is nothing before or after a comma')
  const [, negated, key = '', rest = ''] = /^(!?)\s*([^\s!=<>(),]*)\s*(.*)$/s.exec(part) ?? []
  if (key === '') throw malformed(text, `\`${part}\` does not start with a label's key`)
  if (negated === '!') {
    if (rest !== '') throw malformed(text, `\`${part}\` says more than that the label is absent`)
    return checked({ key, operator: 'DoesNotExist', values: [] }, text)
  }
  if (rest === '') return checked({ key, operator: 'Exists', values: [] }, text)
  const [, symbol = '', single, list] = /^(?:(==|=|!=|>|<)\s*([^\s!=<>(),]*)|(?:in|notin)\s*\(([^()]*)\))$/.exec(rest) ?? []
  const operator = inSymbols[symbol === '' ? (/^(?:not)?in/.exec(rest)?.[0] ?? '') : symbol]
  const values = list === undefined ? single : list
  if (operator === undefined || values === undefined) {
    throw malformed(text, `\`${part}\` is none of: key=value, key!=value, key in (a,b), key notin (a,b), key, !key, key>1, key<1`)
  }
  if (list?.trim() === '') throw malformed(text, `\`${part}\` names no value`)
  return checked({ key, operator, values: list === undefined ? [values] : list.split(',').map((value) => value.trim()) }, text)
}

function checked(requirement: Requirement, text: string): Requirement {
  const { key, operator, values } = requirement
  const [name = '', prefix, ...more] = key.split('/').reverse()
  if (name === '' || !labelValuePattern.test(name) || (prefix !== undefined && !subdomainPattern.test(prefix)) || more.length > 0) {
    throw malformed(text, `\`${key}\` is not a label's key: [prefix/]name, the name of 1 to 63 letters, digits, "-", "_" or "."`)
  }
  if (among(unary, operator) !== (values.length === 0))
    throw malformed(text, `\`${operator}\` takes ${among(unary, operator) ? 'no' : 'at least one'} value`)
  const wrong = values.find((value) => !(among(numeric, operator) ? /^-?\d{1,15}$/ : labelValuePattern).test(value))
  if (wrong !== undefined) {
    const allowed = among(numeric, operator)
      ? 'a whole number'
      : 'at most 63 letters, digits, "-", "_" or ".", starting and ending with a letter or digit'
    throw malformed(text, `\`${wrong}\` is not a value for \`${key}\`: ${allowed}`)
  }
  return requirement
}

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined
  if (operator === 'Exists') return value !== undefined
  if (operator === 'DoesNotExist') return value === undefined
  if (operator === 'In') return value !== undefined && values.includes(value)
  if (operator === 'NotIn') return value === undefined || !values.includes(value)
  if (value === undefined || !/^-?\d+$/.test(value)) return false
  return operator === 'Gt' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0])
}

function among(operators: readonly Operator[], operator: Operator): boolean {
  return operators.includes(operator)
}

function malformed(text: string, why: string): FaultlineError {
  return new FaultlineError('bad_input', `label selector \`${text}\`: ${why}`)
}
