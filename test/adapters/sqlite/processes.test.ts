import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openSqliteStore } from '../../../lib/adapters/sqlite/store.ts'
import type { Store } from '../../../lib/ports.ts'
import { nine, plannedInjection, requestedRun } from '../../contracts/records.ts'
import { itWith } from '../../support/tools.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const node = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url))
const script = fileURLToPath(new URL('./ledger-process.ts', import.meta.url))

interface Line {
  readonly open?: true
  readonly inside?: true
  readonly outside?: true
  readonly acknowledged?: number
}

let directory: string
let store: Store
let children: ChildProcess[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-ledger-'))
  store = await openSqliteStore({ directory, clock: new VirtualClock(nine) })
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all(children.map((child) => (child.exitCode === null && child.signalCode === null ? once(child, 'close') : undefined)))
  children = []
  await store.close()
  await rm(directory, { recursive: true, force: true })
})

/** Another process of the same directory. */
async function start() {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', script, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const lines: Line[] = []
  const waiting = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    lines.push(JSON.parse(text) as Line)
    for (const look of waiting) look()
  })
  const until = (holds: (line: Line) => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => lines.some(holds) && resolve()
      waiting.add(look)
      look()
    })
  await until(({ open }) => open === true)
  return {
    until,
    send: (command: string) => child.stdin.write(`${command}\n`),
    signal: (name: NodeJS.Signals) => child.kill(name),
    ended: () => once(child, 'close'),
    acknowledged: () => lines.flatMap((line) => line.acknowledged ?? []),
    stopped: () => /\) T /.test(readFileSync(`/proc/${child.pid}/stat`, 'utf8')),
  }
}

const written = async (runId: string) => (await store.ledger.list(runId)).map(({ n }) => n)

/** Moments spread over the first writes, from chance with a seed so that a failure comes again. */
const moments = Array.from({ length: 20 }, (_, i) => ({ moment: i, afterMs: (i * 37) % 60 }))

describe('two processes of one directory', () => {
  test('see each other, and write side by side', async () => {
    const other = await start()
    other.send('write r1')
    for (let n = 0; n < 20; n++) expect(await store.ledger.add(plannedInjection('r2', 0, n))).toBe(true)
    await other.until(({ acknowledged }) => acknowledged === 20)
    expect((await written('r1')).slice(0, 21)).toEqual(Array.from({ length: 21 }, (_, n) => n))
    expect(await written('r2')).toHaveLength(20)
  })

  test('of which one is killed at 20 moments: nothing acknowledged is lost, and the other writes on', async () => {
    for (const { moment, afterMs } of moments) {
      const other = await start()
      other.send(`write r${moment}`)
      await other.until(({ acknowledged }) => acknowledged === 2)
      await sleep(afterMs)
      other.signal('SIGKILL')
      await other.ended()
      expect(await store.runs.create(requestedRun(`r${moment}`))).toBe(true)
      const stored = await written(`r${moment}`)
      expect(stored).toEqual(Array.from(stored.keys()))
      expect(stored).toEqual(expect.arrayContaining(other.acknowledged()))
    }
  }, 180_000)

  const onLinux = itWith(['linux'], 'processes that are stopped')

  onLinux(
    'of which one is stopped at 20 moments: the other loses no write, however long it lasts',
    async () => {
      const other = await start()
      other.send('write r1')
      await other.until(({ acknowledged }) => acknowledged === 2)
      for (const { moment, afterMs } of moments) {
        await sleep(afterMs)
        other.signal('SIGSTOP')
        expect(await store.runs.create(requestedRun(`s${moment}`))).toBe(true)
        expect(await store.locks.acquire('c0ffee/ns', 'mine')).toBe('mine')
        other.signal('SIGCONT')
      }
      expect((await written('r1')).length).toBeGreaterThan(2)
    },
    120_000,
  )

  onLinux('of which one is stopped in the middle of its transaction: it may finish that, and stands still again', async () => {
    const other = await start()
    other.send('stop-inside')
    await other.until(({ inside }) => inside === true)
    while (!other.stopped()) await sleep(5)
    expect(await store.runs.create(requestedRun('r1'))).toBe(true)
    while (!other.stopped()) await sleep(5)
    other.signal('SIGCONT')
    await other.until(({ outside }) => outside === true)
  })
})
