import type { AuditEntry } from '../domain/audit.ts'
import { FaultlineError } from '../domain/errors.ts'
import { type Auditing, audit } from './audit.ts'

/**
 * Does what may only happen when it is on record: its entries are written first, and where it does not happen after that, so is this.
 * @throws FaultlineError `unavailable` when the trail cannot be written: nothing was done
 */
export async function onRecord<T>(engine: Auditing, entries: readonly AuditEntry[], act: () => Promise<T>): Promise<T> {
  try {
    for (const entry of entries) await audit(engine, entry)
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    const message = `nothing was done, as it could not be put on record: ${error.message}`
    throw new FaultlineError('unavailable', message, { retryable: true, cause: error })
  }
  try {
    return await act()
  } catch (error) {
    for (const entry of entries) await audit(engine, undone(entry, error)).catch(unlessFaultline)
    throw error
  }
}

/** An act that failed without an answer may have happened. */
function undone(entry: AuditEntry, error: unknown): AuditEntry {
  const why = error instanceof Error ? error.message : String(error)
  const isUnsure = error instanceof FaultlineError && error.code === 'unavailable'
  const message = `${isUnsure ? 'perhaps not done' : 'not done'}: ${why}`
  return { ...entry, id: `${entry.id}#failed`, message, data: { ...entry.data, failed: true } }
}

/** What cannot be written now: the caller has something more urgent to do. */
export function unlessFaultline(error: unknown): void {
  if (!(error instanceof FaultlineError)) throw error
}
