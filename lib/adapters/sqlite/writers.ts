import { readFileSync, statSync } from 'node:fs'

/** A process that holds a lock of the ledger. */
export interface Writer {
  readonly pid: number
  readonly state: 'runs' | 'stopped' | 'stopped by a debugger'
}

/** State letters of Linux (man 5 proc, /proc/PID/stat). */
const states: Readonly<Record<string, Writer['state']>> = { T: 'stopped', t: 'stopped by a debugger' }

/** Who holds locks of the file's write-ahead log, as Linux tells (`/proc/locks`: n: POSIX ADVISORY WRITE pid dev:inode from to); none elsewhere. */
export function writersOf(file: string): readonly Writer[] {
  try {
    const inode = statSync(`${file}-shm`).ino
    const held = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .filter((line) => line.includes(' WRITE ') && line.includes(`:${inode} `))
    const pids = new Set(held.map((line) => Number(line.trim().split(/\s+/)[4])))
    return [...pids].filter((pid) => pid > 0 && pid !== process.pid).map((pid) => ({ pid, state: stateOf(pid) }))
  } catch {
    return []
  }
}

/** The letter follows the name, which stands in brackets and may hold anything. */
function stateOf(pid: number): Writer['state'] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return states[stat.charAt(stat.lastIndexOf(')') + 2)] ?? 'runs'
}

/**
 * A process that was stopped (SIGSTOP, Ctrl-Z) in the milliseconds of a transaction would lock the ledger for all others for as long as
 * it stands still. Lets it go on, and answers what stops it again once the lock was had. Only processes that hold this file's locks are
 * meant, and these are runs of this directory.
 */
export function resumeStoppedWriters(file: string): () => void {
  const resumed = writersOf(file).filter(({ pid, state }) => state === 'stopped' && signalled(pid, 'SIGCONT'))
  return () => {
    for (const { pid } of resumed) signalled(pid, 'SIGSTOP')
  }
}

/** False for a process of another user, or one that has ended meanwhile. */
function signalled(pid: number, signal: 'SIGCONT' | 'SIGSTOP'): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}
