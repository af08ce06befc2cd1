import { statfsSync } from 'node:fs'
import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'
import { writersOf } from './writers.ts'

/** Primary result codes of SQLite (sqlite.org/rescode.html); the low byte of an extended one. */
const codes = { perm: 3, busy: 5, locked: 6, readonly: 8, io: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const

/** The primary result code of an error that SQLite threw, else undefined. */
function codeOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

/** Not an error of the work, but of the file it was done on. */
export const isOfSqlite = (error: unknown): boolean => codeOf(error) !== undefined

/** Another process writes, or opens the file, at this moment. */
export function isBusy(error: unknown): boolean {
  const code = codeOf(error)
  return code === codes.busy || code === codes.locked
}

/** The disk is full. SQLite's index of its write-ahead log answers an I/O error then. */
export function isFull(error: unknown, directory: string): boolean {
  const code = codeOf(error)
  return code === codes.full || (code === codes.io && !hasSpace(directory))
}

function hasSpace(directory: string): boolean {
  try {
    return statfsSync(directory).bavail > 0
  } catch {
    return true
  }
}

/** Where it happened, and what was tried. */
export interface Attempt {
  readonly file: string
  readonly directory: string
  readonly tried: string
}

/** Turns what SQLite throws into the project's errors, each with what to do; what is not SQLite's (a bug) is returned as it is. */
export function toStoreError(error: unknown, { file, directory, tried }: Attempt): unknown {
  const code = codeOf(error)
  if (code === undefined || error instanceof FaultlineError) return error
  if (isFull(error, directory)) return new StoreUnavailable(`${tried}; make room there`, error, `no space is left for ${file}`)
  if (isBusy(error)) return new StoreUnavailable(tried, error, `${lockersOf(file)} keeps ${file} locked; let it go on, or end it`)
  switch (code) {
    case codes.corrupt:
    case codes.notADatabase:
      return new FaultlineError('invalid', damaged(file, error), { cause: error })
    case codes.perm:
    case codes.readonly:
    case codes.cantOpen:
      return new FaultlineError('forbidden', `${file} cannot be written (${textOf(error)}): ${tried}; check who owns it and ${directory}`, {
        cause: error,
      })
    default:
      return new StoreUnavailable(`${tried} (${textOf(error)})`, error, `${file} could not be read or written`)
  }
}

const textOf = (error: unknown) => (error as { readonly message: string }).message

function damaged(file: string, error: unknown): string {
  const remove = `mv ${file} ${file}.damaged`
  return `${file} is damaged (${textOf(error)}). Runs in it can no longer be read: end what they left with "kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline", then move it away: ${remove}`
}

function lockersOf(file: string): string {
  const texts = writersOf(file).map(({ pid, state }) => `process ${pid}${state === 'runs' ? '' : ` (which is ${state})`}`)
  return texts.length === 0 ? 'another process' : texts.join(' and ')
}
