import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, test } from '@jest/globals'
import { createDynamoClient } from '../../lib/adapters/dynamodb/client.ts'
import { createDynamoStore } from '../../lib/adapters/dynamodb/store.ts'
import { ensureTable } from '../../lib/adapters/dynamodb/table.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { nine } from './records.ts'
import { describeStore } from './store-contract.ts'

const moto = (process.env.PATH ?? '')
  .split(delimiter)
  .map((directory) => join(directory, 'moto_server'))
  .find((path) => existsSync(path))

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

async function untilAnswering(url: string): Promise<void> {
  for (;;) {
    const up = await fetch(url).then(
      () => true,
      () => false,
    )
    if (up) return
    await sleep(100)
  }
}

function describeOnMoto(command: string): void {
  let server: ChildProcess | undefined
  let endpoint = ''
  let tables = 0

  beforeAll(async () => {
    const port = await freePort()
    endpoint = `http://127.0.0.1:${port}`
    server = spawn(command, ['-H', '127.0.0.1', '-p', String(port)], { stdio: 'ignore' })
    await untilAnswering(`${endpoint}/moto-api/`)
  }, 60_000)

  afterAll(async () => {
    const exited = new Promise((resolve) => server?.once('exit', resolve))
    server?.kill('SIGKILL')
    await exited
  })

  const open = async () => {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const client = createDynamoClient({ region: 'eu-central-1', endpoint, credentials, timeoutMs: 10_000 })
    const table = `faultline-${++tables}`
    await ensureTable(client, table)
    const store = createDynamoStore({ client, table, clock: new VirtualClock(nine) })
    return { store, client, table, close: store.close }
  }
  describeStore('the DynamoDB adapter on moto_server', open, { atomic: false })
}

if (moto === undefined) {
  process.stderr.write('skipped: the store contract on moto_server, which is not on the PATH\n')
  describe.skip('the DynamoDB adapter on moto_server (not on the PATH)', () => {
    test.todo('meets the store contract')
  })
} else {
  describeOnMoto(moto)
}
