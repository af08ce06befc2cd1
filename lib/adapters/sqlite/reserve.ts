import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Room for the end of a run whose disk fills up in its middle: two saves for each of 100 ledger entries, and the run's last dozen. */
const reserveBytes = 4 * 1024 * 1024

/** Space that is kept for the proof that everything was undone. */
export interface Reserve {
  /** Gives the space to the file system; false when there was none left to give. */
  release(): boolean
}

/** Keeps a file of zeros beside the ledger. Best effort: where there is no room for it, the ledger's own writes will say so. */
export function keepReserve(directory: string): Reserve {
  const file = join(directory, 'reserve')
  try {
    if (!existsSync(file)) writeFileSync(file, Buffer.alloc(reserveBytes), { mode: 0o600 })
  } catch {
    rmSync(file, { force: true })
  }
  return {
    release: () => {
      if (!existsSync(file)) return false
      rmSync(file, { force: true })
      return true
    },
  }
}
