import { setTimeout as sleep } from 'node:timers/promises'
import { httpAdapter } from './adapter.ts'
import { check } from './checker.ts'

const { CHECKER_URL, CHECKER_PAUSE_MS = '100' } = process.env
if (CHECKER_URL === undefined) throw new Error('CHECKER_URL is not set: the address below which records are')
let isOver = false
process.on('SIGTERM', () => {
  isOver = true
})
await check(
  httpAdapter(CHECKER_URL),
  {
    sleep: async (ms) => {
      await sleep(ms)
    },
    say: (line) => console.log(line),
    isOver: () => isOver,
  },
  Number(CHECKER_PAUSE_MS),
)
