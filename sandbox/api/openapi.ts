import { apiVersionOf, type Resource, resources } from '../resources.ts'
import type { Dict } from '../wire.ts'
import { groupVersions, versionInfo } from './discovery.ts'

const info = { title: 'Faultline sandbox (simulated Kubernetes)', version: versionInfo.gitVersion }

function pathOf(groupVersion: string): string {
  return groupVersion.includes('/') ? `apis/${groupVersion}` : `api/${groupVersion}`
}

function itemPath(one: Resource): string {
  const scope = one.namespaced ? '/namespaces/{namespace}' : ''
  return `/${pathOf(apiVersionOf(one))}${scope}/${one.plural}/{name}`
}

function gvk(one: Resource): Dict {
  return { group: one.group, kind: one.kind, version: one.version }
}

function patchOperation(one: Resource): Dict {
  const parameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({ name, in: 'query', schema: { type: 'string' } }))
  return {
    patch: {
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': gvk(one),
      parameters,
      responses: { 200: { description: 'OK' } },
    },
  }
}

function schema(one: Resource): Dict {
  const field = (description: string) => ({ type: 'object', description })
  return {
    type: 'object',
    description: `${one.kind} of the simulated cluster: fields are stored as given; see https://kubernetes.io/docs/reference/ for their meaning.`,
    properties: {
      apiVersion: { type: 'string', description: 'The version of this representation.' },
      kind: { type: 'string', description: 'The REST resource this object represents.' },
      metadata: field('Standard object metadata.'),
      spec: field('What is wanted.'),
      status: field('What is observed.'),
    },
    'x-kubernetes-group-version-kind': [gvk(one)],
  }
}

function schemaName(one: Resource): string {
  return `io.k8s.sandbox.${one.group || 'core'}.${one.version}.${one.kind}`
}

function documentOf(groupVersion: string): Dict {
  const own = resources.filter((one) => apiVersionOf(one) === groupVersion)
  return {
    openapi: '3.0.0',
    info,
    paths: Object.fromEntries(own.map((one) => [itemPath(one), patchOperation(one)])),
    components: { schemas: Object.fromEntries(own.map((one) => [schemaName(one), schema(one)])) },
  }
}

/** Just enough OpenAPI v3 that kubectl leaves validation to the server and `explain` has something to say. */
export function openapiFor(path: string): Dict | undefined {
  if (path === '/openapi/v3') {
    const entry = (groupVersion: string) => [
      pathOf(groupVersion),
      { serverRelativeURL: `/openapi/v3/${pathOf(groupVersion)}?hash=sandbox` },
    ]
    return { paths: Object.fromEntries(groupVersions.map(entry)) }
  }
  const wanted = groupVersions.find((one) => path === `/openapi/v3/${pathOf(one)}`)
  return wanted === undefined ? undefined : documentOf(wanted)
}

/** The v2 document, in JSON only. */
export function openapiV2(): Dict {
  return { swagger: '2.0', info, paths: {}, definitions: Object.fromEntries(resources.map((one) => [schemaName(one), schema(one)])) }
}
