import { describe, expect, it } from '@jest/globals'
import { FaultlineError, KubernetesError } from '../../../lib/domain/errors.ts'
import type { Inventory } from '../../../lib/domain/inventory.ts'
import type { KubeObject, ObjectRef, OwnerReference, Pod } from '../../../lib/domain/kube.ts'
import { withHints } from '../../../lib/engine/acts/near-misses.ts'
import { climbOwners } from '../../../lib/engine/acts/owner-chains.ts'
import type { Cluster } from '../../../lib/ports.ts'
import { anyPod } from '../../support/suites.ts'

const ref = (kind: string, name: string, apiVersion = 'example.org/v1'): OwnerReference => ({
  apiVersion,
  kind,
  name,
  uid: `uid-${name}`,
  controller: true,
})
const set = ref('StatefulSet', 'db', 'apps/v1')
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'db-0', uid: 'pod-1', labels: { app: 'jadevectordb' }, ownerReferences: [set] },
  spec: { containers: [] },
}
const inventory: Inventory = { namespace: 'ns', pods: [pod], nodes: [], parents: new Map() }

/** Objects by `Kind/name` and their controllers; an error is thrown, and anything else is not there. */
function climb(wanted: readonly string[], objects: Readonly<Record<string, OwnerReference | Error>>, from = inventory) {
  const asked: string[] = []
  const get = async ({ kind, name, apiVersion }: ObjectRef): Promise<KubeObject | undefined> => {
    asked.push(`${kind}/${name}`)
    const above = objects[`${kind}/${name}`]
    if (above instanceof Error) throw above
    return above === undefined ? undefined : { apiVersion, kind, metadata: { name, ownerReferences: [above] } }
  }
  const cluster = { objects: { get } } as unknown as Cluster
  return climbOwners({ cluster, namespace: 'ns' }, from, wanted).then((found) => ({ ...found, asked }))
}

describe('owners above those that lists tell of', () => {
  it('are read up to the one that a step names, and no further', async () => {
    const objects = {
      'StatefulSet/db': ref('Database', 'main'),
      'Database/main': ref('Platform', 'shop'),
      'Platform/shop': ref('Org', 'us'),
    }
    const { ancestors, asked } = await climb(['platform/shop'], objects)
    expect([...(ancestors ?? [])].map(([uid, { kind }]) => [uid, kind])).toEqual([
      ['uid-db', 'Database'],
      ['uid-main', 'Platform'],
    ])
    expect(asked).toEqual(['StatefulSet/db', 'Database/main'])
  })

  it('are not asked for where the owner is found lower down', async () => {
    expect((await climb(['statefulset/db'], {})).asked).toEqual([])
    const rollout: Inventory = { ...inventory, parents: new Map([['uid-db', ref('Rollout', 'web', 'argoproj.io/v1alpha1')]]) }
    expect((await climb(['rollout/web'], {}, rollout)).asked).toEqual([])
  })

  it('end at the top, in a ring, and after four levels', async () => {
    expect((await climb(['x/y'], { 'StatefulSet/db': ref('Database', 'main') })).asked).toEqual(['StatefulSet/db', 'Database/main'])
    expect((await climb(['x/y'], { 'StatefulSet/db': ref('Database', 'main'), 'Database/main': set })).asked).toHaveLength(2)
    const tower = Object.fromEntries([0, 1, 2, 3, 4, 5].map((n) => [`L${n}/l${n}`, ref(`L${n + 1}`, `l${n + 1}`)]))
    expect((await climb(['x/y'], { 'StatefulSet/db': ref('L0', 'l0'), ...tower })).asked).toHaveLength(4)
  })

  it.each([
    ['may not be read', new KubernetesError('forbidden', 403, 'no')],
    ['is of a kind with no path', new FaultlineError('bad_input', 'no')],
  ])('are done without where one %s, and the refusal says so', async (_, error) => {
    const found = await climb(['platform/shop'], { 'StatefulSet/db': ref('Database', 'main'), 'Database/main': error })
    expect(found.unreadOwners).toEqual(['Database main'])
    const [told] = withHints(
      [{ code: 'no_targets', message: 'no pod matches' }],
      { ...anyPod, owner: 'platform/shop' },
      { ...inventory, ...found },
    )
    expect(told?.message).toBe(
      'no pod matches; what controls Database main could not be read (that needs the right to get it), and may be it',
    )
  })

  it('that are misspelt are told from those of the whole chain', async () => {
    const found = await climb(['database/mian'], { 'StatefulSet/db': ref('Database', 'main') })
    const [told] = withHints(
      [{ code: 'no_targets', message: 'no pod matches' }],
      { ...anyPod, owner: 'database/mian' },
      { ...inventory, ...found },
    )
    expect(told?.message).toBe('no pod matches; did you mean database/main?')
  })
})
