import type { Server } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Starts a DynamoDB of its own in memory, on a free port; for tests and `aws:local`, no part of what ships. */
export async function startDynalite(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const dynalite = require('dynalite') as (options: object) => Server
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  return { url: `http://127.0.0.1:${address.port}`, close }
}
