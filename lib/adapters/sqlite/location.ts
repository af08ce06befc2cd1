import { closeSync, existsSync, openSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { FaultlineError, StoreUnavailable } from '../../domain/errors.ts'

/** Name of the file in the state directory. */
export const ledgerFile = 'ledger.sqlite'

/** File system types of Linux (man 2 statfs, linux/magic.h) that other machines may write to, too. */
const networkFileSystems: Readonly<Record<number, string>> = {
  26985: 'NFS',
  20859: 'SMB',
  4266872130: 'SMB',
  4283649346: 'CIFS',
  1397113167: 'AFS',
  1799439955: 'AFS',
  1937076805: 'Coda',
  12805120: 'Ceph',
  198183888: 'Lustre',
  18225520: 'GFS2',
  1952539503: 'OCFS2',
}

/** Refuses directories that cannot hold the ledger, with what to do. */
export function assertUsable(directory: string, fileSystemType = (path: string) => statfsSync(path).type): void {
  const network = process.platform === 'linux' ? networkFileSystems[fileSystemType(directory) >>> 0] : undefined
  if (network !== undefined) {
    const message = `${directory} lies on a network file system (${network}), where locks between processes cannot be relied on; name a directory on a local disk with --state`
    throw new FaultlineError('bad_input', message)
  }
  if (existsSync(join(directory, 'db', 'CURRENT')) && !existsSync(join(directory, ledgerFile))) {
    const old = join(directory, 'db')
    const message = `${old} holds runs of an older version, which this one cannot read. End what is live with that version ("faultline reap"), then move it away: mv ${old} ${old}.old`
    throw new FaultlineError('bad_input', message)
  }
}

/** SQLite would make the file readable by all; its companions (-wal, -shm) get the file's own mode. */
export function createForOwnerOnly(file: string): void {
  if (existsSync(file)) return
  try {
    closeSync(openSync(file, 'ax', 0o600))
  } catch (error) {
    // Another process was first. Never opened and closed again here: that would drop this process's locks on it (man 2 fcntl).
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return
    throw new FaultlineError('forbidden', `${file} cannot be made: ${(error as Error).message}; check who owns the directory`, {
      cause: error,
    })
  }
}

/**
 * Tells when the file is no longer where it was opened: removed with its directory, or replaced. SQLite would write on into a file
 * that no other process can see any more.
 */
export function watchPlace(file: string): { assertThere(): void } {
  const opened = statSync(file)
  return {
    assertThere: () => {
      const now = statSync(file, { throwIfNoEntry: false })
      if (now?.ino === opened.ino && now.dev === opened.dev) return
      throw new StoreUnavailable(
        'what is recorded from now on would be seen by no other process',
        undefined,
        `${file} was removed or replaced while it was in use`,
      )
    },
  }
}
