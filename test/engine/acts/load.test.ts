import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { defaultConfig } from '../../../lib/config.ts'
import type { Job, Pod } from '../../../lib/domain/kube.ts'
import { managedSelector } from '../../../lib/domain/labels.ts'
import type { LoadSpec } from '../../../lib/domain/load-spec.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { runReasonTexts } from '../../../lib/domain/run-reasons.ts'
import { reapRuns, sweepOrphans } from '../../../lib/engine/reap.ts'
import type { Behaviour } from '../../../sandbox/behaviours/behaviour.ts'
import { around, dieIn } from '../../support/around.ts'
import { Relay } from '../../support/relay.ts'
import { partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const jobs = { apiVersion: 'batch/v1', kind: 'Job' }
const pods = { apiVersion: 'v1', kind: 'Pod' }
const ns = 'jadevectordb-system'

/** Counts requests, sums up on SIGTERM as k6 does, and ends as `END_AFTER` and `EXIT` say. */
const client: Behaviour = (context) => {
  const { END_AFTER, EXIT = '0' } = context.env
  context.log('begun')
  if (END_AFTER !== undefined)
    context.at(context.now() + Number(END_AFTER) * 1000, () => {
      context.log('no route to the database')
      context.exit(Number(EXIT))
    })
  return {
    terminate: () => {
      context.log('{"metrics":{"http_reqs":{"count":4711,"rate":12.5},"http_req_duration":{"p(95)":81.2}}}')
      context.at(context.now() + 300, () => context.exit(105))
    },
  }
}

const load = (change: Partial<LoadSpec> = {}): LoadSpec => ({
  name: 'writers',
  image: 'example/client:1',
  command: null,
  args: [],
  env: {},
  user: 65_532,
  resources: {},
  namespace: null,
  mayEnd: false,
  graceSeconds: 5,
  ...change,
})
const twoSteps = (...loads: readonly LoadSpec[]) => suiteOf([stepOf(partition), stepOf(podDelete)], { load: loads })

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 4, behaviours: { 'example/client': client } })
})

afterEach(() => world.close())

const historyOf = async (run: Run) => world.store.ledger.history(run.id)
const timeOf = async (run: Run, type: string, which: 'first' | 'last' = 'first') => {
  const times = (await historyOf(run)).filter((event) => event.type === type).map(({ at }) => at)
  return (which === 'first' ? times[0] : times.at(-1)) ?? Number.NaN
}
const workJobs = () => world.cluster.objects.list<Job>(jobs, { labelSelector: 'faultline.dev/role=load' })

describe('the load of a suite', () => {
  it('runs from before the first step to after the last, and its figures and the end of its log are in the record', async () => {
    const before = world.footprint()
    const run = await world.run(world.engine(), twoSteps(load(), load({ name: 'readers' })))
    expect(run).toMatchObject({ status: 'succeeded', orphans: 0 })
    expect(await timeOf(run, 'load_started', 'last')).toBeLessThan(await timeOf(run, 'step_planned'))
    expect(await timeOf(run, 'load_gone')).toBeGreaterThan(await timeOf(run, 'recovered', 'last'))
    expect(run.loads).toMatchObject(
      ['writers', 'readers'].map((name) => ({
        name,
        end: { how: 'with_the_run' },
        log: expect.stringMatching(/^begun\n\{"metrics"/),
        figures: { 'http_reqs.count': 4711, 'http_reqs.rate': 12.5, 'http_req_duration.p(95)': 81.2 },
      })),
    )
    expect(world.footprint()).toEqual(before)
  })

  it('is owned by a fuse whose UID is stored before its Job is made', async () => {
    const made: (readonly [string, string | undefined])[] = []
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const [object] = args
      if (method === 'create' && args[1]?.dryRun !== true && object?.metadata?.labels?.['faultline.dev/role'] === 'load') {
        const [listed] = await world.store.runs.list()
        const stored = await world.store.runs.load(listed?.id ?? '')
        made.push([object.metadata.ownerReferences[0].uid, stored?.loads?.[0]?.fuse.uid])
      }
      return go()
    })
    expect(await world.run(engine, twoSteps(load()))).toMatchObject({ status: 'succeeded' })
    expect(made).toHaveLength(1)
    expect(made[0]?.[0]).toBe(made[0]?.[1])
  })

  it('gets no rights, no token, no root and no volumes, and ends by itself', async () => {
    const seen: Job[] = []
    const engine = world.engine('driver-1', {
      observe: (progress) => {
        if (progress.kind === 'event' && progress.event.type === 'load_started') void workJobs().then((found) => seen.push(...found))
      },
    })
    const env = { TARGET: 'http://$(HOST)/', PRICE: '5 $' }
    await world.run(engine, twoSteps(load({ command: ['client', '$(HOST)'], env })))
    const { spec } = seen[0] as Job
    expect(spec).toMatchObject({ parallelism: 1, backoffLimit: 0, ttlSecondsAfterFinished: 60 })
    expect(spec.activeDeadlineSeconds).toBeLessThanOrEqual(600 + 60)
    expect(spec.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65_532 },
      containers: [
        {
          command: ['client', '$$(HOST)'],
          env: [
            { name: 'TARGET', value: 'http://$$(HOST)/' },
            { name: 'PRICE', value: '5 $' },
          ],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    })
    expect(JSON.stringify(spec.template.spec)).not.toMatch(/volume|privileged|host/)
  })

  it('fails the run when it dies, and says how and what it said last', async () => {
    const run = await world.run(world.engine(), twoSteps(load({ env: { END_AFTER: '8', EXIT: '3' } })))
    expect(run).toMatchObject({ status: 'failed', orphans: 0, steps: [{ verdict: 'succeeded' }, { verdict: 'succeeded' }] })
    expect(runReasonTexts(run as never)).toEqual([
      'load writers was not there to the end: Error (exit code 3); it said last: no route to the database',
    ])
    const diedAt = await timeOf(run, 'load_ended')
    expect(diedAt - (await timeOf(run, 'load_started'))).toBeLessThanOrEqual(8_000 + 3_000 + 500)
    expect(await workJobs()).toEqual([])
  })

  it('fails the run when it is through before the run is, unless it may be', async () => {
    const early = await world.run(world.engine(), twoSteps(load({ env: { END_AFTER: '8' } })))
    expect(early).toMatchObject({ status: 'failed', loads: [{ end: { how: 'by_itself' } }] })
    const run = await world.run(world.engine(), twoSteps(load({ env: { END_AFTER: '8' }, mayEnd: true })), { key: 'another' })
    expect(run).toMatchObject({ status: 'succeeded', loads: [{ end: { how: 'by_itself' }, log: 'begun\nno route to the database' }] })
  })

  it('may be in another namespace, which is left as it was', async () => {
    await world.cluster.objects.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'load-here' } })
    const before = world.footprint()
    const where: string[] = []
    const engine = world.engine('driver-1', {
      observe: (progress) => {
        if (progress.kind === 'event' && progress.event.type === 'load_started')
          void workJobs().then((found) => where.push(...found.map(({ metadata }) => metadata.namespace ?? '')))
      },
    })
    expect(await world.run(engine, twoSteps(load({ namespace: 'load-here' })))).toMatchObject({ status: 'succeeded', orphans: 0 })
    expect(where).toEqual(['load-here'])
    expect(world.footprint()).toEqual(before)
  })

  it('that cannot start ends the run before any fault, and leaves nothing', async () => {
    const before = world.footprint()
    world.sandbox.breakImage('example/client')
    const run = await world.run(world.engine(), twoSteps(load()))
    expect(run).toMatchObject({ status: 'failed', orphans: 0, steps: [{ activeAt: null }, { verdict: 'skipped' }] })
    expect(run.steps[0]?.reasons[0]?.detail).toMatch(/^load writers did not start within 90 s: pod \S+: (ErrImagePull|ImagePullBackOff)/)
    expect(world.footprint()).toEqual(before)
  })
})

describe('what stands against load before the start', () => {
  it('are images that the owner does not allow, namespaces that are not there, and those of the cluster itself', async () => {
    const config = { guards: [{ images: ['registry.example/load/*', '*@sha256:*'] }] }
    const refused = async (spec: LoadSpec, key: string, given = {}) => {
      const run = await world.run(world.engine('driver-1', { config: given }), twoSteps(spec), { key })
      return run.status === 'refused' ? run.refusals.map(({ code, message }) => `${code}: ${message}`) : [run.status]
    }
    expect(await refused(load(), 'a', config)).toEqual([
      'guard: load writers: image example/client:1 is not among those that are allowed: registry.example/load/*, *@sha256:*',
    ])
    expect(await refused(load({ image: `example/client@sha256:${'0'.repeat(64)}` }), 'b', config)).toEqual(['succeeded'])
    expect(await refused(load({ namespace: 'nowhere' }), 'c')).toEqual([expect.stringMatching(/^namespace: load writers: .*nowhere/)])
    const home = defaultConfig.injector.namespace
    expect(await refused(load({ namespace: home }), 'd')).toEqual([
      `namespace: load writers: namespace ${home} belongs to the injectors and is never attacked`,
    ])
  })
})

describe('whatever ends a run ends its load', () => {
  const long = suiteOf([stepOf(partition, { durationMs: 600_000 })], { load: [load()], maxDurationMs: 3_600_000 })

  it('a halt by hand, with nothing left', async () => {
    const before = world.footprint()
    const engine = world.engine('driver-1', {
      observe: (progress) => {
        if (progress.kind !== 'event' || progress.event.type !== 'injected') return
        void world.cluster.objects.list<Job>(jobs, { labelSelector: managedSelector }).then(async (found) => {
          for (const { metadata } of found)
            await world.cluster.objects.delete({ ...jobs, name: metadata.name, namespace: metadata.namespace ?? '' })
        })
      },
    })
    expect(await world.run(engine, long)).toMatchObject({ status: 'aborted', abort: { reason: 'halted' }, orphans: 0 })
    await world.pass(10_000)
    expect(world.footprint()).toEqual(before)
  })

  it('a reaper, after its driver died', async () => {
    const before = world.footprint()
    const dead = await dieIn(world, 'holding', long)
    await world.pass(70_000)
    expect(await workJobs()).toHaveLength(1)
    const { runs } = await world.play(reapRuns(world.engine('reaper'), [dead]))
    expect(runs).toMatchObject([{ status: 'aborted', orphans: 0, loads: [{ end: { how: 'with_the_run' } }] }])
    expect(world.footprint()).toEqual(before)
  })

  it('its fuse, three minutes after every process of ours is gone', async () => {
    await dieIn(world, 'holding', long)
    await world.pass(130_000)
    expect(await workJobs()).toHaveLength(1)
    await world.pass(60_000)
    expect(await workJobs()).toEqual([])
    expect(await world.cluster.objects.list<Pod>(pods, { namespace: ns, labelSelector: 'faultline.dev/role=load' })).toEqual([])
  })

  it('the sweep of orphans, where its run is over, and counts it', async () => {
    const run = await world.run(world.engine(), twoSteps(load()))
    const labels = { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': run.id, 'faultline.dev/role': 'load' }
    const spec = {
      parallelism: 1,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'work', image: 'example/client:1' }] } },
    }
    await world.cluster.objects.create<Job>({ ...jobs, metadata: { name: 'late', namespace: ns, labels }, spec })
    const swept = await world.play(sweepOrphans(world.engine('reaper'), world.cluster))
    expect(swept.removed).toEqual([`Job ${ns}/late (load)`])
  })

  it('outlasts its fuse while a driver lives, and is one and the same from driver to driver', async () => {
    const uids = new Set<string>()
    const relay = new Relay(world, {
      timeMs: 60_000,
      handOver: { firstMs: 9_000, againMs: 4_000, leaveMs: 1_000 },
      through: (engine) =>
        around(engine, async ({ method, args }, go) => {
          if (method === 'list' && args[1]?.labelSelector?.includes('faultline.dev/load'))
            for (const { metadata } of await workJobs()) uids.add(metadata.uid ?? '')
          return go()
        }),
    })
    const run = await relay.run(suiteOf([stepOf(partition, { durationMs: 400_000 })], { load: [load()], maxDurationMs: 3_600_000 }))
    expect(relay.left.length).toBeGreaterThan(5)
    expect(run).toMatchObject({ status: 'succeeded', orphans: 0, loads: [{ end: { how: 'with_the_run' } }] })
    expect(uids.size).toBe(1)
  })
})
