import { afterEach, expect, it } from '@jest/globals'
import { FaultlineError, KubernetesError } from '../../../lib/domain/errors.ts'
import type { FisExperiment } from '../../../lib/domain/fis-experiment.ts'
import type { Engine } from '../../../lib/engine/engine.ts'
import { examineSuite } from '../../../lib/engine/examine-suite.ts'
import type { Cluster } from '../../../lib/ports.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

let world: World

afterEach(() => world.close())

const suite = suiteOf([stepOf(partition)])
const chaos = { metadata: { name: 'delay', namespace: 'chaos' }, spec: { selector: { namespaces: [suite.namespace] } } }

/** The world's cluster with custom resources of these groups, of which `lists` are answered; the embedded one serves none. */
function withGroups(
  groups: readonly string[],
  lists: Readonly<Record<string, readonly object[] | 'forbidden'>>,
): { readonly cluster: Cluster; readonly engine: Engine } {
  const list: Cluster['objects']['list'] = async <T>(
    kind: { readonly apiVersion: string; readonly kind: string },
    options: object = {},
  ) => {
    if (!groups.some((group) => kind.apiVersion.startsWith(group)))
      return world.cluster.objects.list(kind, options) as Promise<readonly T[]>
    const found = lists[kind.kind]
    if (found === undefined) throw new KubernetesError('not_found', 404, `list ${kind.kind}: not found`)
    if (found === 'forbidden') throw new KubernetesError('forbidden', 403, `list ${kind.kind}: forbidden`)
    return found.map((one) => ({ ...kind, ...one }) as T)
  }
  const cluster = { ...world.cluster, objects: { ...world.cluster.objects, list }, groups: async () => ['apps', ...groups] }
  return { cluster, engine: { ...world.engine(), connect: async () => cluster } }
}

it('another tool at work in the namespace refuses a start on record, its plan says so, and nothing is touched', async () => {
  world = await openWorld()
  const before = world.footprint()
  const { cluster, engine } = withGroups(['chaos-mesh.org'], { NetworkChaos: [chaos], PodChaos: [] })
  const message = `Chaos Mesh is at work in namespace ${suite.namespace} (NetworkChaos chaos/delay): wait until it is over, or end it`
  const { admission } = await examineSuite(engine, { cluster, suite, seed: 1 })
  expect(admission.refusals).toEqual([{ code: 'busy', step: null, message }])
  const run = await world.run(engine, suite)
  expect(run).toMatchObject({ status: 'refused', refusals: [{ code: 'busy', message }] })
  expect(world.footprint()).toEqual(before)
})

it('a tool that may not be looked at is told, and one that is not installed is not asked for', async () => {
  world = await openWorld()
  const { cluster, engine } = withGroups(['litmuschaos.io'], { ChaosEngine: 'forbidden' })
  const { admission } = await examineSuite(engine, { cluster, suite, seed: 1 })
  expect(admission.refusals).toEqual([])
  expect(admission.warnings).toEqual([
    'Litmus is installed, and what it is doing may not be listed (deploy/rbac.yaml grants it): whether it is at work is not known',
  ])
})

it('a cluster that does not tell its groups keeps no run out', async () => {
  world = await openWorld()
  const groups = async () => {
    throw new KubernetesError('forbidden', 403, 'list the API groups: forbidden')
  }
  const { admission } = await examineSuite(world.engine(), { cluster: { ...world.cluster, groups }, suite, seed: 1 })
  expect([admission.refusals, admission.warnings]).toEqual([[], []])
})

const onPods: FisExperiment = {
  ...{ id: 'EXP1', status: 'running', resolved: [] },
  targets: [{ resourceType: 'aws:eks:pod', resourceArns: [], parameters: { namespace: suite.namespace, clusterIdentifier: 'prod' } }],
}

it('AWS FIS at work on the pods of the namespace refuses a start', async () => {
  world = await openWorld()
  const experiments = async () => [onPods]
  const engine = { ...world.engine(), connect: async () => ({ ...world.cluster, experiments }) }
  const run = await world.run(engine, suite)
  expect(run).toMatchObject({
    status: 'refused',
    refusals: [{ code: 'busy', message: expect.stringMatching(/^AWS FIS is at work on pods/) }],
  })
})

it('AWS FIS that may not be asked is told, and keeps no run out', async () => {
  world = await openWorld()
  const experiments = async () => {
    throw new FaultlineError('forbidden', 'list experiments of AWS FIS in eu-central-1: no')
  }
  const { admission } = await examineSuite(world.engine(), { cluster: { ...world.cluster, experiments }, suite, seed: 1 })
  expect(admission.refusals).toEqual([])
  expect(admission.warnings).toEqual(['whether AWS FIS is at work is not known: list experiments of AWS FIS in eu-central-1: no'])
})

it('the groups that a cluster serves are read from it', async () => {
  world = await openWorld()
  expect(await world.cluster.groups?.()).toEqual(expect.arrayContaining(['apps', 'batch', 'policy']))
})
