import { describe, expect, it } from '@jest/globals'
import { secretReader } from '../../../lib/adapters/secrets/references.ts'
import type { Cluster } from '../../../lib/ports.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const encoded = (text: string) => Buffer.from(text).toString('base64')

/** A cluster with one Secret; counts how often it is read. */
function clusterWith(data: Readonly<Record<string, string>>): { readonly cluster: Cluster; readonly reads: () => number } {
  let reads = 0
  const get = async ({ kind, namespace, name }: { kind: string; namespace?: string; name: string }) => {
    reads++
    return kind === 'Secret' && namespace === 'shop' && name === 'probe' ? { data } : undefined
  }
  return { cluster: { objects: { get } } as unknown as Cluster, reads: () => reads }
}

describe('a secret by reference', () => {
  it('is read from the environment, whole or a part of its JSON, with what is put before it', async () => {
    const read = secretReader({ clock: new VirtualClock(), env: { TOKEN: 'abc', BOTH: '{"user":"ann","token":"xyz"}' } })
    const { cluster } = clusterWith({})
    expect(await read({ env: 'TOKEN', prefix: 'Bearer ' }, cluster)).toBe('Bearer abc')
    expect(await read({ env: 'BOTH', key: 'token' }, cluster)).toBe('xyz')
    await expect(read({ env: 'ABSENT' }, cluster)).rejects.toMatchObject({
      code: 'not_found',
      message: 'environment variable ABSENT is not set',
    })
  })

  it('is read from a Secret of the cluster, at most once a minute, and anew after that', async () => {
    const clock = new VirtualClock()
    const read = secretReader({ clock, env: {} })
    const { cluster, reads } = clusterWith({ token: encoded('abc'), user: encoded('ann') })
    const reference = { kubernetesSecret: 'shop/probe', key: 'token' }
    expect(await Promise.all([read(reference, cluster), read({ ...reference, key: 'user' }, cluster)])).toEqual(['abc', 'ann'])
    expect(reads()).toBe(1)
    await clock.advance(61_000)
    expect(await read(reference, cluster)).toBe('abc')
    expect(reads()).toBe(2)
  })

  it('that is not there is asked for again, and says where it should be', async () => {
    const read = secretReader({ clock: new VirtualClock(), env: {} })
    const { cluster, reads } = clusterWith({ token: encoded('abc') })
    const absent = { kubernetesSecret: 'shop/other', key: 'token' }
    for (let n = 0; n < 2; n++)
      await expect(read(absent, cluster)).rejects.toMatchObject({ message: 'there is no Secret shop/other in the cluster' })
    expect(reads()).toBe(2)
    await expect(read({ kubernetesSecret: 'shop/probe', key: 'nothing' }, cluster)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is never in an error', async () => {
    const read = secretReader({ clock: new VirtualClock(), env: { TOKEN: 'very-secret' } })
    const failure = await read({ env: 'TOKEN', key: 'token' }, clusterWith({}).cluster).catch((error) => error)
    expect(failure.message).toBe('environment variable TOKEN is no JSON, so it has no key token')
    expect(`${failure.message}${failure.cause ?? ''}`).not.toContain('very-secret')
  })
})
