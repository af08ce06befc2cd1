import { spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { openSqliteStore } from '../../lib/adapters/sqlite/store.ts'
import type { Store } from '../../lib/ports.ts'
import { nine, plannedInjection, requestedRun } from '../contracts/records.ts'
import { VirtualClock } from '../support/virtual-clock.ts'

let disk: string
let store: Store

beforeEach(async () => {
  disk = mkdtempSync(join(tmpdir(), 'faultline-disk-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12m', 'tmpfs', disk], { encoding: 'utf8' })
  if (mounted.status !== 0) throw new Error(mounted.stderr)
  store = await openSqliteStore({ directory: join(disk, 'state'), clock: new VirtualClock(nine) })
})

afterEach(async () => {
  await store.close()
  spawnSync('umount', [disk])
  rmSync(disk, { recursive: true, force: true })
})

/** Another program takes all that is left, to the last byte. */
function fillUp(): void {
  for (const bytes of [65_536, 64]) {
    try {
      for (;;) appendFileSync(join(disk, 'other'), Buffer.alloc(bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
  expect(statfsSync(disk).bavail).toBe(0)
}

test('a disk that fills up in the middle of a run keeps no driver from recording that all is undone', async () => {
  await store.runs.create(requestedRun('r1'))
  for (let n = 0; n < 20; n++) await store.ledger.add(plannedInjection('r1', 0, n))
  fillUp()
  for (let n = 0; n < 20; n++) await store.ledger.save(plannedInjection('r1', 0, n, { version: 2, status: 'reverted' }))
  expect((await store.ledger.list('r1')).every(({ status }) => status === 'reverted')).toBe(true)
})

test('a disk that stays full is told as that in the end, and what is stored can still be read', async () => {
  await store.ledger.add(plannedInjection('r1', 0, 0))
  fillUp()
  const write = async () => {
    for (let version = 2; ; version++) await store.ledger.save(plannedInjection('r1', 0, 0, { version, reason: 'x'.repeat(200_000) }))
  }
  await expect(write()).rejects.toMatchObject({ code: 'unavailable', message: expect.stringContaining('no space is left for') })
  expect(existsSync(join(disk, 'state', 'reserve'))).toBe(false)
  expect(await store.ledger.list('r1')).toHaveLength(1)
  const another = await openSqliteStore({ directory: join(disk, 'state'), clock: new VirtualClock(nine) })
  expect(await another.ledger.list('r1')).toHaveLength(1)
  await another.close()
})
