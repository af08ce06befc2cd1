import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import { failed, type Outcome, ok, unknown, warning } from '../../domain/finding.ts'
import type { KubeObject } from '../../domain/kube.ts'
import { faultNames } from '../../domain/suite.ts'
import { neededAccess } from '../../faults/permissions.ts'

import type { Access } from '../../ports.ts'
import type { Check } from '../examine.ts'
import type { ClusterLook } from './cluster-look.ts'

/** Whether something that speaks Kubernetes answers at the address. */
export const reachability: Check<ClusterLook> = {
  what: 'the API server answers',
  needs: [],
  look: async ({ cluster, clusterName }) => {
    try {
      const groups = await cluster.groups?.()
      return [ok(`${clusterName ?? 'the API server'} answers${groups === undefined ? '' : ` and serves ${groups.length} API groups`}`)]
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error
      // 401 and 403 are answers, too: what they say is identity's matter.
      if (error.status === 401 || error.status === 403) return [ok(`it answers (${error.status})`)]
      if (error.status > 0)
        return [failed(`what answers is not an API server that works: ${error.message}`, 'kubectl get --raw /readyz?verbose')]
      const way = 'check address, proxy, VPN and firewall of this kubeconfig: kubectl cluster-info'
      return [failed(`it does not answer: ${error.message}`, way)]
    }
  },
}

interface SelfSubjectReview extends KubeObject {
  readonly status?: { readonly userInfo?: { readonly username?: string; readonly groups?: readonly string[] } }
}

/** Whom the API server takes the credentials for (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review). */
export const identity: Check<ClusterLook> = {
  what: 'who we are there',
  needs: ['reachability'],
  look: async ({ cluster }) => {
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: { name: 'faultline' } } as const
    try {
      const { status } = await cluster.objects.create<SelfSubjectReview>(review)
      const { username = '', groups = [] } = status?.userInfo ?? {}
      if (username === '') return [unknown('the API server does not say who we are', null)]
      if (username === 'system:anonymous') return [failed('the API server takes us for system:anonymous', signIn)]
      return [ok(`${username}${groups.length === 0 ? '' : `, of ${groups.join(', ')}`}`)]
    } catch (error) {
      if (!(error instanceof KubernetesError)) throw error
      if (error.status === 401) return [failed(`the credentials are expired or wrong: ${error.message}`, signIn)]
      if (error.code === 'not_found')
        return [unknown('the cluster is older than Kubernetes 1.28 and cannot say who we are', 'kubectl auth can-i --list')]
      return [unknown(`who we are cannot be asked: ${error.message}`, 'kubectl auth whoami')]
    }
  },
}

const signIn =
  'sign in anew, then try again: kubectl auth whoami (EKS: aws eks update-kubeconfig --name CLUSTER, and an access entry for the role)'

/** What only helps a run, and what only these checks need; deploy/rbac.yaml grants it, too. */
export function helpfulAccess({ namespace, config }: Pick<ClusterLook, 'namespace' | 'config'>): readonly Access[] {
  const of = (group: string, resource: string, verbs: readonly string[], where?: string) =>
    verbs.map((verb) => ({ verb, group, resource, ...(where === undefined ? {} : { namespace: where }) }))
  return [
    ...of('', 'pods', ['watch'], namespace),
    ...of('', 'resourcequotas', ['list'], namespace),
    ...of('', 'services', ['list'], namespace),
    ...of('', 'events', ['list', 'create', 'get', 'patch'], namespace),
    ...of('policy', 'poddisruptionbudgets', ['list'], namespace),
    ...of('', 'nodes', ['get', 'list']),
    ...of('batch', 'jobs', ['list']),
    ...of('networking.k8s.io', 'networkpolicies', ['create', 'delete'], config.injector.namespace),
    ...of('admissionregistration.k8s.io', 'validatingadmissionpolicies', ['list']),
    ...of('admissionregistration.k8s.io', 'validatingadmissionpolicybindings', ['list']),
    ...of('metrics.k8s.io', 'nodes', ['list']),
  ]
}

const mostNamed = 6

/** Every right that a fault needs, and those that only help. */
export const permissions: Check<ClusterLook> = {
  what: 'every right that runs need',
  needs: ['identity'],
  look: async (look) => {
    const needed = neededAccess(faultNames, look)
    const helpful = helpfulAccess(look).filter((one) => !needed.some((other) => JSON.stringify(other) === JSON.stringify(one)))
    const answers = await look.cluster.pods.can([...needed, ...helpful])
    const lacking = (asked: readonly Access[], from: number) => asked.filter((_, i) => answers[from + i] !== true)
    const missing = lacking(needed, 0)
    const missed = lacking(helpful, needed.length)
    const outcomes: Outcome[] = []
    if (missing.length > 0)
      outcomes.push(failed(`${missing.length} of ${needed.length} that runs need are missing: ${named(missing)}`, grant(look)))
    if (missed.length > 0)
      outcomes.push(warning(`${missed.length} of ${helpful.length} that help are missing: ${named(missed)}`, grant(look)))
    return outcomes.length > 0 ? outcomes : [ok(`all ${needed.length} that runs need, and ${helpful.length} that help`)]
  },
}

const grant = ({ namespace }: Pick<ClusterLook, 'namespace'>) =>
  `kubectl apply -f deploy/rbac.yaml (its Role for the targets in namespace ${namespace}, its groups and accounts yours)`

function named(accesses: readonly Access[]): string {
  const names = accesses.map(({ verb, resource, subresource, namespace }) => {
    const what = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`
    return namespace === undefined ? what : `${what} in ${namespace}`
  })
  const more = names.length - mostNamed
  return `${names.slice(0, mostNamed).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

/** As a check's answer, for what rights do not reach to or what is not there; other errors are not its matter. */
export function notAllowed(error: unknown, what: string): readonly Outcome[] {
  if (!(error instanceof FaultlineError && ['forbidden', 'not_found'].includes(error.code))) throw error
  return [unknown(`${what}: ${error.message}`, 'kubectl apply -f deploy/rbac.yaml (an administrator)')]
}
