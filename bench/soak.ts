import { soak as gameDays } from '../test/support/soak.ts'

const days = 1_000
/** What the heap may grow by with each game day, by the line that fits the second half best: a run's own record is ten times as large. */
const mostBytesPerDay = 2_048

/** A thousand game days one after the other in one process, every second one handed over: what they leave behind. */
export async function soak() {
  const { handOvers, looks, bytesPerDay } = await gameDays(days, 20)
  const [first, last] = [looks[0], looks.at(-1)]
  const grown = (figure: 'sockets' | 'timers' | 'sleepers') => Math.max(0, (last?.[figure] ?? 0) - (first?.[figure] ?? 0))
  const left = { sockets: grown('sockets'), timers: grown('timers'), sleepers: grown('sleepers') }
  const ok = bytesPerDay <= mostBytesPerDay && Object.values(left).every((count) => count === 0)
  const heapMiB = looks.filter((_, index) => index % 5 === 4).map(({ day, heapBytes }) => [day, Number((heapBytes / 2 ** 20).toFixed(1))])
  return { days, handOvers, bytesPerDay: Math.round(bytesPerDay), heapMiB, left, items: last?.items, ok }
}
