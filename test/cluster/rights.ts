import type { Access } from '../../lib/ports.ts'

const anything: readonly (readonly [string, string, string, string?])[] = [
  ['get', '', 'secrets'],
  ['list', '', 'secrets'],
  ['get', '', 'configmaps'],
  ['create', '', 'pods'],
  ['create', '', 'pods', 'exec'],
  ['get', '', 'pods', 'exec'],
  ['create', '', 'pods', 'attach'],
  ['create', '', 'pods', 'portforward'],
  ['patch', '', 'pods', 'ephemeralcontainers'],
  ['create', '', 'serviceaccounts', 'token'],
  ['impersonate', '', 'users'],
  ['delete', '', 'nodes'],
  ['get', '', 'nodes', 'proxy'],
  ['delete', '', 'namespaces'],
  ['patch', '', 'namespaces'],
  ['delete', 'apps', 'deployments'],
  ['patch', 'apps', 'deployments'],
  ['create', 'apps', 'daemonsets'],
  ['create', 'rbac.authorization.k8s.io', 'rolebindings'],
  ['escalate', 'rbac.authorization.k8s.io', 'clusterroles'],
  ['patch', 'admissionregistration.k8s.io', 'validatingwebhookconfigurations'],
]

/** What a driver must never be allowed to do, in a namespace or in all of them. */
export function forbiddenAccess(at: { readonly namespace?: string }): readonly Access[] {
  return anything.map(([verb, group, resource, subresource]) => ({
    verb,
    group,
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...at,
  }))
}

/** What it may do where it attacks or keeps its injectors, and nowhere else. */
export const onlyAtHome: readonly Access[] = (
  [
    ['create', 'batch', 'jobs'],
    ['delete', 'batch', 'jobs'],
    ['delete', '', 'pods'],
    ['patch', '', 'pods'],
    ['create', 'networking.k8s.io', 'networkpolicies'],
  ] as const
).map(([verb, group, resource]) => ({ verb, group, resource, namespace: 'kube-system' }))
