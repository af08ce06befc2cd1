import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type LocalStore, openLocalStore } from '../../sandbox/local-store.ts'
import { nine, plannedInjection, requestedRun } from '../contracts/records.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { type Line, type StoreProcess, startStoreProcess } from './store-processes.ts'

let directory: string
let stores: LocalStore[] = []
let processes: StoreProcess[] = []
let strangers: Server[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-store-'))
})

afterEach(async () => {
  for (const one of processes) one.signal('SIGKILL')
  await Promise.all(processes.map((one) => one.ended()))
  await Promise.all(stores.map((store) => store.close()))
  for (const stranger of strangers) stranger.close().closeAllConnections()
  await rm(directory, { recursive: true, force: true })
  stores = []
  processes = []
  strangers = []
})

async function open(): Promise<LocalStore> {
  const store = await openLocalStore({ directory, clock: new VirtualClock(nine) })
  stores.push(store)
  return store
}

async function start(): Promise<StoreProcess & { readonly serving: boolean }> {
  const started = startStoreProcess(directory)
  processes.push(started)
  const { serving } = await started.until((line) => line.open === true)
  return { ...started, serving }
}

async function strangerPort(port = 0): Promise<number> {
  const stranger = createServer((_request, response) => response.end('{}'))
  strangers.push(stranger)
  await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve))
  return (stranger.address() as AddressInfo).port
}

const addressFile = () => join(directory, 'store.json')
const acknowledged = (lines: readonly Line[]) => lines.flatMap((line) => line.acknowledged ?? [])
const writtenBy = async (store: LocalStore, runId: string) => (await store.ledger.list(runId)).map(({ n }) => n)

describe('sharing', () => {
  test('the first process serves, the next connects, and both see the same', async () => {
    const first = await open()
    const second = await start()
    expect([first.serving(), second.serving]).toEqual([true, false])
    second.send('write r1')
    await second.until((line) => line.acknowledged === 20)
    expect((await writtenBy(first, 'r1')).slice(0, 21)).toEqual(Array.from({ length: 21 }, (_, n) => n))
  })

  test('of five processes that start at once exactly one serves, and all can write', async () => {
    const started = await Promise.all(Array.from({ length: 5 }, start))
    expect(started.filter(({ serving }) => serving)).toHaveLength(1)
    const done = started.map((one) => one.until((line) => line.acknowledged === 10))
    started.forEach((one, n) => {
      one.send(`write r${n}`)
    })
    await Promise.all(done)
  })

  test('the address and its key are for the owner only', async () => {
    await open()
    expect((await stat(addressFile())).mode & 0o777).toBe(0o600)
  })

  test('who does not know the key is turned away, a web page for one', async () => {
    await open()
    const { port } = JSON.parse(await readFile(addressFile(), 'utf8')) as { port: number }
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      body: '{}',
      headers: { 'x-amz-target': 'DynamoDB_20120810.GetItem' },
    })
    expect(answer.status).toBe(403)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('a server that is lost', () => {
  test('killed with -9 amid writes of three processes, it loses nothing acknowledged, and the others go on without an error', async () => {
    const server = await start()
    const others = [await start(), await start()]
    const all = [server, ...others]
    const warm = all.map((one) => one.until((line) => line.acknowledged === 15))
    all.forEach((one, n) => {
      one.send(`write r${n}`)
    })
    await Promise.all(warm)
    const before = others.map((one) => acknowledged(one.lines).length)
    const further = others.map((one, i) => one.until((line) => (line.acknowledged ?? 0) > (before[i] ?? 0) + 30))
    server.signal('SIGKILL')
    const last = await Promise.all(further)

    expect(last.filter(({ serving }) => serving)).toHaveLength(1)
    const reader = await open()
    for (const [n, one] of all.entries()) {
      const promised = acknowledged(one.lines)
      const stored = await writtenBy(reader, `r${n}`)
      expect(stored).toEqual(Array.from(stored.keys()))
      expect(stored).toEqual(expect.arrayContaining(promised))
    }
    expect(others.map((one) => one.stderr())).toEqual(['', ''])
  })

  test('every successor can be killed in turn', async () => {
    const first = await start()
    const chain = [await start(), await start()]
    const store = await open()
    for (const [n, one] of [first, ...chain].entries()) {
      one.signal('SIGKILL')
      await one.ended()
      expect(await store.ledger.add(plannedInjection('r1', 0, n))).toBe(true)
    }
    expect(store.serving()).toBe(true)
    expect(await writtenBy(store, 'r1')).toEqual([0, 1, 2])
  })

  test('one that closes while others are connected hands over and its process ends', async () => {
    const server = await start()
    const store = await open()
    await store.runs.create(requestedRun('r1'))
    server.send('close')
    expect(await server.ended()).toEqual({ code: 0, signal: null })
    expect(server.stderr()).toBe('')
    expect(await store.runs.load('r1')).toEqual(requestedRun('r1'))
    expect(store.serving()).toBe(true)
  })

  test('one that closes amid the writes of others costs them no error', async () => {
    const server = await start()
    const other = await start()
    const warm = other.until((line) => line.acknowledged === 10)
    const later = other.until((line) => line.serving && (line.acknowledged ?? 0) > 100)
    other.send('write r1')
    await warm
    server.send('close')
    await later
    const lines = acknowledged(other.lines)
    expect(lines).toEqual(Array.from(lines.keys()))
  })

  test('a client killed with -9 amid its writes does not harm the server', async () => {
    const store = await open()
    for (const runId of ['r1', 'r2', 'r3']) {
      const client = await start()
      const warm = client.until((line) => line.acknowledged === 5)
      client.send(`write ${runId}`)
      await warm
      client.signal('SIGKILL')
      await client.ended()
      expect((await writtenBy(store, runId)).length).toBeGreaterThanOrEqual(6)
    }
  })

  test('a store that this process closed stays closed', async () => {
    const store = await open()
    await store.close()
    await expect(store.runs.load('r1')).rejects.toMatchObject({ code: 'unavailable' })
    expect(store.serving()).toBe(false)
  })
})

describe('a stale address', () => {
  const stale = (port: number) => JSON.stringify({ pid: 1, port, identity: 'of-the-dead', key: 'of-the-dead' })

  test('of a server that is gone is replaced', async () => {
    await writeFile(addressFile(), stale(1))
    const store = await open()
    expect(store.serving()).toBe(true)
  })

  test('that belongs to another program now is not trusted', async () => {
    await writeFile(addressFile(), stale(await strangerPort()))
    const store = await open()
    expect(store.serving()).toBe(true)
    expect(await store.runs.create(requestedRun('r1'))).toBe(true)
    expect(await store.runs.load('r1')).toEqual(requestedRun('r1'))
  })

  test('that goes to another program between two calls is noticed by the answer', async () => {
    const server = await start()
    const store = await open()
    await store.runs.create(requestedRun('r1'))
    const { port } = JSON.parse(await readFile(addressFile(), 'utf8')) as { port: number }
    server.signal('SIGKILL')
    await server.ended()
    await strangerPort(port)
    expect(await store.runs.load('r1')).toEqual(requestedRun('r1'))
    expect(store.serving()).toBe(true)
  })

  test('that is garbage is replaced', async () => {
    await writeFile(addressFile(), '{"pid": 12')
    expect((await open()).serving()).toBe(true)
  })
})
