import { describe, expect, it } from '@jest/globals'
import { KubeconfigAccess } from '../../../lib/adapters/secrets/connect.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const config = (token: string) => ({
  cluster: { name: 'c', server: 'https://a', skipTLSVerify: false },
  user: { name: 'u', token },
  from: 'secrets-manager s',
})

/** The secret holds `two`, unless it cannot be read. */
function opened(options: { readable: boolean } = { readable: true }) {
  const clock = new VirtualClock(0)
  let reads = 0
  const again = async () => {
    reads += 1
    if (!options.readable) throw new Error('throttled')
    return config('two')
  }
  const access = new KubeconfigAccess(config('one'), again, clock)
  const sent = async () => (await access.read()).headers.Authorization
  return { access, clock, sent, reads: () => reads }
}

describe('a kubeconfig in a secret', () => {
  it('is read anew when its credentials are refused, once for all calls of ten seconds', async () => {
    const { access, clock, sent, reads } = opened()
    expect(await sent()).toBe('Bearer one')
    expect([access.renew(), access.renew()]).toEqual([true, true])
    expect([await sent(), reads()]).toEqual(['Bearer two', 1])
    await clock.advance(10_000)
    access.renew()
    expect([await sent(), reads()]).toEqual(['Bearer two', 2])
  })

  it('that cannot be read then is used as it was', async () => {
    const { access, sent } = opened({ readable: false })
    access.renew()
    await expect(sent()).rejects.toThrow('throttled')
    expect(await sent()).toBe('Bearer one')
  })

  it('is named where it is refused', () => {
    expect(opened().access.caller).toBe('user "u" of secrets-manager s')
  })
})
