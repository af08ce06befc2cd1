import { afterEach, beforeEach, describe, expect, it, test } from '@jest/globals'
import type { Finding, Target } from '../../lib/domain/injection.ts'
import { targetLabel } from '../../lib/domain/labels.ts'
import { netfilterPartition, networkPartition } from '../../lib/faults/network-partition.ts'
import { policyPartition } from '../../lib/faults/policy-partition/policy-partition.ts'
import type { SandboxOptions } from '../../sandbox/start.ts'
import { around } from '../support/around.ts'
import { contextOf, evidenceOf, injectionOf } from '../support/fault-context.ts'
import { partition, stepOf, suiteOf } from '../support/suites.ts'
import { policyUndo } from '../support/undo-data.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'

const namespace = 'jadevectordb-system'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

async function reopen(options: SandboxOptions): Promise<void> {
  await world.close()
  world = await openWorld(options)
}

/** The pods of the workload as targets whose canary answered before (unless `blind`). */
function workload(): readonly Target[] {
  return world.sandbox
    .objects()
    .filter((o) => o.kind === 'Pod' && o.metadata.labels?.app === 'jadevectordb')
    .map(({ metadata }) => ({ kind: 'Pod', namespace, name: metadata.name, uid: metadata.uid ?? '', node: '', port: 8080 }))
}

const fuse = { namespace, name: 'faultline-run-0', pod: null }

function partitionOf(targets: readonly Target[], options: { readonly blind?: Target } = {}) {
  const answered = targets.map((t) => ({ target: t.name, name: 'canary', unit: '', value: t === options.blind ? 'unknown' : 'open' }))
  return injectionOf('network-partition', {
    targets,
    undo: policyUndo({ restarts: Object.fromEntries(targets.map((t) => [t.uid, 0])) }),
    fuse,
    armed: { namespace, name: fuse.name, uid: 'burnt', burnsAt: 0 },
    evidence: [evidenceOf('before', 'no', answered)],
  })
}

/** Makes a pod deaf: its process runs, is not Ready, and what is dialled to it is lost. */
function cutOff(target: Target): void {
  const policy = { podSelector: { matchLabels: { deaf: 'yes' } }, policyTypes: ['Ingress'] }
  world.sandbox.create('networkpolicies', { metadata: { name: 'of-a-user', namespace }, spec: policy })
  world.sandbox.patch('pods', { name: target.name, namespace }, { metadata: { labels: { deaf: 'yes' } } })
}

function markUnready(target: Target): void {
  const conditions = [{ type: 'Ready', status: 'False' }]
  world.sandbox.patch('pods', { name: target.name, namespace }, { status: { conditions } })
}

describe('the evidence of a cut', () => {
  it('holds to the end with a CNI that drops packets, where every dial takes its whole time-out', async () => {
    await reopen({ policiesDrop: true, dialTimeoutMs: 3_000 })
    const run = await world.run(world.engine(), suiteOf([stepOf(partition)]))
    const [injection] = await world.store.ledger.list(run.id)
    expect(injection?.evidence.map((e) => [e.phase, e.finding])).toEqual([
      ['before', 'no'],
      ['during', 'yes'],
      ['end', 'yes'],
      ['after', 'yes'],
    ])
    expect(run.steps[0]?.verdict).toBe('succeeded')
  })

  it('tells a cluster of one node apart, where policies do not bind', async () => {
    await reopen({ enforceNetworkPolicies: false, nodes: 1 })
    const run = await world.run(world.engine(), suiteOf([stepOf(partition)]))
    expect(run.status).toBe('no_effect')
    expect(run.steps[0]?.reasons[0]?.detail).toContain('this cluster has one node')
  })

  it('is not a target that crashed', async () => {
    await reopen({ enforceNetworkPolicies: false })
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const result = await go()
      if (method === 'create' && args[0].kind === 'NetworkPolicy') {
        const pod = world.sandbox.objects().find((o) => o.metadata.labels?.[targetLabel] !== undefined)
        world.sandbox.crash({ name: pod?.metadata.name ?? '', namespace })
      }
      return result
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 1_000 })]))
    expect(run.status).toBe('no_effect')
  })

  it('says of a closed port that its pod crashed', async () => {
    const targets = workload().slice(0, 1)
    const injection = partitionOf(targets)
    await cutWithPolicy(injection)
    world.sandbox.crash({ name: targets[0]?.name ?? '', namespace })
    await world.pass(500)
    expect(await networkPartition.evidence(contextOf(world), injection, 'during')).toMatchObject({
      finding: 'unknown',
      summary: expect.stringMatching(/could not be measured; \S+ crashed, and a closed port proves nothing then$/),
    })
  })

  it('names only targets whose canary answered before', async () => {
    const targets = workload().slice(0, 2)
    const [seen, blind] = targets
    if (seen === undefined || blind === undefined) throw new Error('two pods are needed')
    const injection = partitionOf(targets, { blind })
    await cutWithPolicy(injection)
    expect(await networkPartition.evidence(contextOf(world), injection, 'during')).toMatchObject({
      finding: 'yes',
      summary: `${seen.name}: new connections from the API server are refused (egress and established ones: unknown); ${blind.name}: unknown`,
    })
  })
})

describe('the target label', () => {
  it('is also put on a pod that has no labels at all', async () => {
    world.sandbox.create('pods', {
      metadata: { name: 'plain', namespace },
      spec: { containers: [{ name: 'main', image: 'example.org/main:1' }] },
    })
    const { uid = '' } = world.sandbox.get('pods', 'plain', namespace)?.metadata ?? {}
    await networkPartition.inject(contextOf(world), partitionOf([{ kind: 'Pod', namespace, name: 'plain', uid, node: '' }]))
    expect(world.sandbox.get('pods', 'plain', namespace)?.metadata.labels).toEqual({ [targetLabel]: 'run-0' })
  })

  it('is not put on another pod of the same name', async () => {
    const [pod] = workload()
    const injection = partitionOf([{ kind: 'Pod', namespace, name: pod?.name ?? '', uid: 'of-an-earlier-pod', node: '' }])
    await expect(networkPartition.inject(contextOf(world), injection)).rejects.toMatchObject({
      code: 'not_found',
      message: `pod ${pod?.name} was replaced before it could be cut off`,
    })
  })
})

describe('the proof that a cut is gone', () => {
  it('is unknown while a target whose driver died before its evidence does not answer', async () => {
    const targets = workload().slice(0, 1)
    cutOff(targets[0] as Target)
    await world.pass(500)
    expect(await lookAfter(targets)).toMatchObject({ finding: 'unknown' })
  })

  it('waits a minute for a target that runs, is not Ready and does not answer, and says so then', async () => {
    const targets = workload().slice(0, 1)
    const [target] = targets
    cutOff(target as Target)
    markUnready(target as Target)
    const first = await lookAfter(targets)
    expect(first.finding).toBe('unknown')
    const injection = { ...partitionOf(targets), evidence: [...partitionOf(targets).evidence, first] }
    await world.pass(59_000)
    markUnready(target as Target)
    expect(await networkPartition.undone(contextOf(world), injection)).toMatchObject({ finding: 'unknown' })
    await world.pass(2_500)
    markUnready(target as Target)
    expect(await networkPartition.undone(contextOf(world), injection)).toMatchObject({
      finding: 'yes',
      summary: `fuse, policy and labels are gone; 0 of 1 canaries answer; that of ${target?.name} is silent because the pod is not Ready`,
    })
  })

  it('does not wait for a target whose container ended meanwhile', async () => {
    const targets = workload().slice(0, 1)
    world.sandbox.crash({ name: targets[0]?.name ?? '', namespace })
    expect(await lookAfter(targets)).toMatchObject({ finding: 'yes', summary: expect.stringMatching(/because the pod is not Ready$/) })
  })

  it('is there when every target answers', async () => {
    expect(await lookAfter(workload())).toMatchObject({ finding: 'yes' satisfies Finding })
  })

  it('counts only the canaries of targets that are still there, and says how many left the cluster meanwhile', async () => {
    const targets = workload()
    expect(targets).toHaveLength(3)
    expect((await lookAfter(targets)).summary).toBe('fuse, policy and labels are gone; 3 of 3 canaries answer')
    const [gone] = targets
    world.sandbox.delete('pods', { name: gone?.name ?? '', namespace }, { gracePeriodSeconds: 0 })
    await world.pass(500)
    const { finding, summary, measurements } = await lookAfter(targets)
    expect([finding, summary]).toEqual([
      'yes',
      'fuse, policy and labels are gone; 2 of 2 canaries answer; 1 of 3 targets left the cluster meanwhile',
    ])
    expect(measurements.filter((m) => m.name === 'canary').map((m) => m.target)).toEqual(targets.slice(1).map((t) => t.name))
  })
})

function lookAfter(targets: readonly Target[]) {
  return networkPartition.undone(contextOf(world), partitionOf(targets))
}

/** As `inject` does, with a policy whose fuse need not exist. */
async function cutWithPolicy(injection: ReturnType<typeof partitionOf>): Promise<void> {
  world.sandbox.create('jobs', {
    metadata: { name: fuse.name, namespace },
    spec: { parallelism: 0, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none:1' }] } } },
  })
  const { uid = '' } = world.sandbox.get('jobs', fuse.name, namespace)?.metadata ?? {}
  Object.assign(injection, { armed: { ...injection.armed, uid } })
  await networkPartition.inject(contextOf(world), injection)
}

test.each(['lastLook', 'endSaid', 'biteShows', 'undoShows', 'endedEarly'] as const)(
  'what only one of the two mechanisms can do is passed on: %s',
  (method) => {
    const canOne = [policyPartition, netfilterPartition].some((fault) => fault[method] !== undefined)
    expect(networkPartition[method] !== undefined).toBe(canOne)
  },
)
