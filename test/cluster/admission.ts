import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AuthenticationV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  loadAllYaml,
  PatchStrategy,
} from '@kubernetes/client-node'
import { type Abuse, abuses } from '../deploy/admission/abuses.ts'
import type { Options } from './options.ts'

/** deploy/admission, in force for the namespaces of the scenarios. */
export interface Admission {
  /** A policy is in force some moments after it was made: the first and the last of them are looked at. */
  holds(): Promise<boolean>
  /** Tries every abuse by a dry run; those that were not refused by the policy that should refuse them. */
  wronglyAdmitted(pod: string, node: string): Promise<{ readonly tried: number; readonly wrong: readonly string[] }>
  close(): Promise<void>
}

interface Names {
  readonly namespace: string
  readonly injectors: string
}

interface Policy extends KubernetesObject {
  spec: { policyName?: string; matchResources?: object; variables?: { name: string; expression: string }[] }
}

/**
 * Applies the policies with names of this run, for its own namespaces and accounts only. Scenarios that need more than the driver's account
 * run as the administrator, who may mark objects, too; the stranger is an account that may do anything in these namespaces.
 */
export async function applyAdmission(options: Options, names: Names): Promise<Admission> {
  const objects = KubernetesObjectApi.makeApiClient(configAs(options, null))
  const made: KubernetesObject[] = []
  const close = async () => {
    for (const object of made.toReversed()) await objects.delete(object).catch(() => undefined)
  }
  try {
    const { status } = await configAs(options, null).makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} })
    const administrator = status?.userInfo?.username ?? ''
    for (const manifest of [...strangers(names), ...manifests(names, administrator)]) made.push(await objects.create(manifest))
  } catch (error) {
    await close()
    throw error
  }
  const ends = [abuses.at(0), abuses.at(-1)].filter((abuse) => abuse !== undefined)
  return {
    async holds() {
      const answers = await Promise.all(ends.map((abuse) => attempt(options, names, { abuse })))
      return answers.every((why) => why === null)
    },
    async wronglyAdmitted(pod, node) {
      const wrong: string[] = []
      for (const abuse of abuses) {
        const why = await attempt(options, names, { abuse, pod, node })
        if (why !== null) wrong.push(`${abuse.name}: ${why}`)
      }
      return { tried: abuses.length, wrong }
    },
    close,
  }
}

/** Policies have names of the cluster, so each run has its own, and leaves the objects of others alone. */
function manifests(names: Names, administrator: string): readonly KubernetesObject[] {
  const text = readFileSync(join(import.meta.dirname, '..', '..', 'deploy', 'admission', 'policies.yaml'), 'utf8')
  const own = (name: string) => `${name}-${names.injectors}`
  return (loadAllYaml(placed(text, names)) as Policy[]).map(({ spec, metadata, ...policy }) => ({
    ...policy,
    metadata: { ...metadata, name: own(metadata?.name ?? '') },
    spec:
      spec.policyName === undefined
        ? { ...spec, variables: (spec.variables ?? []).map((one) => (one.name === 'isDriver' ? alsoBy(administrator, one) : one)) }
        : { ...spec, policyName: own(spec.policyName), matchResources: { namespaceSelector: { matchExpressions: [inOurs(names)] } } },
  }))
}

const alsoBy = (name: string, variable: { name: string; expression: string }) => ({
  ...variable,
  expression: `${variable.expression} || request.userInfo.username == '${name}'`,
})

function strangers({ namespace, injectors }: Names): readonly KubernetesObject[] {
  const account = { kind: 'ServiceAccount', name: 'stranger', namespace }
  const bound = (place: string) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'stranger', namespace: place },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [account],
  })
  return [{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'stranger', namespace } }, ...[namespace, injectors].map(bound)]
}

const inOurs = ({ namespace, injectors }: Names) => ({ key: 'kubernetes.io/metadata.name', operator: 'In', values: [namespace, injectors] })

const placed = (text: string, { namespace, injectors }: Names) =>
  text.replaceAll('faultline-injectors', injectors).replaceAll('jadevectordb-system', namespace)

/** Null where the policy refused it; else what happened. */
async function attempt(
  options: Options,
  names: Names,
  { abuse, pod = 'none', node = 'none' }: { readonly abuse: Abuse; readonly pod?: string; readonly node?: string },
): Promise<string | null> {
  const users: Readonly<Record<string, string>> = {
    driver: `${names.injectors}:faultline`,
    'cordon-fuse': `${names.injectors}:faultline-cordon-fuse`,
    stranger: `${names.namespace}:stranger`,
  }
  const objects = KubernetesObjectApi.makeApiClient(configAs(options, `system:serviceaccount:${users[abuse.who]}`))
  try {
    if (abuse.create !== undefined) {
      await objects.create(JSON.parse(placed(JSON.stringify(abuse.create), names)) as KubernetesObject, undefined, 'All')
    } else {
      const isPod = abuse.patch?.kind === 'Pod'
      const place = isPod ? { name: pod, namespace: names.namespace } : { name: node }
      const { metadata, ...change } = JSON.parse(JSON.stringify(abuse.patch?.change).replaceAll('"main"', '"server"'))
      const body = { apiVersion: 'v1', kind: abuse.patch?.kind, ...change, metadata: { ...metadata, ...place } }
      await objects.patch(body as KubernetesObject, undefined, 'All', undefined, undefined, PatchStrategy.StrategicMergePatch)
    }
    return 'it was admitted'
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return said.includes(`ValidatingAdmissionPolicy '${abuse.refused}-${names.injectors}'`) ? null : said.slice(0, 300)
  }
}

/** The administrator's own configuration; `as` acts for another account. */
function configAs({ kubeconfig, context }: Options, as: string | null): KubeConfig {
  const config = new KubeConfig()
  config.loadFromFile(kubeconfig)
  if (context !== undefined) config.setCurrentContext(context)
  const user = config.getCurrentUser()
  if (as !== null && user !== null) Object.assign(user, { impersonateUser: as })
  return config
}
