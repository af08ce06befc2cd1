import { afterEach, describe, expect, it } from '@jest/globals'
import { defaultConfig } from '../../../lib/config.ts'
import { KubernetesError } from '../../../lib/domain/errors.ts'
import type { Pod } from '../../../lib/domain/kube.ts'
import { acquireLock } from '../../../lib/engine/acts/admit.ts'
import { drive } from '../../../lib/engine/drive.ts'
import { start } from '../../../lib/engine/start.ts'
import { isoSeconds } from '../../../lib/time.ts'
import { around } from '../../support/around.ts'
import { memory, nodeDrain, partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const ns = 'jadevectordb-system'
const one = suiteOf([stepOf(partition)])
let world: World

afterEach(() => world.close())

/** What a refused run says, and that it changed nothing. */
async function refusals(suite = one, engine = world.engine()): Promise<readonly (readonly [string, string])[]> {
  const before = world.footprint()
  const run = await world.run(engine, suite)
  expect(world.footprint()).toEqual(before)
  expect(run.status).toBe('refused')
  return run.status === 'refused' ? run.refusals.map((r) => [r.code, r.message] as const) : []
}

describe('a start', () => {
  it('makes one run of 100 deliveries of the same event', async () => {
    world = await openWorld()
    world.stuckTurns = Number.POSITIVE_INFINITY // no call of a start waits for the clock; a busy machine answers late
    const engines = Array.from({ length: 100 }, (_, i) => world.engine(`driver-${i}`))
    const started = await world.play(Promise.all(engines.map((engine) => start(engine, world.request(one)))))
    expect(started.filter((s) => s.created)).toHaveLength(1)
    expect(new Set(started.map((s) => s.run.id)).size).toBe(1)
    expect(await world.store.runs.list()).toHaveLength(1)
  })

  it('is refused when its schedule brings it outside of its window, and not when a person does', async () => {
    world = await openWorld()
    const window = { days: [2], fromMinute: 9 * 60, toMinute: 16 * 60 }
    const suite = { ...one, schedule: { cron: '0 10 ? * TUE *', rate: null, timezone: 'UTC', enabled: true, cluster: null, window } }
    const byWhom = async (kind: 'schedule' | 'manual') => {
      const { run } = await start(world.engine(), { ...world.request(suite), trigger: { kind, key: kind, by: 'test' } })
      return drive(world.engine(), run.id)
    }
    expect(await world.play(byWhom('schedule'))).toMatchObject({
      status: 'refused',
      refusals: [
        {
          code: 'outside_window',
          message: 'it is Mon 2026-01-05 09:00 in UTC; scheduled starts are allowed Tue from 09:00 to 16:00 in UTC',
        },
      ],
    })
    expect((await world.play(byWhom('manual'))).status).toBe('succeeded')
  })

  it('is refused while another run has the namespace', async () => {
    world = await openWorld()
    const first = await world.play(start(world.engine('other'), world.request(one, 'first')))
    await world.store.locks.acquire(`${world.ref.uid}/${ns}`, first.run.id)
    const begun = isoSeconds(first.run.requestedAt)
    const who = `run ${first.run.id} (requested, begun ${begun} by test, last seen alive ${begun} as other)`
    const advice = `its driver is alive: wait until it is over, or end it with "faultline abort ${first.run.id}"`
    expect(await refusals()).toEqual([['busy', `${who} holds namespace ${ns} of cluster ${world.ref.name}; ${advice}`]])
    await world.store.locks.acquire(`${world.ref.uid}/node#node-a`, first.run.id)
    expect(await acquireLock(world.engine(), { ...first.run, id: 'another' }, 'node-a')).toMatchObject({
      code: 'busy',
      message: `${who} holds node node-a of cluster ${world.ref.name}; ${advice}`,
    })
  })

  it('tells a live run that has the namespace from a dead one, since when, and what ends it', async () => {
    world = await openWorld()
    const other = world.engine('ana@desk')
    const { run } = await world.play(start(other, world.request(one, 'first')))
    await world.store.locks.acquire(`${world.ref.uid}/${ns}`, run.id)
    const driven = { ...run, version: run.version + 1, lease: { owner: 'ana@desk', until: world.clock.now() + 30_000 } }
    await world.store.runs.save(driven)
    const seen = `requested, begun ${isoSeconds(run.requestedAt)} by test, last seen alive ${isoSeconds(world.clock.now())} as ana@desk`
    const busy = async (engine = world.engine('second')) => (await acquireLock(engine, { ...run, id: 'another' }))?.message
    expect(await busy()).toBe(
      `run ${run.id} (${seen}) holds namespace ${ns} of cluster ${world.ref.name}; its driver is alive: wait until it is over, or end it with "faultline abort ${run.id}"`,
    )
    expect(await busy({ ...world.engine('second'), isDead: (owner) => owner === 'ana@desk' })).toBe(
      `run ${run.id} (${seen}) holds namespace ${ns} of cluster ${world.ref.name}; its driver is dead: end it with "faultline reap"`,
    )
  })

  it('is refused in a namespace that is being deleted, with a code of its own and nothing else', async () => {
    world = await openWorld()
    const since = '2026-01-05T08:59:00Z'
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const found = await go()
      if (method !== 'get' || args[0].kind !== 'Namespace') return found
      return { ...(found as object), metadata: { name: ns, deletionTimestamp: since } }
    })
    expect(await refusals(one, engine)).toEqual([
      ['terminating', `namespace ${ns} is being deleted since ${since}: nothing can be made in it`],
    ])
  })

  it('tells once what holds for several steps', async () => {
    world = await openWorld()
    world.sandbox.deny({ resource: 'jobs', namespace: 'faultline-injectors', message: 'no Jobs on Mondays' })
    const found = await refusals(suiteOf([stepOf(memory), stepOf(partition), stepOf(memory)]))
    expect(found.map(([code]) => code)).toEqual(['quota'])
    expect(found[0]?.[1]).toMatch(/no Jobs on Mondays.*\(steps 1, 3\)$/)
  })

  it('finds a NetworkPolicy beside ours that would let the traffic through', async () => {
    world = await openWorld()
    world.sandbox.create('networkpolicies', {
      metadata: { name: 'allow-all', namespace: ns },
      spec: { podSelector: { matchLabels: { app: 'jadevectordb' } }, policyTypes: ['Ingress'], ingress: [{}] },
    } as never)
    const [[code, message] = ['', '']] = await refusals()
    expect(code).toBe('mechanism')
    expect(message).toMatch(/^NetworkPolicy allow-all allows traffic of jadevectordb-.*; policies only add up/)
  })

  it('finds a quota on Jobs, with its numbers and in the words of the API server', async () => {
    world = await openWorld()
    const quota = (hard: string) =>
      ({ metadata: { name: 'no-jobs', namespace: ns }, spec: { hard: { 'count/jobs.batch': hard } } }) as never
    world.sandbox.create('resourcequotas', quota('1'))
    await world.pass(2_000)
    expect(await refusals()).toEqual([['quota', `ResourceQuota no-jobs leaves 1 Jobs in namespace ${ns}; beacon and fuse need 2`]])
    world.sandbox.patch('resourcequotas', { namespace: ns, name: 'no-jobs' }, { spec: { hard: { 'count/jobs.batch': '0' } } })
    await world.pass(2_000)
    const run = await world.run(world.engine(), one, { key: 'second' })
    expect(run.status === 'refused' && run.refusals[0]?.message).toContain('exceeded quota: no-jobs')
  })

  it('tells a list of quotas that fails from one it may not read', async () => {
    world = await openWorld()
    const failing = (code: 'forbidden' | 'unavailable', status: number) =>
      around(world.engine(), ({ method, args }, go) =>
        method === 'list' && args[0].kind === 'ResourceQuota'
          ? Promise.reject(new KubernetesError(code, status, 'no quotas for you'))
          : go(),
      )
    expect(await refusals(one, failing('unavailable', 503))).toEqual([['unreachable', 'no quotas for you']])
    expect((await world.run(failing('forbidden', 403), one, { key: 'second' })).status).toBe('succeeded')
  })

  it('finds an admission webhook that refuses the fuse, in its own words', async () => {
    world = await openWorld()
    world.sandbox.deny({ resource: 'jobs', namespace: ns, message: 'no Jobs on Mondays' })
    const [[code, message] = ['', '']] = await refusals()
    expect([code, message.includes('no Jobs on Mondays')]).toEqual(['quota', true])
  })

  it('names every permission that is missing', async () => {
    world = await openWorld()
    world.sandbox.forbid({ verb: 'patch', resource: 'pods' } as never)
    const found = await refusals()
    expect(found).toContainEqual(['permission', `not allowed to patch pods in namespace ${ns} (deploy/rbac.yaml grants it)`])
  })

  it.each([
    ['the fuse of a partition', partition],
    ['an injector', memory],
    ['the fuse of a cordon', nodeDrain],
  ])('names a missing right to make Jobs once per namespace, and not as a quota, though a dry run of %s meets it too', async (_, fault) => {
    world = await openWorld()
    world.sandbox.forbid({ verb: 'create', resource: 'jobs' })
    const said = (namespace: string) => ['permission', `not allowed to create jobs in namespace ${namespace} (deploy/rbac.yaml grants it)`]
    expect(await refusals(suiteOf([stepOf(fault), stepOf(fault)]))).toEqual([said(ns), said('faultline-injectors')])
  })

  it('is refused on a workload that is not healthy', async () => {
    world = await openWorld()
    const [pod] = await world.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: ns })
    world.sandbox.crash({ namespace: ns, name: pod?.metadata.name ?? '' })
    const found = await refusals()
    expect(found).toContainEqual(['unhealthy', `pod ${pod?.metadata.name} is not Ready before the start`])
  })

  it.each(['kube-system', 'kube-public', 'kube-node-lease', 'faultline-injectors'])('never attacks %s', async (namespace) => {
    world = await openWorld()
    const [[code] = ['']] = await refusals(suiteOf([stepOf(podDelete)], { namespace }))
    expect(code).toBe('namespace')
  })

  it('tells all reasons at once', async () => {
    world = await openWorld()
    await world.store.controls.set({ kind: 'pause', suite: 'Example' }, { by: 'ann', why: 'holidays', at: 0 })
    const engine = world.engine('d', {
      config: { injector: defaultConfig.injector },
    })
    const found = await refusals(
      suiteOf([stepOf(memory), stepOf(partition, { targets: { ...stepOf(partition).targets, names: ['absent'] } })]),
      engine,
    )
    expect(found.map(([code]) => code)).toEqual(['paused', 'injector_missing', 'no_targets'])
    expect(found[1]?.[1]).toContain('--injector-image')
  })

  it('refuses a drain without an image for its fuse, unless a cordon without one is accepted', async () => {
    world = await openWorld()
    const suite = suiteOf([stepOf(nodeDrain)])
    const fuse = { image: 'x', cordonImage: null, cordonServiceAccount: 's', marginMs: 30_000, acceptNoFuse: false }
    expect((await refusals(suite, world.engine('d', { config: { fuse } })))[0]?.[0]).toBe('fuse_missing')
    const accepted = await world.run(world.engine('d', { config: { fuse: { ...fuse, acceptNoFuse: true } } }), suite, { key: 'again' })
    expect(accepted).toMatchObject({ status: 'succeeded', orphans: 0 })
  })

  it.each<[string, (pod: Record<string, unknown>) => void, string]>([
    ['pods on the host network', (pod) => Object.assign(pod.spec as object, { hostNetwork: true }), 'it is on the host network'],
    [
      'mirror pods',
      (pod) => Object.assign(pod.metadata as object, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      'it is a mirror pod',
    ],
    ['bare pods', () => {}, 'no controller owns it'],
  ])('refuses %s', async (_, change, why) => {
    world = await openWorld()
    const pod = {
      metadata: { name: 'lonely', namespace: ns, labels: { app: 'lonely' } },
      spec: { containers: [{ name: 'c', image: 'x', ports: [{ containerPort: 8080 }] }] },
    }
    change(pod)
    world.sandbox.create('pods', pod as never)
    await world.pass(5_000)
    const suite = suiteOf([stepOf(partition, { targets: { ...stepOf(partition).targets, selector: 'app=lonely' } })])
    const found = await refusals(suite)
    expect(found.map(([code]) => code)).toEqual(['unsafe_target'])
    expect(found[0]?.[1]).toContain(`pod lonely is refused: ${why}`)
  })

  it("finds that the cordon fuse's service account is missing", async () => {
    world = await openWorld()
    world.sandbox.delete('serviceaccounts', { namespace: 'faultline-injectors', name: 'faultline-cordon-fuse' })
    const found = await refusals(suiteOf([stepOf(nodeDrain)]))
    expect(found.map(([code]) => code)).toEqual(['fuse_missing'])
    expect(found[0]?.[1]).toContain('deploy/rbac.yaml makes it')
  })

  it('refuses DaemonSet pods', async () => {
    world = await openWorld()
    const labels = { app: 'lonely' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'x' }] } }
    world.sandbox.create('daemonsets', {
      metadata: { name: 'd', namespace: ns },
      spec: { selector: { matchLabels: labels }, template },
    } as never)
    await world.pass(5_000)
    const found = await refusals(suiteOf([stepOf(partition, { targets: { ...stepOf(partition).targets, selector: 'app=lonely' } })]))
    expect(found.map(([code]) => code)).toEqual(['unsafe_target', 'unsafe_target', 'unsafe_target'])
    expect(found[0]?.[1]).toContain('it belongs to a DaemonSet')
  })
})
