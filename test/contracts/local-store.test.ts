import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localTable, openLocalStore } from '../../sandbox/local-store.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { nine } from './records.ts'
import { describeStore } from './store-contract.ts'

describeStore('the local store on disk', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'faultline-store-'))
  const store = await openLocalStore({ directory, clock: new VirtualClock(nine) })
  const close = async () => {
    await store.close()
    await rm(directory, { recursive: true, force: true })
  }
  return { store, client: store.client, table: localTable, close }
})
