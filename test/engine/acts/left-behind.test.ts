import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { openMemoryStore } from '../../../lib/adapters/sqlite/store.ts'
import { sweepOrphans } from '../../../lib/engine/reap.ts'
import { dieIn } from '../../support/around.ts'
import { memory, partition, stepOf, suiteOf } from '../../support/suites.ts'
import { openWorld, type World } from '../../support/world.ts'

const cut = suiteOf([stepOf(partition)])
const other = suiteOf([stepOf(memory)], { name: 'Other' })

let world: World

beforeEach(async () => {
  world = await openWorld()
})

afterEach(() => world.close())

const labelled = () => world.sandbox.objects().filter(({ metadata }) => metadata.labels?.['faultline.dev/target'] !== undefined)
const named = () => labelled().map(({ metadata }) => `label on Pod ${metadata.namespace}/${metadata.name}`)
const ofUs = (kind: string) =>
  world.sandbox.objects().filter((object) => object.kind === kind && object.metadata.labels?.['faultline.dev/run'] !== undefined)

/** The runner dies while the fault holds, and its fuse and beacon end by themselves, with no reaper about. */
async function leftByTheFuse(): Promise<void> {
  await dieIn(world, 'holding', cut)
  await world.pass(700_000)
  expect([ofUs('NetworkPolicy'), ofUs('Job')]).toEqual([[], []])
  expect(labelled()).toHaveLength(1)
}

describe('labels that a fuse left on targets', () => {
  it('are taken away by the next run, also one of another table, told, and counted as no orphans', async () => {
    await leftByTheFuse()
    const before = named()
    const engine = world.engine('someone-else')
    const { id } = (await world.store.runs.list())[0] ?? { id: '' }
    const elsewhere = await openMemoryStore(world.clock)
    const store = { ...elsewhere, close: async () => {} }
    const run = await world.run({ ...engine, store }, other)
    expect(run).toMatchObject({ status: 'succeeded', orphans: 0 })
    expect(labelled()).toEqual([])
    const history = await elsewhere.ledger.history(run.id)
    expect(history.find(({ type }) => type === 'verified')).toMatchObject({
      message: `nothing of the run is left; inert leftovers of fuses taken away: ${before[0]} of run ${id}`,
      data: { orphans: [], inert: [`${before[0]} of run ${id}`] },
    })
    await elsewhere.close()
  })

  it('are told apart from orphans by a sweep', async () => {
    await leftByTheFuse()
    const before = named()
    const elsewhere = await openMemoryStore(world.clock)
    const swept = await world.play(sweepOrphans({ ...world.engine('reaper'), store: elsewhere }, world.cluster))
    expect(swept).toEqual({ found: before, removed: [], inert: before, failed: [] })
    expect(labelled()).toEqual([])
    await elsewhere.close()
  })

  it('stay while their run lives', async () => {
    await dieIn(world, 'holding', cut)
    const elsewhere = await openMemoryStore(world.clock)
    for (const store of [elsewhere, world.store]) {
      const swept = await world.play(sweepOrphans({ ...world.engine('reaper'), store }, world.cluster))
      expect([swept.removed, swept.inert]).toEqual([[], []])
    }
    expect(labelled()).toHaveLength(1)
    await elsewhere.close()
  })
})
