import type { DatabaseSync } from 'node:sqlite'
import { FaultlineError } from '../../domain/errors.ts'

/**
 * Of the tables below and of what lies in them, in the file's `user_version`; a file without tables has 0. Since 2 a record may lie in several
 * items, which a version that knows 1 would take for records.
 */
const schemaVersion = 2
/** Has the same tables, and its items are read on. */
const wholeRecords = 1

/** The item itself is JSON; the columns beside it are what keys, indexes and expiry need of it. */
const tables = `
  CREATE TABLE items (
    pk TEXT NOT NULL, sk TEXT NOT NULL,
    phase TEXT, phaseAt INTEGER, suite TEXT, requestedAt INTEGER, ttl INTEGER,
    item TEXT NOT NULL,
    PRIMARY KEY (pk, sk)
  );
  CREATE INDEX due ON items (phase, phaseAt) WHERE phase IS NOT NULL AND phaseAt IS NOT NULL;
  CREATE INDEX suites ON items (suite, requestedAt) WHERE suite IS NOT NULL AND requestedAt IS NOT NULL;
  CREATE INDEX expiring ON items (ttl) WHERE ttl IS NOT NULL;
  PRAGMA user_version = ${schemaVersion};
`

/** Makes the tables in a new file, inside the caller's transaction; a file of a newer version is refused, as its items may mean something else. */
export function ensureSchema(db: DatabaseSync, file: string): void {
  const version = versionOf(db)
  if (version === schemaVersion) return
  if (version > schemaVersion) {
    const message = `${file} was written by a newer version of faultline (its format is ${version}, this one knows ${schemaVersion}); use that version`
    throw new FaultlineError('bad_input', message)
  }
  db.exec(version === wholeRecords ? `PRAGMA user_version = ${schemaVersion}` : tables)
}

/** Whether the file needs nothing done to it, so that opening it need not write. */
export function isCurrent(db: DatabaseSync): boolean {
  return versionOf(db) === schemaVersion
}

/** Whether what is in the file can be read as it is. */
export function isReadable(db: DatabaseSync): boolean {
  return isCurrent(db) || versionOf(db) === wholeRecords
}

function versionOf(db: DatabaseSync): number {
  return Number(db.prepare('PRAGMA user_version').get()?.user_version)
}
