import { FaultlineError, StoreUnavailable, VersionConflict } from '../../domain/errors.ts'
import type { Clock } from '../../ports.ts'

/** A store that is away is asked 25 times or so before a lease of 30 s is nearly over. */
const storeRetryMs = 1_000

/** What a save needs of its driver. */
interface Saver {
  readonly engine: { readonly clock: Clock }
  throwIfLost(): void
  lose(error: FaultlineError): void
  note(message: string): void
}

/** Tries until the store answers or the lease is nearly over; a version that another driver wrote means that the run is its. */
export async function savePatiently<T>(driver: Saver, what: string, save: () => Promise<T>): Promise<T> {
  for (;;) {
    driver.throwIfLost()
    try {
      return await save()
    } catch (error) {
      if (error instanceof VersionConflict) {
        driver.lose(new FaultlineError('lease_lost', `${what} was taken over by another driver`, { cause: error }))
        driver.throwIfLost()
      }
      if (!(error instanceof StoreUnavailable)) throw error
      driver.note(`${error.message}; trying again`)
      await driver.engine.clock.sleep(storeRetryMs)
    }
  }
}
