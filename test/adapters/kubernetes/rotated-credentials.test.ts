import { writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { status } from './fake-api.ts'
import { connectBy, inDir, letInAs, node, pem, ref, startSecure, trusted, withKubeconfigFolder } from './secure-api.ts'

withKubeconfigFolder()

describe('credentials that change while a fault holds', () => {
  test('in a token file are used by the next call, and by the one that a 401 refused', async () => {
    let valid = 'one'
    const api = await startSecure(({ headers }) => {
      if (headers.authorization === `Bearer ${valid}`) return node
      // The file is written as the server changes its mind.
      writeFileSync(inDir('token'), `${valid}\n`)
      return status(401, 'Unauthorized', 'Unauthorized')
    })
    await writeFile(inDir('token'), 'one\n')
    const cluster = await connectBy(trusted(api), { tokenFile: 'token' })
    await cluster.objects.get(ref)
    await writeFile(inDir('token'), 'two\n')
    valid = 'two'
    await cluster.objects.get(ref)
    valid = 'three'
    expect(await cluster.objects.get(ref)).toEqual(node.body)
    expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(['one', 'two', 'two', 'three'].map((token) => `Bearer ${token}`))
  })

  test('and are refused still are not sent twice, and the message names file and user', async () => {
    const api = await startSecure(() => status(401, 'Unauthorized', 'Unauthorized'))
    await writeFile(inDir('token'), 'old')
    const cluster = await connectBy(trusted(api), { tokenFile: 'token' })
    await expect(cluster.objects.get(ref)).rejects.toThrow(
      `get Node node1: 401 Unauthorized: user "someone" of kubeconfig ${inDir('config')} (${inDir('token')})`,
    )
    expect(api.seen).toHaveLength(1)
  })

  test('in a client certificate are shown by the next call', async () => {
    const peers: string[] = []
    const api = await startSecure((_request, _n, peer) => {
      peers.push(peer)
      return node
    })
    const write = async (name: string) => {
      await writeFile(inDir('client.crt'), pem(`${name}.crt`))
      await writeFile(inDir('client.key'), pem(`${name}.key`))
    }
    await write('client')
    const cluster = await connectBy(trusted(api), { 'client-certificate': 'client.crt', 'client-key': 'client.key' })
    await cluster.objects.get(ref)
    await write('server')
    await cluster.objects.get(ref)
    expect(peers[0]).toBe('chaos')
    expect(peers[1]).not.toBe('chaos')
  })

  test('in half, a new certificate beside the old key, are waited for', async () => {
    const api = await startSecure(() => node)
    await writeFile(inDir('client.crt'), pem('server.crt'))
    await writeFile(inDir('client.key'), pem('client.key'))
    const cluster = await connectBy(trusted(api), { 'client-certificate': 'client.crt', 'client-key': 'client.key' })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  test('in an empty file are not sent', async () => {
    const api = await startSecure(() => node)
    await writeFile(inDir('token'), '')
    const cluster = await connectBy(trusted(api), { tokenFile: 'token' })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ retryable: true, message: expect.stringMatching(/token is empty$/) })
    expect(api.seen).toHaveLength(0)
  })

  test('give way to the token beside them where the file cannot be read, as for kubectl', async () => {
    const api = await startSecure(letInAs('spare'))
    const cluster = await connectBy(trusted(api), { token: 'spare', tokenFile: 'missing' })
    expect(await cluster.objects.get(ref)).toEqual(node.body)
  })
})
