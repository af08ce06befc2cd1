import { type Cause, invalid } from '../api/status.ts'
import type { Job } from '../kinds.ts'
import { sameJson } from '../plain.ts'
import type { Resource } from '../resources.ts'
import type { KubeObject, LabelSelector, Labels, PodSpec, PodTemplate } from '../wire.ts'

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const serviceName = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const labelName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/

const subdomainHelp = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`
const dnsLabelHelp = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`
const labelHelp = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')`
const keyHelp = `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`

const wrong = (field: string, value: unknown, why: string): Cause => ({
  reason: 'FieldValueInvalid',
  message: `Invalid value: ${JSON.stringify(value)}: ${why}`,
  field,
})
const missing = (field: string, why = ''): Cause => ({ reason: 'FieldValueRequired', message: `Required value${why}`, field })

function checkName(object: KubeObject): Cause[] {
  const { name } = object.metadata
  if (!name) return [missing('metadata.name', ': name or generateName is required')]
  if (['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].includes(object.kind)) return []
  const short = object.kind === 'Namespace' || object.kind === 'Service'
  const limit = short ? 63 : 253
  if (name.length > limit) return [wrong('metadata.name', name, `must be no more than ${limit} characters`)]
  if (object.kind === 'Service' && !serviceName.test(name))
    return [wrong('metadata.name', name, 'a DNS-1035 label must start with an alphabetic character')]
  if (short) return dnsLabel.test(name) ? [] : [wrong('metadata.name', name, dnsLabelHelp)]
  return subdomain.test(name) ? [] : [wrong('metadata.name', name, subdomainHelp)]
}

function checkKey(field: string, key: string): Cause[] {
  const [name = '', prefix, more] = key.split('/').reverse()
  if (more !== undefined || !labelName.test(name)) return [wrong(field, key, keyHelp)]
  if (name.length > 63) return [wrong(field, key, 'name part must be no more than 63 characters')]
  return prefix === undefined || subdomain.test(prefix) ? [] : [wrong(field, key, `prefix part ${subdomainHelp}`)]
}

function checkLabels(field: string, labels: Labels | undefined): Cause[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => {
    const causes = checkKey(field, key)
    if (value.length > 63) causes.push(wrong(field, value, 'must be no more than 63 characters'))
    if (!labelValue.test(value)) causes.push(wrong(field, value, labelHelp))
    return causes
  })
}

function checkPodSpec(field: string, spec: PodSpec | undefined): Cause[] {
  if (spec?.containers === undefined || spec.containers.length === 0) return [missing(`${field}.containers`)]
  return spec.containers.flatMap((container, index) => {
    const at = `${field}.containers[${index}]`
    const causes: Cause[] = []
    if (!container.name) causes.push(missing(`${at}.name`))
    else if (!dnsLabel.test(container.name)) causes.push(wrong(`${at}.name`, container.name, dnsLabelHelp))
    if (!container.image) causes.push(missing(`${at}.image`))
    return causes
  })
}

interface Templated {
  replicas?: number
  selector?: LabelSelector
  template?: PodTemplate
}

function checkTemplated(object: KubeObject): Cause[] {
  const spec = object.spec as Templated
  const causes = checkPodSpec('spec.template.spec', spec.template?.spec)
  if ((spec.replicas ?? 0) < 0) causes.push(wrong('spec.replicas', spec.replicas, 'must be greater than or equal to 0'))
  const labels = spec.template?.metadata?.labels ?? {}
  causes.push(...checkLabels('spec.template.labels', labels))
  if (spec.selector === undefined) return [...causes, missing('spec.selector')]
  const fits = Object.entries(spec.selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  if (!fits) causes.push(wrong('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'))
  return causes
}

function checkJob(object: KubeObject): Cause[] {
  const { spec } = object as Job
  const causes = checkPodSpec('spec.template.spec', spec.template?.spec)
  for (const field of ['parallelism', 'completions', 'backoffLimit', 'activeDeadlineSeconds', 'ttlSecondsAfterFinished'] as const) {
    const value = spec[field]
    if (value !== undefined && value < 0) causes.push(wrong(`spec.${field}`, value, 'must be greater than or equal to 0'))
  }
  const restart = spec.template?.spec?.restartPolicy
  if (restart !== 'Never' && restart !== 'OnFailure') {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Required value: valid values: "OnFailure", "Never"`,
      field: 'spec.template.spec.restartPolicy',
    })
  }
  return causes
}

const byKind: Record<string, (object: KubeObject) => Cause[]> = {
  Pod: (object) => checkPodSpec('spec', object.spec as PodSpec),
  Deployment: checkTemplated,
  ReplicaSet: checkTemplated,
  StatefulSet: checkTemplated,
  DaemonSet: checkTemplated,
  Job: checkJob,
}

/** Fields that never change once written, per kind, as dotted paths. */
const frozenFields: Record<string, readonly string[]> = {
  Job: ['spec.template', 'spec.selector', 'spec.completions'],
  Deployment: ['spec.selector'],
  ReplicaSet: ['spec.selector'],
  DaemonSet: ['spec.selector'],
  StatefulSet: ['spec.selector', 'spec.serviceName'],
  Pod: ['spec.hostPID', 'spec.hostNetwork', 'spec.restartPolicy'],
}

function valueAt(object: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object)
}

function checkImmutable(before: KubeObject, after: KubeObject): Cause[] {
  const suspended = before.kind === 'Job' && (before as Job).spec.suspend === true
  return (frozenFields[before.kind] ?? [])
    .filter((path) => !(suspended && path === 'spec.template'))
    .filter((path) => !sameJson(valueAt(before, path), valueAt(after, path)))
    .map((path) => ({ reason: 'FieldValueInvalid', message: `Invalid value: field is immutable`, field: path }))
}

/** Throws 422 with every cause when a draft could not be stored on a real cluster. */
export function validate(resource: Resource, draft: KubeObject, before?: KubeObject): void {
  const { labels, annotations, ownerReferences = [] } = draft.metadata
  const causes = [
    ...checkName(draft),
    ...checkLabels('metadata.labels', labels),
    ...Object.keys(annotations ?? {}).flatMap((key) => checkKey('metadata.annotations', key)),
    ...ownerReferences.filter((owner) => !owner.uid).map(() => missing('metadata.ownerReferences.uid', ': uid must not be empty')),
    ...(byKind[draft.kind]?.(draft) ?? []),
    ...(before === undefined ? [] : checkImmutable(before, draft)),
  ]
  if (causes.length > 0) throw invalid(resource, draft.metadata.name, causes)
}
