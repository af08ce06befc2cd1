import { describe, expect, it } from '@jest/globals'
import { steadyTime } from '../../lib/adapters/system-clock.ts'

/** Nine o'clock, on a machine that has run for an hour. */
function machine() {
  const asked = { uptime: 0 }
  const at = { wall: 1_767_603_600_000, monotonic: 5_000, uptime: 3_600_000 }
  const now = steadyTime({ wall: () => at.wall, monotonic: () => at.monotonic, uptime: () => ++asked.uptime && at.uptime })
  const pass = (ms: number) => {
    at.wall += ms
    at.monotonic += ms
    at.uptime += ms
  }
  return { at, asked, now, pass }
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

  it('knows of a sleep that came right after the time was told: no lease counts as held by what was told before', () => {
    const { at, now, pass } = machine()
    pass(10_000)
    now()
    pass(1)
    at.wall += 3_600_000
    at.uptime += 3_600_000
    expect(now()).toBe(1_767_607_210_001)
  })

  it('asks for the uptime only where the wall clock moved against the monotonic one, once for each such move', () => {
    const { at, asked, now, pass } = machine()
    for (let n = 0; n < 1_000; n++) {
      pass(7)
      now()
    }
    expect(asked.uptime).toBe(1)
    at.wall -= 60_000
    for (let n = 0; n < 10; n++) now()
    expect(asked.uptime).toBe(2)
    expect(now()).toBe(1_767_603_607_000)
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
