import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { drive } from '../../../lib/engine/drive.ts'
import { examineSuite } from '../../../lib/engine/examine-suite.ts'
import { start } from '../../../lib/engine/start.ts'
import { around } from '../../support/around.ts'
import { storedRuns } from '../../support/stored-runs.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

const ns = 'jadevectordb-system'
const one = suiteOf([stepOf(partition)])

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

describe('a start beside objects that bear our label', () => {
  /** A Job with our label that no store of this machine knows. */
  function strange(change: { readonly role?: string; readonly seconds?: number; readonly expires: string; readonly maker?: string }): void {
    const { role, seconds, expires, maker } = change
    world.sandbox.create('jobs', {
      metadata: {
        name: 'elsewhere',
        namespace: ns,
        labels: {
          'app.kubernetes.io/managed-by': 'faultline',
          'faultline.dev/run': 'elsewhere-1',
          ...(role === undefined ? {} : { 'faultline.dev/role': role }),
        },
        annotations: { 'faultline.dev/expires-at': expires },
        ...(maker === undefined ? {} : { managedFields: [{ manager: maker, fieldsV1: { 'f:spec': { 'f:parallelism': {} } } }] }),
      },
      spec: {
        parallelism: 0,
        ...(seconds === undefined ? {} : { activeDeadlineSeconds: seconds }),
        template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } },
      },
    } as never)
  }

  const inTenMinutes = () => new Date(world.clock.now() + 600_000).toISOString()
  const end = `"kubectl delete job -n ${ns} elsewhere" ends it`

  it.each([
    ['faultline', 'faultline'],
    [undefined, 'a client that is not recorded'],
  ])('is refused beside the beacon of a run that another table knows, and says who made it and what ends it: %s', async (maker, by) => {
    strange({ role: 'beacon', seconds: 600, expires: inTenMinutes(), ...(maker === undefined ? {} : { maker }) })
    const at = world.sandbox.objects().find(({ metadata }) => metadata.name === 'elsewhere')?.metadata.creationTimestamp
    await world.pass(1_000)
    const run = await world.run(world.engine(), one)
    const whose = 'this store does not know it: it is a run of another one, or a Job that a stranger made under our label'
    const message = `run elsewhere-1 is at work in namespace ${ns} (Job elsewhere, made ${at} by ${by}); ${whose}; ${end}`
    expect(run).toMatchObject({ status: 'refused', refusals: [{ code: 'busy', message }] })
    await world.pass(601_000)
    expect((await world.run(world.engine(), one, { key: 'later' })).status).toBe('succeeded')
  })

  it.each([
    ['with our label alone', { expires: '2036-01-05T12:00:00Z' }],
    ['that calls itself a fuse', { role: 'fuse', seconds: 600, expires: '2036-01-05T12:00:00Z' }],
    ['that calls itself a beacon, and never ends', { role: 'beacon', expires: '2036-01-05T12:00:00Z' }],
    ['that ends at another time than its beacon would say', { role: 'beacon', seconds: 600, expires: '2036-01-05T12:00:00Z' }],
    ['like a beacon in all but the client that made it', { role: 'beacon', seconds: 600, expires: null, maker: 'kubectl-create' }],
  ])("a stranger's Job keeps no run out, and is warned of: one %s", async (_, change) => {
    strange({ ...change, expires: change.expires ?? inTenMinutes() })
    await world.pass(1_000)
    const seen = await examineSuite(world.engine(), { cluster: world.cluster, suite: suiteOf([stepOf(partition)]), seed: 1 })
    expect(seen.admission.refusals).toEqual([])
    expect(seen.admission.warnings).toEqual([
      expect.stringMatching(
        /^Job elsewhere, made 20\S+ by .+, bears our label, and is of no run that this store knows: it is ignored; "kubectl/,
      ),
    ])
    const told: string[] = []
    const run = await world.run(
      world.engine('driver-1', { observe: (progress) => void (progress.kind === 'note' ? told.push(progress.message) : 0) }),
      suiteOf([stepOf(partition)]),
    )
    expect([run.status, told]).toEqual(['succeeded', seen.admission.warnings])
  })
})

describe('the objects of a run', () => {
  it('bear a nonce in their names that was drawn and stored before any of them existed', async () => {
    const seen = new Map<string, string>()
    const engine = around(world.engine(), async ({ method, args }, go) => {
      const [object, options] = args
      // Events on targets are named as Kubernetes' own are.
      if (method === 'create' && options?.dryRun !== true && object.kind !== 'Event' && object.metadata?.name !== undefined) {
        const [run] = await storedRuns(world.store)
        seen.set(object.metadata.name, run?.nonce ?? '')
      }
      return go()
    })
    const { nonce: _, ...request } = world.request(one)
    const { run } = await start(engine, request)
    await world.play(drive(engine, run.id))
    expect(run.nonce).toMatch(/^[a-z][a-z0-9]{4}$/)
    // The beacon; the fuse, and the policy of the same name.
    expect([...seen]).toEqual([
      [`faultline-${run.id}-${run.nonce}`, run.nonce],
      [`faultline-${run.id}-0-${run.nonce}`, run.nonce],
    ])
  })
})
