import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError, KubernetesError, StoreUnavailable } from '../../lib/domain/errors.ts'
import { managedSelector } from '../../lib/domain/labels.ts'
import { drive } from '../../lib/engine/drive.ts'
import { start } from '../../lib/engine/start.ts'
import { nodeDrain, partition, podDelete, anyPod, stepOf, suiteOf } from '../support/suites.ts'
import type { World } from '../support/world.ts'
import { openWorld } from '../support/world.ts'
import { around } from './support.ts'

const ns = 'jadevectordb-system'
const jobs = { apiVersion: 'batch/v1', kind: 'Job' }
let world: World
beforeEach(async () => {
  world = await openWorld({ replicas: 3 })
})
afterEach(() => world.close())
async function haltByHand() {
  for (const { metadata } of await world.cluster.objects.list(jobs, { labelSelector: managedSelector }))
    await world.cluster.objects.delete({ ...jobs, name: metadata.name, namespace: metadata.namespace ?? '' })
}

describe('M', () => {
  it('M1 a look at a fuse that is answered after the revert is no halt', async () => {
    let now: any
    let slow = true
    const engine = around(world.engine('driver-1', { observe: ({ run }) => { now = run } }), async ({ method, args }, go) => {
      if (slow && method === 'get' && args[0].kind === 'Job' && now?.status === 'holding' && args[0].name === `faultline-${now.id}-0` && now.revertAt - world.clock.now() < 3_100) {
        slow = false
        await world.clock.sleep(4_500) // a 503 and its retry
      }
      return go()
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { intervalMs: 10_000 }), stepOf(partition)]))
    expect(slow).toBe(false)
    expect(run.abort).toBeNull()
  })

  it('M2 a switch that could not be read once does not end the watch: a halt by hand still halts', async () => {
    let bad = 0
    let halted = false
    const engine = world.engine('driver-1', {
      hook: ({ port, when }) => { if (port === 'controls' && when === 'before' && bad === 1) { bad = 2; throw new FaultlineError('invalid', 'the store refused') } },
      observe: ({ run }) => { if (run.status === 'holding' && bad === 0) { bad = 1; void world.clock.sleep(8_000).then(async () => { halted = true; await haltByHand() }) } },
    })
    const run = await world.run(engine, suiteOf([stepOf(partition, { durationMs: 60_000 }), stepOf(partition)]))
    expect(halted).toBe(true)
    expect(run.status).toBe('aborted')
    expect(run.steps[1]?.verdict).toBe('skipped')
  })

  it('M3 reverting from memory survives one failed call', async () => {
    let since = 0
    let failed = false
    const engine = around(world.engine('driver-1', {
      hook: ({ port, when }) => { if (since > 0 && when === 'before' && ['runs', 'ledger', 'locks', 'controls'].includes(port)) throw new StoreUnavailable('x') },
      observe: ({ run }) => { if (run.status === 'holding' && since === 0) since = world.clock.now() },
    }), async ({ method, args }, go) => {
      if (since > 0 && method === 'delete' && args[0].kind === 'Job' && !failed) { failed = true; throw new KubernetesError('unavailable', 0, 'blip', { retryable: true }) }
      return go()
    })
    const code = world.run(engine, suiteOf([stepOf(partition, { durationMs: 100_000 })])).then(() => 'ok', (e) => e)
    await world.pass(50_000)
    expect(failed).toBe(true)
    expect(world.sandbox.objects().filter((o) => o.kind === 'NetworkPolicy')).toEqual([])
    expect(await code).toBeInstanceOf(StoreUnavailable)
  })

  it('M7 what a beacon of an ended run left does not keep the next run out', async () => {
    const first = await world.run(world.engine('a'), suiteOf([stepOf(podDelete)]), { key: 'a' })
    // a zombie's beacon, made after the end
    world.sandbox.create('jobs', { metadata: { name: `faultline-${first.id}`, namespace: ns, labels: { 'app.kubernetes.io/managed-by': 'faultline', 'faultline.dev/run': first.id, 'faultline.dev/role': 'beacon' }, annotations: { 'faultline.dev/expires-at': '2027-01-01T00:00:00Z' } }, spec: { parallelism: 0, template: { spec: { restartPolicy: 'Never', containers: [{ name: 'x', image: 'x:1' }] } } } } as never)
    const next = await world.run(world.engine('b'), suiteOf([stepOf(podDelete)]), { key: 'b' })
    expect(next.status).toBe('succeeded')
  })

  it('M8 a driver whose second fuse lookup races: Ctrl-C while verifying an API that is away ends the command', async () => {
    const stop = new AbortController()
    let verifying = false
    const engine = around(world.engine('driver-1', { observe: ({ run }) => { verifying ||= run.status === 'verifying' } }), async (_, go) => {
      if (verifying) throw new KubernetesError('unavailable', 0, 'away')
      return go()
    })
    let over = false
    const { run } = await world.play(start(engine, world.request(suiteOf([stepOf(partition)]))))
    void drive(engine, run.id, { giveUpAfterMs: 300_000, interrupt: stop.signal }).finally(() => { over = true })
    await world.pass(30_000)
    stop.abort()
    await world.pass(600_000)
    expect(over).toBe(true)
  }, 60_000)
})
