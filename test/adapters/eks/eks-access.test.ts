import { describe, expect, it } from '@jest/globals'
import { EksAccess } from '../../../lib/adapters/eks/eks-access.ts'

const nine = Date.UTC(2026, 0, 5, 9)
const minute = 60_000

function accessAt(clock: { now: number }, credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string }>) {
  return new EksAccess({ cluster: 'production', region: 'eu-central-1', caData: 'Q0E=', credentials, clock: { now: () => clock.now } })
}

const keys = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' })
const tokenOf = async (access: EksAccess) => (await access.read()).headers.Authorization

describe('the way into an EKS cluster', () => {
  it('uses one token for all calls of ten minutes, and another before fifteen are over', async () => {
    const clock = { now: nine }
    const access = accessAt(clock, keys)
    const first = await tokenOf(access)
    clock.now = nine + 9 * minute
    expect(await tokenOf(access)).toBe(first)
    clock.now = nine + 10 * minute
    expect(await tokenOf(access)).not.toBe(first)
  })

  it('brings the CA that the cluster was described with', async () => {
    expect((await accessAt({ now: nine }, keys).read()).tls).toEqual({ ca: Buffer.from('CA') })
  })

  it('makes a new token when one is refused, once for all calls that it was refused to', async () => {
    const clock = { now: nine }
    const access = accessAt(clock, keys)
    const refused = await access.read()
    clock.now = nine + 1_000
    expect([access.renew(refused), access.renew(refused)]).toEqual([true, true])
    const second = await tokenOf(access)
    expect(second).not.toBe(refused.headers.Authorization)
    clock.now = nine + 2_000
    access.renew(refused)
    expect(await tokenOf(access)).toBe(second)
  })

  it('asks again for credentials that could not be had', async () => {
    let tries = 0
    const access = accessAt({ now: nine }, async () => {
      if (++tries === 1) throw new Error('no credentials')
      return keys()
    })
    await expect(access.read()).rejects.toThrow('no credentials')
    expect(await tokenOf(access)).toMatch(/^Bearer k8s-aws-v1\./)
  })

  it('asks for a token once for calls of the same moment', async () => {
    let asked = 0
    const access = accessAt({ now: nine }, async () => {
      asked++
      return keys()
    })
    await Promise.all([access.read(), access.read(), access.read()])
    expect(asked).toBe(1)
  })
})
