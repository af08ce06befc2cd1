import { expect, it } from '@jest/globals'
import { soak } from './support/soak.ts'

const days = 50
/** The compiler and caches settle in so few days; a run that is held on to weighs more. `npm run bench -- soak` goes on until they have. */
const mostBytesPerDay = 30_000

it('fifty game days one after the other in one process leave nothing behind but their records, for as long as these are kept', async () => {
  const { handOvers, looks, bytesPerDay } = await soak(days, 5)
  expect(handOvers).toBe(25)
  expect(bytesPerDay).toBeLessThan(mostBytesPerDay)
  const [first, last] = [looks[0], looks.at(-1)]
  // One that the process had from before and let go of is none of the game days'.
  for (const kind of ['sockets', 'timers', 'sleepers'] as const)
    expect([kind, (last?.[kind] ?? 0) <= (first?.[kind] ?? 0)]).toEqual([kind, true])
  for (const { day, items } of looks) {
    // Each run is kept for 30 days, and forgotten when the ledger is opened next, every ten days.
    // What else there is: counters, and of each run that it began, in the audit trail for ever.
    const rest = (first?.items.rest ?? 0) - (first?.day ?? 0) + day
    expect(items).toEqual({ runs: Math.min(day, 30 + (day % 10)), perRun: first?.items.perRun, rest })
  }
}, 120_000)
