import type { Server } from 'node:http'
import { FaultlineError } from '../lib/domain/errors.ts'

export interface ListenAt {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /** What cannot be served if it fails: `metrics`, `the board`. */
  readonly what: string
}

/** @throws FaultlineError `refused` when the server may not listen there */
export function listening(server: Server, { host, port, what }: ListenAt): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'something listens there already; choose another --port' : error.message
      reject(new FaultlineError('refused', `cannot serve ${what} on ${host} port ${port}: ${why}`, { cause: error }))
    })
    server.listen(port, host, () => resolve())
  })
}

/** Waits for answers that are on their way, not for connections that are kept open. */
export async function closed(server: Server): Promise<void> {
  const done = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  await done
}
