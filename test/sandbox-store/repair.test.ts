import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Store } from '../../lib/ports.ts'
import { type DynaliteStore, openDynalite } from '../../sandbox/local-store/dynalite.ts'
import { openLocalStore } from '../../sandbox/local-store.ts'
import { endedRun, nine, plannedInjection, requestedRun } from '../contracts/records.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

const dueEntries = { gte: 'index-global~faultline~due~', lt: 'index-global~faultline~due~\xff' }

describe('what a killed server leaves', () => {
  let directory: string
  let store: Store | undefined
  const open = async (now = nine) => {
    store = await openLocalStore({ directory, clock: new VirtualClock(now) })
    return store
  }
  const close = async () => {
    await store?.close()
    store = undefined
  }
  const tamper = async (change: (below: DynaliteStore) => Promise<void>) => {
    await close()
    const below = await openDynalite(join(directory, 'db'))
    await change(below)
    await below.db.close()
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'faultline-store-'))
  })
  afterEach(async () => {
    await close()
    await rm(directory, { recursive: true, force: true })
  })

  test('a live run that an index had lost is due again', async () => {
    await (await open()).runs.create(requestedRun('r1'))
    await tamper((below) => below.db.clear(dueEntries))
    const { runs } = await open()
    expect((await runs.due(nine)).map(({ id }) => id)).toEqual(['r1'])
    await runs.save(endedRun(requestedRun('r1')))
    expect(await runs.due(nine)).toEqual([])
  })

  test('an index entry of a save that never was is gone', async () => {
    await (await open()).runs.create(requestedRun('r1'))
    await tamper(async (below) => {
      for await (const [key, value] of below.db.iterator(dueEntries)) {
        await below.db.batch([{ type: 'put', key: `${key}0`, value }])
      }
    })
    expect(await (await open()).runs.due(nine)).toHaveLength(1)
  })

  test('a table left half created is usable', async () => {
    await (await open()).runs.create(requestedRun('r1'))
    await tamper(async (below) => {
      for await (const [key, value] of below.db.iterator({ gte: 'table~', lt: 'table~\xff' })) {
        await below.db.batch([{ type: 'put', key, value: { ...(value as object), TableStatus: 'CREATING' } }])
      }
    })
    expect(await (await open()).runs.load('r1')).toEqual(requestedRun('r1'))
  })

  test('an ended run is forgotten when the store opens after its 30 days, and not before', async () => {
    const { runs, ledger } = await open()
    await runs.create(requestedRun('r1'))
    await ledger.add(plannedInjection('r1', 0, 0))
    await runs.save(endedRun(requestedRun('r1')))
    await close()
    expect(await (await open(Date.UTC(2026, 1, 4, 9, 9, 59))).ledger.list('r1')).toHaveLength(1)
    await close()
    const later = await open(Date.UTC(2026, 1, 4, 9, 10, 1))
    expect(await later.runs.load('r1')).toBeUndefined()
    expect(await later.ledger.list('r1')).toEqual([])
    expect(await later.runs.list()).toEqual([])
  })
})
