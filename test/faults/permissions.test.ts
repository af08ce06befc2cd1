import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { loadAllYaml } from '@kubernetes/client-node'
import { pathOf } from '../../lib/adapters/kubernetes/paths.ts'
import { helpfulAccess } from '../../lib/doctor/cluster/access-checks.ts'
import { chaosTools } from '../../lib/domain/other-chaos.ts'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import { faultName } from '../../lib/domain/suite.ts'
import { neededAccess } from '../../lib/faults/permissions.ts'
import type { Access } from '../../lib/ports.ts'
import { forbiddenAccess as forbidden } from '../cluster/rights.ts'
import { recordAccess } from '../support/access-log.ts'
import {
  crashloop,
  latency,
  memory,
  netfilter,
  nodeDrain,
  partition,
  podDelete,
  podKill,
  podPause,
  stepOf,
  suiteOf,
} from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

const namespace = 'jadevectordb-system'

/** Asked for where it may be, and done without where it is forbidden. */
const helpful: readonly string[] = [
  'list nodes in the cluster',
  `list replicasets.apps in ${namespace}`,
  `list resourcequotas in ${namespace}`,
  `list services in ${namespace}`,
  `get replicasets.apps in ${namespace}`,
  `get statefulsets.apps in ${namespace}`,
  `list poddisruptionbudgets.policy in ${namespace}`,
  // Events on what is hit are for people and exporters.
  `create events in ${namespace}`,
  `get events in ${namespace}`,
  `patch events in ${namespace}`,
  'create events in default',
  'get events in default',
  'patch events in default',
  // Ends an injector at once; its Job's end takes it away, too.
  'delete pods in faultline-injectors',
]

interface Rule {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
}
interface RoleManifest {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string }
  readonly rules?: readonly Rule[]
}

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const faults: readonly (readonly [string, FaultSpec])[] = [
  ['network-partition by policy', partition],
  ['network-partition by netfilter', netfilter],
  ['network-degradation', latency],
  ['pod-delete', podDelete],
  ['pod-kill', podKill],
  ['crashloop', crashloop],
  ['pod-pause', podPause],
  ['node-drain', nodeDrain],
  ['memory-exhaustion', memory],
]

describe('a run', () => {
  it.each(faults)('of %s calls nothing but what it asked for at its start and deploy/rbac.yaml grants', async (_, fault) => {
    const engine = world.engine()
    const used = recordAccess(world.sandbox)
    const run = await world.run(engine, suiteOf([stepOf(fault)]))
    expect(run.status).toBe('succeeded')
    expect(used.map(inWords)).toContain(`create jobs.batch in ${namespace}`)
    const needed = neededAccess([faultName(fault)], { namespace, config: engine.config }).map(inWords)
    expect(used.map(inWords).filter((call) => !needed.includes(call) && !helpful.includes(call))).toEqual([])
    expect(used.filter((access) => !isGranted(access)).map(inWords)).toEqual([])
  })
})

describe('the rights that a start asks for', () => {
  it.each(faults)('are all granted by deploy/rbac.yaml for %s', (_, fault) => {
    const needed = neededAccess([faultName(fault)], { namespace, config: world.engine().config })
    expect(needed.filter((access) => !isGranted(access)).map(inWords)).toEqual([])
  })

  it.each([
    ['read the ReplicaSets that bring deleted pods back', podDelete, { resource: 'replicasets', verb: 'get' }],
    ['list NetworkPolicies, which the closing look needs', podDelete, { resource: 'networkpolicies', verb: 'list' }],
    ['patch Jobs of the injectors', nodeDrain, { resource: 'jobs', verb: 'patch', namespace: 'faultline-injectors' }],
    ['list Pods of the injectors', podKill, { resource: 'pods', verb: 'list', namespace: 'faultline-injectors' }],
  ])('refuse a run that may not %s, before anything is touched', async (_, fault, scope) => {
    const before = world.footprint()
    world.sandbox.forbid(scope)
    const run = await world.run(world.engine(), suiteOf([stepOf(fault)]))
    expect(run).toMatchObject({ status: 'refused', refusals: [{ code: 'permission' }] })
    expect(world.footprint()).toEqual(before)
  })
})

describe('deploy/rbac.yaml', () => {
  it('grants nothing that reads secrets, gets into pods, or raises rights', () => {
    for (const namespace of [undefined, 'jadevectordb-system', 'faultline-injectors', 'kube-system']) {
      const at = namespace === undefined ? {} : { namespace }
      expect(forbidden(at).filter(isGranted).map(inWords)).toEqual([])
    }
  })

  it('lets the fuse of a cordon do nothing but look at nodes and patch them, and read its own Job', () => {
    const rules = roles.filter((role) => role.metadata.name === 'faultline-cordon-fuse').flatMap((role) => role.rules ?? [])
    expect(rules).toMatchObject([
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'patch'] },
      { apiGroups: ['batch'], resources: ['jobs'], verbs: ['get'] },
    ])
    expect(rules).toHaveLength(2)
  })

  it('grants what is looked at of other tools for chaos', () => {
    const looks = chaosTools.flatMap(({ apiVersion, group, kinds }) =>
      kinds.map((kind) => ({ verb: 'list', group, resource: pathOf({ apiVersion, kind }).split('/').at(-1) ?? '' })),
    )
    expect(looks.filter((access) => !isGranted(access)).map(inWords)).toEqual([])
  })

  it('grants what helps a run, and what doctor looks at', () => {
    expect(
      helpfulAccess({ namespace, config: world.engine().config })
        .filter((access) => !isGranted(access))
        .map(inWords),
    ).toEqual([])
  })

  it('grants nothing by a wildcard', () => {
    expect(roles.flatMap((role) => role.rules ?? []).flatMap((r) => [...r.apiGroups, ...r.resources, ...r.verbs])).not.toContain('*')
  })
})

const roles = loadAllYaml(readFileSync('deploy/rbac.yaml', 'utf8')) as unknown as readonly RoleManifest[]

/** Those that are bound to the driver. */
const driverRoles: readonly string[] = ['faultline', 'faultline-node-events']

function isGranted(access: Access): boolean {
  const resource = access.subresource === undefined ? access.resource : `${access.resource}/${access.subresource}`
  return roles
    .filter((role) => driverRoles.includes(role.metadata.name))
    .filter(({ kind, metadata }) => kind === 'ClusterRole' || (kind === 'Role' && metadata.namespace === access.namespace))
    .flatMap((role) => role.rules ?? [])
    .some((rule) => rule.apiGroups.includes(access.group) && rule.resources.includes(resource) && rule.verbs.includes(access.verb))
}

function inWords({ verb, group, resource, subresource, namespace: place }: Access): string {
  const what = [resource, ...(group === '' ? [] : [group])].join('.')
  return `${verb} ${what}${subresource === undefined ? '' : `/${subresource}`} in ${place ?? 'the cluster'}`
}
