import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError } from '../../../lib/domain/errors.ts'
import type { MetricFamily, Place } from '../../../lib/domain/metrics.ts'
import type { Run } from '../../../lib/domain/run.ts'
import { metricsFromStore, pushSnapshot } from '../../../lib/engine/notifications/metrics-snapshot.ts'
import { reapRuns } from '../../../lib/engine/reap.ts'
import { start } from '../../../lib/engine/start.ts'
import type { MetricsSink } from '../../../lib/ports.ts'
import { dieIn } from '../../support/around.ts'
import { partition, podDelete, stepOf, suiteOf } from '../../support/suites.ts'
import type { World } from '../../support/world.ts'
import { openWorld } from '../../support/world.ts'

/** The simulated cluster answers over real connections: a busy machine may move a virtual time by this much; a push has 5 s. */
const noiseMs = 2_000

const suite = suiteOf([stepOf(partition), stepOf(podDelete)])

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

/** A Pushgateway that keeps the pushes to it. */
class Gateway implements MetricsSink {
  readonly pushes: { readonly place: Place; readonly lines: readonly string[] }[] = []
  answer: () => Promise<void> = async () => undefined

  async push(place: Place, families: readonly MetricFamily[]): Promise<void> {
    await this.answer()
    this.pushes.push({ place, lines: linesOf(families) })
  }

  /** The newest value of each of these metrics, in the order of their names. */
  last(metric: string): readonly string[] {
    return (
      this.pushes
        .at(-1)
        ?.lines.filter((line) => line.startsWith(metric))
        .toSorted() ?? []
    )
  }
}

/** `metric labels value`, the place's and the run's own labels left out. */
function linesOf(families: readonly MetricFamily[]): readonly string[] {
  return families.flatMap(({ samples }) =>
    samples.map(({ name, labels, value }) => {
      const { cluster_uid, namespace, run, suite: of, cluster, ...rest } = labels
      return [name, ...Object.values(rest), value].join(' ')
    }),
  )
}

const hangs = () => new Promise<void>(() => undefined)
const refuses = () => Promise.reject(new FaultlineError('unavailable', 'connection refused', { retryable: true }))
const active = 'chaos_experiment_active'

async function times(run: Run) {
  const history = await world.store.ledger.history(run.id)
  return history.filter(({ type }) => type !== 'released').map(({ type, at }) => ({ type, at: at - run.requestedAt }))
}

describe('metrics of a run', () => {
  it('are pushed while it is driven: active while a fault is, and not after it', async () => {
    const gateway = new Gateway()
    const run = await world.run(world.engine('driver-1', { sink: gateway }), suite)
    expect(run.status).toBe('succeeded')
    const seen = gateway.pushes.map(({ lines }) => lines.filter((line) => line.startsWith(active)).join(', '))
    expect([...new Set(seen)].toSorted()).toEqual([
      `${active} network_partition 0, ${active} node_failure 0`,
      `${active} network_partition 0, ${active} node_failure 1`,
      `${active} network_partition 1, ${active} node_failure 0`,
    ])
    expect(gateway.last(active)).toEqual([`${active} network_partition 0`, `${active} node_failure 0`])
    expect(gateway.last('chaos_run_deadline_timestamp_seconds')).toEqual(['chaos_run_deadline_timestamp_seconds 0'])
    expect(gateway.last('chaos_faults_')).toEqual([
      'chaos_faults_injected_total network_partition 1',
      'chaos_faults_injected_total node_failure 1',
      'chaos_faults_reverted_total network_partition 1',
      'chaos_faults_reverted_total node_failure 1',
    ])
    expect(gateway.last('chaos_experiments_total')).toEqual([
      'chaos_experiments_total network_partition succeeded 1',
      'chaos_experiments_total node_failure succeeded 1',
    ])
    expect(new Set(gateway.pushes.map(({ place }) => JSON.stringify(place)))).toEqual(
      new Set([JSON.stringify({ clusterUid: world.ref.uid, namespace: 'jadevectordb-system' })]),
    )
  })

  it('are pushed again when nothing happens, as a Pushgateway that was restarted has forgotten them', async () => {
    const gateway = new Gateway()
    await world.run(world.engine('driver-1', { sink: gateway }), suiteOf([stepOf(partition, { durationMs: 100_000 })]))
    const held = gateway.pushes.filter(({ lines }) => lines.includes(`${active} network_partition 1`))
    expect(held.length).toBeGreaterThanOrEqual(6)
  })

  it('delay nothing when the Pushgateway hangs, refuses or is broken', async () => {
    const plain = await world.run(world.engine('driver-1'), suite, { key: 'plain' })
    const expected = await times(plain)
    const breaks = () => Promise.reject(new TypeError('a bug'))
    for (const [key, answer] of Object.entries({ hangs, refuses, breaks })) {
      const gateway = new Gateway()
      gateway.answer = answer
      const notes: string[] = []
      const observe = (progress: { readonly kind: string; readonly message?: string }) => {
        if (progress.kind === 'note') notes.push(progress.message ?? '')
      }
      const run = await world.run(world.engine('driver-1', { sink: gateway, observe }), suite, { key })
      const found = await times(run)
      expect(found.map(({ type }) => type)).toEqual(expected.map(({ type }) => type))
      expect(Math.max(...found.map(({ at }, i) => at - (expected[i]?.at ?? 0)))).toBeLessThan(noiseMs)
      expect(notes.filter((note) => note.startsWith('metrics could not be pushed'))).toHaveLength(1)
    }
  })

  it('of a killed driver say active until the reaper mends them', async () => {
    const gateway = new Gateway()
    let dead = false
    const engine = world.engine('dead', {
      sink: { push: async (...push) => (dead ? hangs() : gateway.push(...push)) },
      hook: () => {
        if (dead) throw new Error('the process is dead')
      },
      observe: ({ run }) => {
        if (run.status === 'holding') void world.clock.sleep(3_000).then(() => { dead = true }) // biome-ignore format: one look
      },
    })
    await world.run(engine, suite).catch(() => undefined)
    expect(gateway.last(active)).toContain(`${active} network_partition 1`)
    const [run] = await world.store.runs.list()
    if (run === undefined) throw new Error('no run')
    await world.play(reapRuns(world.engine('reaper', { sink: gateway, dead: ['dead'] }), [run]))
    expect(gateway.last(active)).toEqual([`${active} network_partition 0`, `${active} node_failure 0`])
    expect(gateway.last('chaos_run_deadline')).toEqual(['chaos_run_deadline_timestamp_seconds 0'])
    expect(gateway.last('chaos_faults_injected_total')).toEqual(['chaos_faults_injected_total network_partition 1'])
    expect(gateway.last('chaos_experiments_total')).toEqual([
      'chaos_experiments_total network_partition aborted 1',
      'chaos_experiments_total node_failure skipped 1',
    ])
  })

  it('that did not get through at the end of a run are mended by the next reaper', async () => {
    const gateway = new Gateway()
    const engine = world.engine('driver-1', {
      sink: gateway,
      observe: ({ run }) => {
        if (run.status === 'reverting') gateway.answer = refuses
      },
    })
    await world.run(engine, suiteOf([stepOf(partition)]))
    expect(gateway.last(active)).toEqual([`${active} network_partition 1`])
    gateway.answer = async () => undefined
    await pushSnapshot(world.engine('reaper', { sink: gateway }), () => undefined)
    expect(gateway.last(active)).toEqual([`${active} network_partition 0`])
  })

  it('are left to the driver that lives', async () => {
    const gateway = new Gateway()
    await start(world.engine(), world.request(suite))
    await pushSnapshot(world.engine('reaper', { sink: gateway }), () => undefined)
    expect(gateway.pushes).toEqual([])
  })

  it('that cannot be mended are told of', async () => {
    const gateway = new Gateway()
    await world.run(world.engine(), suiteOf([stepOf(partition)]))
    gateway.answer = refuses
    const said: string[] = []
    await pushSnapshot(world.engine('reaper', { sink: gateway }), (line) => said.push(line))
    expect(said).toEqual(['metrics could not be pushed: connection refused'])
  })

  it('are the same to a scraper', async () => {
    const gateway = new Gateway()
    await world.run(world.engine('driver-1', { sink: gateway }), suite)
    expect(linesOf(await metricsFromStore(world.store)).toSorted()).toEqual(gateway.pushes.at(-1)?.lines.toSorted())
  })

  it('of a run under way are read from the ledger', async () => {
    await dieIn(world, 'holding', suite)
    const lines = linesOf(await metricsFromStore(world.store))
    expect(lines).toContain(`${active} network_partition 1`)
    expect(lines).toContain(`${active} node_failure 0`)
  })
})
