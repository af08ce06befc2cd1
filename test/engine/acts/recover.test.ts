import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { KubeObject } from '../../../lib/domain/kube.ts'
import { partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const ns = 'jadevectordb-system'

let world: World

beforeEach(async () => {
  world = await openWorld({ replicas: 4 })
})

afterEach(() => world.close())

/** Runs one step of the fault, and does something 2 s after its fault is held. */
async function runAnd(fault: typeof partition | typeof podDelete, act: () => Promise<unknown>) {
  let seen = false
  const engine = world.engine('driver-1', {
    observe: ({ run }) => {
      if (run.status !== 'holding' || seen) return
      seen = true
      void world.clock.sleep(2_000).then(act)
    },
  })
  const run = await world.run(engine, suiteOf([stepOf(fault, { durationMs: 12_000 })], { recoveryTimeoutMs: 20_000 }))
  const history = await world.store.ledger.history(run.id)
  return { run, recovered: history.find(({ type }) => type === 'recovered' || type === 'not_recovered')?.message }
}

/** The controller of the workload's pods. */
async function scaleTo(replicas: number): Promise<void> {
  for (const kind of ['Deployment', 'StatefulSet'])
    for (const found of await world.cluster.objects.list<KubeObject>({ apiVersion: 'apps/v1', kind }, { namespace: ns }))
      await world.cluster.objects.patch({ apiVersion: 'apps/v1', kind, namespace: ns, name: found.metadata.name }, { spec: { replicas } })
}

describe('recovery is measured against what should be there now', () => {
  it('a workload that an autoscaler made smaller meanwhile is whole, and the change is told', async () => {
    const { run, recovered } = await runAnd(podDelete, () => scaleTo(3))
    expect(run.status).toBe('succeeded')
    expect(recovered).toMatch(
      /^healthy again (?:at once|after \d+\.\d s): 3 of 3 pods are ready; \w+ \S+ wants 3 now, 4 were before; 3 of 4 pods were ready for \d+ s$/,
    )
  })

  it('a Job of the workload that came to its end meanwhile owes no pod, and that is told', async () => {
    world.sandbox.create('jobs', {
      metadata: { name: 'reindex', namespace: ns },
      spec: {
        template: {
          metadata: { labels: { app: 'jadevectordb' } },
          spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.org/reindex:1' }] },
        },
      },
    } as never)
    await world.pass(10_000)
    const podOfJob = () => world.sandbox.objects().find(({ kind, metadata }) => kind === 'Pod' && metadata.name.startsWith('reindex-'))
    const { run, recovered } = await runAnd({ ...partition }, async () =>
      world.sandbox.crash({ namespace: ns, name: podOfJob()?.metadata.name ?? '', container: 'main' }, 0),
    )
    expect(run.baseline?.ready).toBe(5)
    expect(recovered).toMatch(
      /^healthy again (?:at once|after \d+\.\d s): 4 of 4 pods are ready; Job reindex has ended \(it had 1\); 3 of 5 pods were ready for \d+ s$/,
    )
    expect(run.status).toBe('succeeded')
  })

  it('a pod that is missing while its controller wants it is none that went for good', async () => {
    const { run, recovered } = await runAnd(partition, async () => {
      const [pod] = world.sandbox.objects().filter((o) => o.kind === 'Pod' && o.metadata.namespace === ns)
      const ref = { apiVersion: 'v1', kind: 'Pod', namespace: ns, name: pod?.metadata.name ?? '' }
      await world.cluster.objects.patch(ref, { metadata: { labels: { app: 'another-app', pod: 'lost' } } })
    })
    expect([run.status, recovered]).toEqual([expect.stringMatching(/succeeded|no_effect/), expect.stringMatching(/4 of 4 pods are ready/)])
  })
})
