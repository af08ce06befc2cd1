import { randomInt } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'
import { isBusy, isFull, toStoreError } from './errors.ts'
import { GroupCommit, inTransaction } from './group-commit.ts'
import { assertUsable, createForOwnerOnly, ledgerFile, watchPlace } from './location.ts'
import { keepReserve } from './reserve.ts'
import { ensureSchema, isCurrent, isReadable } from './schema.ts'
import { writeAheadLogOf } from './write-ahead-log.ts'
import { resumeStoppedWriters } from './writers.ts'

/** A third of the 15 s after which a driver that cannot renew its lease reverts from memory. A transaction takes milliseconds. */
const busyPatienceMs = 5_000
/** Between two looks at a busy file; at random, so that two that wait do not meet again. */
const busyPauseMs = { least: 1, most: 20 } as const
/** Far longer than a transaction that makes progress, also on a slow disk. */
const resumeAfterMs = 500

const inMemory = ':memory:'

/** An open file. Work is synchronous and short; what waits (for another process's transaction) leaves the event loop free. */
export interface Database {
  read<T>(tried: string, work: (db: DatabaseSync) => T): Promise<T>
  /** One transaction: all of `work` or nothing is stored, and on disk when it resolves. */
  write<T>(tried: string, work: (db: DatabaseSync) => T): Promise<T>
  /** Writes fail: its directory may be read only. */
  readonly isReadOnly: boolean
  close(): Promise<void>
}

/** What surrounds a file on disk; a database in memory has nothing of it. */
interface Surroundings {
  readonly file: string
  readonly directory: string
  assertThere(): void
  /** True when space was made, so that a second attempt is worth it. */
  makeRoom(): boolean
}

/** Opens, or makes, the ledger in a directory. Throws `bad_input`, `forbidden` or `invalid` with what to do where it cannot be used. */
export async function openDatabaseIn(directory: string): Promise<Database> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  assertUsable(directory)
  if (!isWritable(directory)) return openToRead(directory)
  const file = join(directory, ledgerFile)
  createForOwnerOnly(file)
  const reserve = keepReserve(directory)
  const db = new DatabaseSync(file, { timeout: 0 })
  const place = watchPlace(file)
  return prepared(db, { file, directory, assertThere: place.assertThere, makeRoom: reserve.release })
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** A ledger in a directory that may be read only: what is in it can be listed and shown; each write says why it is none. */
async function openToRead(directory: string): Promise<Database> {
  const file = join(directory, ledgerFile)
  if (!existsSync(file)) throw new FaultlineError('forbidden', `${directory} may not be written to, and holds no ledger that could be read`)
  // SQLite would make a write-ahead log where there is none; without one no process writes, and the file is read as it lies there.
  const place = existsSync(`${file}-wal`) ? file : new URL(`${pathToFileURL(file)}?immutable=1`)
  const db = new DatabaseSync(place, { readOnly: true, timeout: 0 })
  const around = { file, directory, assertThere: () => undefined, makeRoom: () => false }
  const database = { ...createDatabase(db, around), isReadOnly: true }
  try {
    if (await database.read('read its version', isReadable)) return database
    throw new FaultlineError(
      'bad_input',
      `${file} was written by another version of faultline, and may not be changed here; use that version`,
    )
  } catch (error) {
    db.close()
    throw error
  }
}

/** A database that lives as long as it is open, for tests. */
export async function openDatabaseInMemory(): Promise<Database> {
  const nowhere = { file: inMemory, directory: '/', assertThere: () => undefined, makeRoom: () => false }
  return prepared(new DatabaseSync(inMemory), nowhere)
}

async function prepared(db: DatabaseSync, around: Surroundings): Promise<Database> {
  const database = createDatabase(db, around)
  try {
    await database.read('open it', () => usePragmas(db, around))
    if (!(await database.read('read its version', isCurrent))) await database.write('make its tables', () => ensureSchema(db, around.file))
    return database
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * A write-ahead log, so that readers never wait for a writer; every commit is flushed to disk before it is answered, as what undoes a
 * fault must survive the machine. `writeAheadLogOf` does that, so that SQLite need not do it in the middle of everything.
 */
function usePragmas(db: DatabaseSync, { file }: Surroundings): void {
  const mode = db.prepare('PRAGMA journal_mode = WAL').get()?.journal_mode
  if (mode !== 'wal' && mode !== 'memory') {
    throw new FaultlineError(
      'bad_input',
      `${file} is on a file system without shared memory between processes; name another directory with --state`,
    )
  }
  db.exec('PRAGMA synchronous = NORMAL')
}

function createDatabase(db: DatabaseSync, around: Surroundings): Database {
  const once = <T>(tried: string, work: () => T): T => {
    if (!db.isOpen) throw new StoreUnavailable(tried, undefined, 'this process has closed its ledger')
    around.assertThere()
    return work()
  }
  const attempt = async <T>(tried: string, work: () => T): Promise<T> => {
    const waiting = waitForOthers(around.file)
    try {
      for (;;) {
        try {
          return once(tried, work)
        } catch (error) {
          const again = isBusy(error) ? await waiting.pause() : isFull(error, around.directory) && around.makeRoom()
          if (!again) throw toStoreError(error, { ...around, tried })
        }
      }
    } finally {
      waiting.over()
    }
  }
  // Memory is flushed nowhere.
  const log = around.file === inMemory ? null : writeAheadLogOf(around.file)
  const together = log === null ? null : new GroupCommit(db, { attempt, flush: log.flush })
  return {
    isReadOnly: false,
    read: (tried, work) => attempt(tried, () => work(db)),
    write: (tried, work) => together?.write(tried, work) ?? attempt(tried, () => inTransaction(db, work)),
    close: async () => {
      await together?.flushed()
      await log?.close()
      if (db.isOpen) db.close()
    },
  }
}

/** One call's wait for the transactions of other processes. */
function waitForOthers(file: string): { pause(): Promise<boolean>; over(): void } {
  const began = performance.now()
  let stopAgain: (() => void) | undefined
  return {
    pause: async () => {
      const waitedMs = performance.now() - began
      if (waitedMs > busyPatienceMs) return false
      if (waitedMs > resumeAfterMs) stopAgain ??= resumeStoppedWriters(file)
      await sleep(randomInt(busyPauseMs.least, busyPauseMs.most))
      return true
    },
    over: () => stopAgain?.(),
  }
}
