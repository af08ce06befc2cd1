import { close, fdatasync, open } from 'node:fs'
import { promisify } from 'node:util'
import { StoreUnavailable } from '../../domain/errors.ts'

const [opened, synced, closed] = [promisify(open), promisify(fdatasync), promisify(close)]

/** The write-ahead log of an open ledger, as far as it is flushed by this process itself. */
export interface WriteAheadLog {
  /** Resolves once all that was committed before is on disk; the event loop is free meanwhile. */
  flush(tried: string): Promise<void>
  close(): Promise<void>
}

/**
 * What `synchronous = FULL` does after each commit, but in a thread of its own: with `NORMAL` SQLite leaves out that flush of the log, and no
 * other (https://www.sqlite.org/pragma.html#pragma_synchronous). The log is there, and stays the same file, as long as its ledger is open here.
 */
export function writeAheadLogOf(file: string): WriteAheadLog {
  let fd: Promise<number> | undefined
  return {
    flush: async (tried) => {
      try {
        // For writing: some systems flush nothing else.
        fd ??= opened(`${file}-wal`, 'r+')
        await synced(await fd)
      } catch (error) {
        throw new StoreUnavailable(
          `${tried} (${error instanceof Error ? error.message : String(error)})`,
          error,
          `${file} could not be flushed to disk`,
        )
      }
    },
    close: async () => {
      const known = await fd?.catch(() => undefined)
      fd = undefined
      if (known !== undefined) await closed(known)
    },
  }
}
