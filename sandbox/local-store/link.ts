import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { StoreUnavailable } from '../../lib/domain/errors.ts'
import type { Clock } from '../../lib/ports.ts'
import { type AddressFile, openAddressFile, type StoreAddress } from './address-file.ts'
import { identityHeader, keyHeader, type StoreServer, startStoreServer } from './server.ts'

/** How long a call may look for a store before it fails. */
export const patienceMs = 10_000
const probeMs = 1_000
/** Between two looks. */
export const pauseMs = 30

/** One process's way to the store: to the process that serves it, or, when nobody does, by serving it itself. */
export interface StoreLink {
  /** Finds or becomes the server; throws `StoreUnavailable` after ten seconds. */
  address(): Promise<StoreAddress>
  /** Says that this address did not answer, so that the next call looks anew. */
  forget(address: StoreAddress): void
  serving(): boolean
  close(): Promise<void>
}

/** Elects by LevelDB's own lock: one process per database; the losers connect to the winner. */
export function createStoreLink(directory: string, clock: Clock): StoreLink {
  const file = openAddressFile(directory)
  const path = join(directory, 'db')
  let server: StoreServer | undefined
  let found: { readonly search: Promise<StoreAddress>; address?: StoreAddress } | undefined
  const closing = new AbortController()

  const serve = async () => {
    server ??= await startStoreServer({ path, now: clock.now() })
    await file.write(server.address)
    return server.address
  }
  const search = () => {
    const current: NonNullable<typeof found> = { search: findOrServe(file, serve, closing.signal) }
    current.search.then(
      (address) => {
        current.address = address
      },
      () => {
        if (found === current) found = undefined
      },
    )
    return current
  }
  return {
    address: () => {
      if (closing.signal.aborted) found = undefined
      found ??= search()
      return found.search
    },
    forget: (address) => {
      if (found?.address === address) found = undefined
    },
    serving: () => server !== undefined,
    close: async () => {
      closing.abort()
      await Promise.allSettled([found?.search])
      if (server === undefined) return
      await file.remove(server.address)
      await server.close()
      server = undefined
    },
  }
}

async function findOrServe(file: AddressFile, serve: () => Promise<StoreAddress>, closing: AbortSignal): Promise<StoreAddress> {
  const until = performance.now() + patienceMs
  for (;;) {
    if (closing.aborted) throw new StoreUnavailable('this process has closed the local store')
    const address = await file.read()
    if (address !== undefined && (await answers(address))) return address
    try {
      return await serve()
    } catch (error) {
      if (performance.now() > until) throw unavailable(address, error)
    }
    await sleep(pauseMs)
  }
}

function unavailable(address: StoreAddress | undefined, cause: unknown): StoreUnavailable {
  const holder = address === undefined ? 'another process' : `process ${address.pid}`
  return new StoreUnavailable(`${holder} holds the local store but does not answer; continue or end it`, cause)
}

/** Whether the server of this very address file lives there. */
function answers(address: StoreAddress): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port: address.port, agent: false, headers: { [keyHeader]: address.key }, timeout: probeMs }
    const request = get(options, (response: IncomingMessage) => {
      response.resume()
      resolve(response.headers[identityHeader] === address.identity)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
    request.on('close', () => resolve(false))
  })
}
