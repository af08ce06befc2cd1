import * as z from 'zod'
import { compileSelector, subdomainPattern } from '../domain/label-selector.ts'
import { mostTargets } from '../domain/suite.ts'
import { printable } from '../domain/text.ts'
import { nearest, quote } from './did-you-mean.ts'
import { strict, textOf } from './strict-object.ts'

const podNameForm = 'the name of a pod (lower case letters, digits, "-" and ".", at most 253)'
/** What most pods belong to. Of any other kind (a Rollout, an operator's resource) is what stands in the chain of their owners. */
const ownerKinds = ['deployment', 'statefulset', 'replicaset', 'daemonset', 'job']
const ownerShort: Readonly<Record<string, string>> = { deploy: 'deployment', sts: 'statefulset', rs: 'replicaset', ds: 'daemonset' }
const kindPattern = /^[a-z][a-z0-9]{0,62}(\.[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$/

const namesList = z.array(textOf(subdomainPattern, podNameForm)).min(1).max(mostTargets)
const namesText = z
  .string()
  .refine((text) => namesProblem(text) === undefined, { error: (issue) => namesProblem(String(issue.input)) })
  .meta({ pattern: '^\\s*[a-z0-9][-a-z0-9.]*(\\s*,\\s*[a-z0-9][-a-z0-9.]*)*\\s*$' })

/** Names of pods in both spellings. */
export const podNames = z.union([namesList, namesText])

/** A label selector that takes something less than everything. */
export const selectorText = z
  .string()
  .refine((text) => selectorProblem(text) === undefined, { error: (issue) => selectorProblem(String(issue.input)) })
  .meta({ pattern: '\\S', description: 'Kubernetes label selector, e.g. `app=jadevectordb,tier in (data,query)`.' })

const owner = z
  .string()
  .refine((text) => ownerProblem(text) === undefined, { error: (issue) => ownerProblem(String(issue.input)) })
  .meta({ pattern: '^[a-z][a-z0-9]{0,62}(\\.[a-z0-9][-a-z0-9.]{0,252})?/[a-z0-9][-a-z0-9.]{0,252}$' })

/** The conditions of `targets`. */
export const targetConditions = strict({
  names: podNames
    .optional()
    .describe('Names of pods: a list, or a comma-separated text. All of them, unless `percent` or `count` says less.'),
  selector: selectorText.optional().describe("Label selector; replaces the suite's `selector` for this step."),
  owner: owner
    .optional()
    .describe('Controller of the pods, or one above it: `deployment/NAME`, or any `kind/NAME` or `kind.group/NAME`, e.g. `rollout/NAME`.'),
  zone: textOf(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/, 'a zone (at most 63 letters, digits, "-", "_" and ".")')
    .optional()
    .describe("Value of the node's label `topology.kubernetes.io/zone`."),
  node: textOf(subdomainPattern, 'the name of a node (lower case letters, digits, "-" and ".")')
    .optional()
    .describe('Name of the node the pods run on.'),
  nodeSelector: selectorText
    .optional()
    .describe('Label selector of the nodes, e.g. `pool=spot`: pods that run on them, or for node-drain the nodes themselves.'),
  percent: z
    .number()
    .gt(0)
    .max(100)
    .optional()
    .describe('How many of the candidates, in percent; at least one. Not together with `count`.'),
  count: z.int().min(1).max(mostTargets).optional().describe('How many of the candidates. Not together with `percent`.'),
}).describe('All conditions hold together; `percent` or `count` then say how many are taken. For node-drain they count nodes.')

/** Who a step may hit, in any of the three spellings. */
export const targets = z
  .union([namesList, namesText, targetConditions])
  .describe('Who may be hit: pod names (a list, or comma-separated), or an object of conditions.')

/** The single names of either spelling. */
export function splitNames(names: string | readonly string[]): readonly string[] {
  return typeof names === 'string' ? names.split(',').map((name) => name.trim()) : names
}

function namesProblem(text: string): string | undefined {
  const names = splitNames(text)
  if (text.trim() === '') return `${quote(text)} names no pod; expected pod names, comma-separated`
  if (names.includes('')) return `${quote(text)} has an empty name beside a comma`
  if (names.length > mostTargets) return `${names.length} names; allowed: at most ${mostTargets}`
  const wrong = names.find((name) => !subdomainPattern.test(name))
  return wrong === undefined ? undefined : `${quote(wrong)} is not ${podNameForm}`
}

function selectorProblem(text: string): string | undefined {
  if (text.trim() === '') return `${quote(text)} would take every pod of the namespace; expected a label selector, e.g. app=jadevectordb`
  if (text.length > 2000) return `${text.length} characters; allowed: at most 2000`
  try {
    compileSelector(text)
    return undefined
  } catch (error) {
    if (error instanceof Error) return printable(error.message)
    throw error
  }
}

/** Known kinds misspelt. One of another kind is known by its group, or by being unlike them. */
function ownerKindMeant(kind: string): string | undefined {
  if (ownerKinds.includes(kind) || kind.includes('.')) return undefined
  if (Object.hasOwn(ownerShort, kind)) return ownerShort[kind]
  return ownerKinds.includes(kind.replace(/s$/, '')) ? kind.replace(/s$/, '') : nearest(kind, ownerKinds)
}

function ownerProblem(text: string): string | undefined {
  const [kind = '', name = '', ...more] = text.split('/')
  if (name === '' || more.length > 0) return `${quote(text)} is not kind/name of a controller, e.g. deployment/jadevectordb`
  const meant = ownerKindMeant(kind)
  if (meant !== undefined)
    return `${quote(text)}: did you mean ${quote(`${meant}/${name}`)}? Allowed: ${ownerKinds.join(', ')}, or any kind as kind.group`
  if (!kindPattern.test(kind))
    return `${quote(kind)} is not the kind of a controller in lower case, e.g. deployment, rollout or rollout.argoproj.io`
  return subdomainPattern.test(name)
    ? undefined
    : `${quote(name)} is not the name of a ${kind} (lower case letters, digits, "-" and ".", at most 253)`
}
