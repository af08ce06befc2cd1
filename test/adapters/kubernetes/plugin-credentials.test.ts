import { describe, expect, test } from '@jest/globals'
import { PluginCredentials } from '../../../lib/adapters/kubernetes/plugin-credentials.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const plugin = { command: 'login', args: [], env: [], apiVersion: 'v1', installHint: '', provideClusterInfo: false }

/** Fails as long as `up` says false. */
function credentials(options: { up: boolean; expiresAt?: number }) {
  const clock = new VirtualClock(0)
  const runs: number[] = []
  const run = async () => {
    runs.push(clock.now())
    if (!options.up) throw new Error('login is down')
    return { token: `t${runs.length}`, cert: null, key: null, expiresAt: options.expiresAt ?? null }
  }
  return { clock, runs, credentials: new PluginCredentials({ plugin, cluster: null, clock, run }) }
}

const refusedWith = (token: string) => ({ headers: { Authorization: `Bearer ${token}` }, tls: {} })

describe('an exec plugin', () => {
  test('that fails is asked after 1, 2, 4, 8 and then every 10 s, whatever the calls; in between its words are told', async () => {
    const { clock, runs, credentials: asked } = credentials({ up: false })
    for (let half = 0; half < 100; half++) {
      await expect(asked.read()).rejects.toThrow('login is down')
      await clock.advance(500)
    }
    expect(runs).toEqual([0, 1_000, 3_000, 7_000, 15_000, 25_000, 35_000, 45_000])
  })

  test('that is up again is believed at once', async () => {
    const options = { up: false }
    const { clock, credentials: asked } = credentials(options)
    await expect(asked.read()).rejects.toThrow()
    options.up = true
    await clock.advance(1_000)
    expect(await asked.read()).toMatchObject({ token: 't2' })
  })

  test('is asked again when its credential expires', async () => {
    const { clock, credentials: asked } = credentials({ up: true, expiresAt: 5_000 })
    await asked.read()
    await clock.advance(4_999)
    expect(await asked.read()).toMatchObject({ token: 't1' })
    await clock.advance(1)
    expect(await asked.read()).toMatchObject({ token: 't2' })
  })

  test('whose credentials are refused is asked once in ten seconds; a call with an older one takes the newer', async () => {
    const { clock, runs, credentials: asked } = credentials({ up: true })
    await asked.read()
    expect(asked.forget(refusedWith('t1'))).toBe(true)
    await asked.read()
    expect(asked.forget(refusedWith('t1'))).toBe(true)
    expect(await asked.read()).toMatchObject({ token: 't2' })
    expect(asked.forget(refusedWith('t2'))).toBe(false)
    await clock.advance(10_000)
    expect(asked.forget(refusedWith('t2'))).toBe(true)
    expect(runs).toHaveLength(2)
  })
})
