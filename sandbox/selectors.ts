import { badRequest } from './api/status.ts'
import type { KubeObject, LabelSelector, Labels } from './wire.ts'

/** True when an object's labels satisfy a selector as controllers and policies carry it; an empty one matches all. */
export function matchesSelector(selector: LabelSelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return false
  const have = labels ?? {}
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (have[key] !== value) return false
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = have[key]
    if (operator === 'Exists') return value !== undefined
    if (operator === 'DoesNotExist') return value === undefined
    const within = value !== undefined && values.includes(value)
    return operator === 'In' ? within : !within
  })
}

export const matchesLabels = (wanted: Labels | undefined, labels: Labels | undefined): boolean =>
  wanted !== undefined && matchesSelector({ matchLabels: wanted }, labels)

const setBased = /^(\S+?)\s+(in|notin)\s*\(([^)]*)\)$/
const equality = /^([^\s!=]+)\s*(==|=|!=)\s*(\S*)$/
const existence = /^(!?)\s*([^\s!=(),]+)$/

function parseRequirement(text: string): (labels: Labels) => boolean {
  const set = setBased.exec(text)
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim())
    const key = set[1] ?? ''
    return set[2] === 'in'
      ? (labels) => labels[key] !== undefined && values.includes(labels[key])
      : (labels) => labels[key] === undefined || !values.includes(labels[key])
  }
  const equal = equality.exec(text)
  if (equal !== null) {
    const [, key = '', operator, value = ''] = equal
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value
  }
  const exists = existence.exec(text)
  if (exists === null) throw badRequest(`unable to parse requirement: found '${text}', expected: '=', '!=', '==', 'in', notin'`)
  const key = exists[2] ?? ''
  return exists[1] === '!' ? (labels) => labels[key] === undefined : (labels) => labels[key] !== undefined
}

/** Parses a `labelSelector` query parameter; throws 400 when it makes no sense. */
export function parseLabelSelector(text: string): (object: KubeObject) => boolean {
  const parts = text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
  const requirements = parts.map(parseRequirement)
  return (object) => requirements.every((holds) => holds(object.metadata.labels ?? {}))
}

const fieldsOfAll = ['metadata.name', 'metadata.namespace']
const fieldsOf: Record<string, readonly string[]> = {
  pods: ['spec.nodeName', 'status.phase', 'spec.restartPolicy', 'spec.schedulerName', 'spec.serviceAccountName', 'status.podIP'],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  jobs: ['status.successful'],
  secrets: ['type'],
  events: [
    'involvedObject.kind',
    'involvedObject.namespace',
    'involvedObject.name',
    'involvedObject.uid',
    'involvedObject.apiVersion',
    'involvedObject.resourceVersion',
    'involvedObject.fieldPath',
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
}

function fieldValue(object: KubeObject, path: string): string {
  let value: unknown = object
  for (const part of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[part]
  if (path === 'spec.unschedulable') return String(value ?? false)
  return value === undefined || value === null ? '' : String(value)
}

/** Parses a `fieldSelector` query parameter; throws 400 for a field the real resource does not support. */
export function parseFieldSelector(plural: string, text: string): (object: KubeObject) => boolean {
  const supported = [...fieldsOfAll, ...(fieldsOf[plural] ?? [])]
  const requirements = text
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part) => {
      const [, field = '', operator, wanted = ''] = /^\s*([^!=\s]+)\s*(==|=|!=)\s*(.*?)\s*$/.exec(part) ?? []
      if (operator === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`)
      if (!supported.includes(field)) throw badRequest(`field label not supported: ${field}`)
      return (object: KubeObject) => (fieldValue(object, field) === wanted) === (operator !== '!=')
    })
  return (object) => requirements.every((holds) => holds(object))
}
