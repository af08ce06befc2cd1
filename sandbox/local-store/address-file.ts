import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the store is served, and how both sides know each other. */
export interface StoreAddress {
  readonly pid: number
  readonly port: number
  /** Sent with every answer: tells the server from a stranger that got its port after its death. */
  readonly identity: string
  /** Sent with every request: tells those who may read this file from any other program or web page on the machine. */
  readonly key: string
}

/** The one who serves the store writes it, the others look it up. */
export interface AddressFile {
  /** Undefined when it is absent or not to be understood. */
  read(): Promise<StoreAddress | undefined>
  /** Atomic, and readable by its owner only. */
  write(address: StoreAddress): Promise<void>
  /** Leaves another server's address alone. */
  remove(address: StoreAddress): Promise<void>
}

/** `store.json` in the project's `.faultline`. */
export function openAddressFile(directory: string): AddressFile {
  const path = join(directory, 'store.json')
  const read = async () => {
    const text = await readFile(path, 'utf8').catch(undefinedWhenAbsent)
    return text === undefined ? undefined : parse(text)
  }
  return {
    read,
    write: async (address) => {
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const temporary = `${path}.${randomUUID()}`
      await writeFile(temporary, `${JSON.stringify(address)}\n`, { mode: 0o600 })
      await rename(temporary, path)
    },
    remove: async (address) => {
      if ((await read())?.identity === address.identity) await rm(path, { force: true })
    },
  }
}

function undefinedWhenAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

function parse(text: string): StoreAddress | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isAddress(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function isAddress(value: unknown): value is StoreAddress {
  if (typeof value !== 'object' || value === null) return false
  const { pid, port, identity, key } = value as Record<string, unknown>
  return typeof pid === 'number' && typeof port === 'number' && typeof identity === 'string' && typeof key === 'string'
}
