import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import type { FaultSpec } from '../../lib/domain/suite.ts'
import { around } from '../support/around.ts'
import { memory, nodeDrain, partition, podDelete, stepOf, suiteOf } from '../support/suites.ts'
import { openWorld, type World } from '../support/world.ts'
import { abuses } from './admission/abuses.ts'
import { type Attempt, bindings, judge, type Manifest, policies } from './admission/judge.ts'

const node: Manifest = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'node-a', labels: { 'example.org/pool': 'all' }, annotations: { 'example.org/note': 'x' } },
  spec: { podCIDR: '10.0.0.0/24' },
}
const pod: Manifest = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'db-0', namespace: 'jadevectordb-system', labels: { app: 'db' }, annotations: { 'faultline.dev/opt-out': 'true' } },
  spec: { containers: [{ name: 'main', image: 'example.org/main:1' }] },
}

const work = { image: 'example/client:1', command: null, args: [], env: {}, user: 65_532, resources: {}, namespace: null }

/** JSON merge patch (RFC 7396), as far as manifests use it. */
function merged(target: unknown, change: unknown): unknown {
  if (typeof change !== 'object' || change === null || Array.isArray(change)) return change
  const before = typeof target === 'object' && target !== null ? (target as Record<string, unknown>) : {}
  const all = Object.entries(change).map(([key, value]) => [key, merged(before[key], value)] as const)
  return { ...before, ...Object.fromEntries(all) }
}

function attemptOf({ who, create, patch }: (typeof abuses)[number]): Attempt {
  if (create !== undefined) return { who, object: create }
  const before = patch?.kind === 'Node' ? node : pod
  return { who, before, object: merged(before, patch?.change) as Manifest }
}

describe('the admission policies', () => {
  it.each(abuses.map((abuse) => [abuse.name, abuse] as const))('refuse %s', (_, abuse) => {
    expect(judge(attemptOf(abuse)).map((said) => said.split(':')[0])).toContain(abuse.refused)
  })

  it('are tried with 30 abuses and more, each policy with one at least', () => {
    expect(abuses.length).toBeGreaterThanOrEqual(30)
    expect(new Set(abuses.map(({ refused }) => refused))).toEqual(new Set(policies.map(({ metadata }) => metadata.name)))
  })

  it('deny, each by a binding of its own, also where an expression fails; the component has them', () => {
    expect(bindings.map(({ spec }) => [spec.policyName, spec.validationActions])).toEqual(
      policies.map(({ metadata }) => [metadata.name, ['Deny']]),
    )
    expect(policies.map(({ spec }) => spec.failurePolicy)).toEqual(policies.map(() => 'Fail'))
    expect(parse(readFileSync('deploy/admission/kustomization.yaml', 'utf8'))).toMatchObject({
      kind: 'Component',
      resources: ['policies.yaml'],
    })
  })

  it('leave alone what concerns no Faultline, and what of a marked object is changed without its marks', () => {
    const marked = merged(pod, { metadata: { labels: { 'faultline.dev/target': 'x-0' } } }) as Manifest
    expect(judge({ who: 'stranger', object: pod })).toEqual([])
    expect(judge({ who: 'stranger', before: marked, object: merged(marked, { metadata: { labels: { app: 'x' } } }) as Manifest })).toEqual(
      [],
    )
    expect(judge({ who: 'stranger', before: node, object: merged(node, { spec: { unschedulable: true } }) as Manifest })).toEqual([])
  })

  it("let Kubernetes make the pods of our Jobs, and no other controller's", () => {
    const labels = { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': 'r' }
    const owned = (kind: string) => merged(pod, { metadata: { labels, ownerReferences: [{ kind, name: 'x', uid: 'u' }] } }) as Manifest
    expect(judge({ who: 'job-controller', object: owned('Job') })).toEqual([])
    expect(judge({ who: 'job-controller', object: owned('ReplicaSet') })).toHaveLength(1)
    expect(judge({ who: 'stranger', object: owned('Job') })).toHaveLength(1)
  })
})

describe('what a run does', () => {
  let world: World
  afterEach(() => world.close())

  it.each<readonly [string, FaultSpec, number]>([
    ['cuts pods off', partition, 4],
    ['deletes a pod', podDelete, 1],
    ['drains a node', nodeDrain, 4],
    ['uses up memory by an injector', memory, 3],
  ])('passes when it %s, by account and by group', async (_, fault, least) => {
    world = await openWorld()
    const attempts: Omit<Attempt, 'who'>[] = []
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const [first] = args
      const isPatch = method === 'patch' && ['Node', 'Pod', 'Job'].includes(first.kind)
      const before = isPatch ? ((await world.cluster.objects.get(first)) as unknown as Manifest | undefined) : undefined
      const done = await go()
      if (method === 'create' && first.kind !== 'Event') attempts.push({ object: first })
      if (before !== undefined) attempts.push({ before, object: done as Manifest })
      return done
    })
    const run = await world.run(engine, suiteOf([stepOf(fault)]))
    expect(run.status).toBe('succeeded')
    expect(attempts.length).toBeGreaterThanOrEqual(least)
    for (const who of ['driver', 'driver-by-group'] as const) expect(attempts.flatMap((attempt) => judge({ ...attempt, who }))).toEqual([])
  })

  it('passes when it has load of an image that the owner named, in no other shape', async () => {
    world = await openWorld()
    const made: Manifest[] = []
    const engine = around(world.engine(), async ({ method, args }, go) => {
      if (method === 'create' && args[0].kind !== 'Event') made.push(args[0])
      return go()
    })
    const load = { ...work, name: 'writers', mayEnd: false, graceSeconds: 1 }
    expect(await world.run(engine, suiteOf([stepOf(partition)], { load: [load] }))).toMatchObject({ status: 'succeeded' })
    const judged = (object: Manifest, workImages?: readonly string[]) =>
      judge({ who: 'driver', object, ...(workImages === undefined ? {} : { workImages }) })
    expect(made.flatMap((object) => judged(object, ['example/client:1']))).toEqual([])
    const job = made.find(({ metadata }) => Object(metadata.labels)['faultline.dev/role'] === 'load') as Manifest
    const image = 'faultline-jobs: the image of a load or a probe is not among those that the policy names'
    expect([judged(job), judged(job, ['example/client:2'])]).toEqual([[image], [image]])
    const changed = (spec: object) => judged(merged(job, { spec: { template: { spec } } }) as Manifest, ['example/client:1'])
    const root = 'faultline-jobs: a load or a probe is not root, and has no capabilities'
    const [container] = Object(job.spec).template.spec.containers
    expect(changed({ securityContext: { runAsNonRoot: false } })).toEqual([root])
    expect(changed({ containers: [{ ...container, securityContext: { ...container.securityContext, runAsUser: 0 } }] })).toEqual([root])
    expect(changed({ containers: [{ ...container, securityContext: { allowPrivilegeEscalation: false } }] })).toEqual([root])
    expect(changed({ initContainers: [{ ...container, image: 'example/other:1' }] })).toEqual([image])
    expect(changed({ automountServiceAccountToken: true })).toEqual(['faultline-jobs: an injector gets no token'])
  })
})
