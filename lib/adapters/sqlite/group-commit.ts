import type { DatabaseSync } from 'node:sqlite'
import { isOfSqlite } from './errors.ts'

type Work<T> = (db: DatabaseSync) => T

/** What became of one of many that share a transaction. */
type Outcome = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown }

interface Waiting {
  readonly tried: string
  readonly work: Work<unknown>
  settle(outcome: Outcome): void
}

interface Disk {
  /** Carries out a transaction, as often as it takes. */
  attempt<T>(tried: string, transaction: () => T): Promise<T>
  /** Resolves once all that was committed before is on disk. @throws what kept it from there: nothing of it may count as stored */
  flush(tried: string): Promise<void>
}

/**
 * Writes of one turn of the event loop, and those that come while others are being flushed, share a transaction and its flush to disk: of a
 * hundred runs that write at once each would wait for the flushes of all others. None is answered before the flush, and none sees another's
 * failure.
 */
export class GroupCommit {
  readonly #commit: (batch: readonly Waiting[]) => Promise<readonly Outcome[]>
  #waiting: Waiting[] = []
  #flush: Promise<void> | null = null

  constructor(db: DatabaseSync, disk: Disk) {
    this.#commit = async (batch) => {
      const tried = `${batch[0]?.tried}${batch.length > 1 ? ` and ${batch.length - 1} more writes` : ''}`
      const outcomes = await disk.attempt(tried, () => inTransaction(db, () => batch.map(({ work }) => one(db, work))))
      await disk.flush(tried)
      return outcomes
    }
  }

  /** Resolves when it is on disk. @throws what the work threw, or what kept the transaction from being stored */
  write<T>(tried: string, work: Work<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (outcome: Outcome) => (outcome.ok ? resolve(outcome.value as T) : reject(outcome.error))
      this.#waiting.push({ tried, work, settle })
      this.#flush ??= this.#flushAll()
    })
  }

  /** Resolves when nothing waits any more. */
  async flushed(): Promise<void> {
    while (this.#flush !== null) await this.#flush
  }

  async #flushAll(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve))
      const batch = this.#waiting
      this.#waiting = []
      const outcomes = await this.#commit(batch).catch((error: unknown) => batch.map((): Outcome => ({ ok: false, error })))
      for (const [n, { settle }] of batch.entries()) settle(outcomes[n] as Outcome)
    } while (this.#waiting.length > 0)
    this.#flush = null
  }
}

/** IMMEDIATE takes the write lock at once: what is read inside is what is written upon. */
export function inTransaction<T>(db: DatabaseSync, work: Work<T>): T {
  db.exec('BEGIN IMMEDIATE')
  try {
    const result = work(db)
    db.exec('COMMIT')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

/** What one did before it threw is taken back alone; what SQLite itself throws (a full disk, a damaged file) concerns all of them. */
function one(db: DatabaseSync, work: Work<unknown>): Outcome {
  db.exec('SAVEPOINT one')
  try {
    const value = work(db)
    db.exec('RELEASE one')
    return { ok: true, value }
  } catch (error) {
    if (isOfSqlite(error)) throw error
    db.exec('ROLLBACK TO one')
    db.exec('RELEASE one')
    return { ok: false, error }
  }
}
