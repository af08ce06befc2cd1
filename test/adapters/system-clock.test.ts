import { describe, expect, it } from '@jest/globals'
import { steadyTime } from '../../lib/adapters/system-clock.ts'

/** Nine o'clock, on a machine that has run for an hour. */
function machine() {
  const at = { wall: 1_767_603_600_000, monotonic: 5_000, uptime: 3_600_000 }
  const now = steadyTime({ wall: () => at.wall, monotonic: () => at.monotonic, uptime: () => at.uptime })
  const pass = (ms: number) => {
    at.wall += ms
    at.monotonic += ms
    at.uptime += ms
  }
  return { at, now, pass }
}

describe('the time of a process', () => {
  it.each([20_000, -60_000])('does not move when the wall clock is set by %d ms', (step) => {
    const { at, now, pass } = machine()
    pass(10_000)
    at.wall += step
    pass(5_000)
    expect(now()).toBe(1_767_603_615_000)
  })

  it('goes on while the process is stopped', () => {
    const { now, pass } = machine()
    pass(60_000)
    expect(now()).toBe(1_767_603_660_000)
  })

  it('asks how long the machine has run every 10 ms at most, however often the time is told', () => {
    const at = { monotonic: 5_000, asked: 0 }
    const uptime = () => {
      at.asked += 1
      return 3_600_000
    }
    const now = steadyTime({ wall: () => 1_767_603_600_000, monotonic: () => at.monotonic, uptime })
    for (let call = 0; call < 100; call++) {
      at.monotonic += 1
      now()
    }
    expect(now()).toBe(1_767_603_600_100)
    expect(at.asked).toBe(11)
  })

  it('is set by the wall clock when the machine slept, and never goes back', () => {
    const { at, now, pass } = machine()
    pass(10_000)
    at.wall += 3_600_000
    at.uptime += 3_600_000
    expect(now()).toBe(1_767_607_210_000)
    at.wall -= 7_200_000
    at.uptime += 10_000
    expect(now()).toBe(1_767_607_210_000)
  })
})
