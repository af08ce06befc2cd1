import { readFileSync } from 'node:fs'
import { Environment } from '@marcbachmann/cel-js'
import { parseAllDocuments } from 'yaml'

interface Expression {
  readonly expression: string
}

interface Policy {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly policyName?: string
    readonly validationActions?: readonly string[]
    readonly failurePolicy?: string
    readonly matchConstraints: {
      readonly resourceRules: readonly {
        readonly apiGroups: readonly string[]
        readonly apiVersions: readonly string[]
        readonly operations: readonly string[]
        readonly resources: readonly string[]
      }[]
    }
    readonly matchConditions?: readonly Expression[]
    readonly variables?: readonly (Expression & { readonly name: string })[]
    readonly validations: readonly (Expression & { readonly message: string })[]
  }
}

/** An object as admission sees it; any depth of any object. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export interface Attempt {
  readonly who: Who
  readonly object: Manifest
  /** Of an update: what was there. */
  readonly before?: Manifest
  /** What an owner put into the policies' variable of that name. */
  readonly workImages?: readonly string[]
}

/** Accounts as `deploy/rbac.yaml` binds them, one that is in the group only, one of neither, and Kubernetes' own. */
const accounts = {
  driver: { username: 'system:serviceaccount:faultline-injectors:faultline', groups: ['system:serviceaccounts'] },
  'driver-by-group': { username: 'ann', groups: ['faultline'] },
  'cordon-fuse': { username: 'system:serviceaccount:faultline-injectors:faultline-cordon-fuse', groups: ['system:serviceaccounts'] },
  stranger: { username: 'mallory', groups: ['system:authenticated'] },
  'job-controller': { username: 'system:serviceaccount:kube-system:job-controller', groups: ['system:serviceaccounts:kube-system'] },
} as const
export type Who = keyof typeof accounts

const documents = parseAllDocuments(readFileSync('deploy/admission/policies.yaml', 'utf8')).map((document) => document.toJS() as Policy)
export const policies = documents.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy')
export const bindings = documents.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding')

const environment = new Environment({ unlistedVariablesAreDyn: true })

/** What the policies say against it: `policy: message` each. An expression that cannot be evaluated throws, where the API server refuses. */
export function judge({ who, object, before, workImages }: Attempt): readonly string[] {
  const { namespace } = object.metadata
  const context = {
    object: asCel(object),
    oldObject: asCel(before ?? null),
    request: asCel({ userInfo: accounts[who], ...(namespace === undefined ? {} : { namespace }) }),
  }
  return policies.filter((policy) => concerns(policy, object, before)).flatMap((policy) => judgedBy(policy, context, workImages))
}

function concerns({ spec }: Policy, { apiVersion, kind }: Manifest, before: Manifest | undefined): boolean {
  const [version = '', group = ''] = apiVersion.split('/').toReversed()
  const resource = kind === 'NetworkPolicy' ? 'networkpolicies' : `${kind.toLowerCase()}s`
  const operation = before === undefined ? 'CREATE' : 'UPDATE'
  return spec.matchConstraints.resourceRules.some(
    (rule) =>
      rule.apiGroups.includes(group) &&
      rule.apiVersions.includes(version) &&
      rule.resources.includes(resource) &&
      rule.operations.includes(operation),
  )
}

function judgedBy({ metadata, spec }: Policy, context: object, workImages: readonly string[] | undefined): readonly string[] {
  const holds = ({ expression }: Expression, variables: object) => environment.evaluate(expression, { ...context, variables }) === true
  if (!(spec.matchConditions ?? []).every((condition) => holds(condition, {}))) return []
  const variables: Record<string, unknown> = {}
  for (const { name, expression } of spec.variables ?? [])
    variables[name] =
      name === 'workImages' && workImages !== undefined ? workImages : environment.evaluate(expression, { ...context, variables })
  return spec.validations.filter((one) => !holds(one, variables)).map(({ message }) => `${metadata.name}: ${message}`)
}

/** CEL tells whole numbers from others. */
function asCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(asCel)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asCel(inner)]))
}
