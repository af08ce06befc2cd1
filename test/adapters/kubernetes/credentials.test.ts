import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createSecureServer as createHttp2 } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { startFakeApi } from './fake-api.ts'
import { closeLater } from './harness.ts'
import { connectBy, fixture, inDir, letInAs, node, pem, ref, startSecure, trusted, withKubeconfigFolder } from './secure-api.ts'

withKubeconfigFolder()

describe('TLS', () => {
  test('trusts the kubeconfig’s CA and shows the client certificate', async () => {
    const peers: string[] = []
    const api = await startSecure((_request, _n, peer) => {
      peers.push(peer)
      return node
    })
    const user = { 'client-certificate': fixture('client.crt'), 'client-key-data': pem('client.key').toString('base64') }
    const cluster = await connectBy(trusted(api), user)
    expect(await cluster.objects.get(ref)).toEqual(node.body)
    for (let i = 0; i < 8; i++) await cluster.objects.get(ref)
    expect(new Set(peers)).toEqual(new Set(['chaos']))
    expect(api.sockets()).toBeLessThanOrEqual(2)
  })

  test('speaks HTTP/1.1 even to a server that would rather speak HTTP/2', async () => {
    const versions: string[] = []
    const server = createHttp2({ allowHTTP1: true, cert: pem('server.crt'), key: pem('server.key') }, (request, response) => {
      versions.push(request.httpVersion)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(node.body))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closeLater(async () => void server.close())
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
    const cluster = await connectBy({ server: url, 'certificate-authority': fixture('ca.crt') }, {})
    expect(await cluster.objects.get(ref)).toEqual(node.body)
    expect(versions).toEqual(['1.1'])
  })

  test('does not talk to a server of another CA, and says why', async () => {
    const api = await startSecure(() => node)
    const cluster = await connectBy({ server: api.url }, { token: 'secret' })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'unavailable', retryable: false, status: 0 })
    await expect(cluster.objects.get(ref)).rejects.toThrow(/certificate/)
    expect(api.seen).toHaveLength(0)
  })

  test('checks the certificate for the name it is told', async () => {
    const api = await startSecure(() => node)
    const right = await connectBy({ ...trusted(api), 'tls-server-name': 'kubernetes.test' }, {})
    expect(await right.objects.get(ref)).toEqual(node.body)
    const wrong = await connectBy({ ...trusted(api), 'tls-server-name': 'elsewhere.test' }, {})
    await expect(wrong.objects.get(ref)).rejects.toThrow(/elsewhere\.test/)
  })

  test('trusts anyone only when told to', async () => {
    const api = await startSecure(() => node)
    const cluster = await connectBy({ server: api.url, 'insecure-skip-tls-verify': true }, {})
    expect(await cluster.objects.get(ref)).toEqual(node.body)
  })
})

describe('tokens', () => {
  test('go along with every call', async () => {
    const api = await startSecure(letInAs('secret'))
    const cluster = await connectBy(trusted(api), { token: 'secret' })
    expect(await cluster.objects.get(ref)).toEqual(node.body)
  })

  test('may stand in a file next to the kubeconfig', async () => {
    const api = await startSecure(letInAs('from-file'))
    await writeFile(inDir('token'), 'from-file\n')
    const cluster = await connectBy(trusted(api), { tokenFile: 'token' })
    expect(await cluster.objects.get(ref)).toEqual(node.body)
  })

  test('that are not accepted are a matter of permission, and the server says so', async () => {
    const api = await startSecure(letInAs('other'))
    const cluster = await connectBy(trusted(api), { token: 'secret' })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({
      code: 'forbidden',
      message: `get Node node1: 401 Unauthorized: user "someone" of kubeconfig ${inDir('config')}`,
    })
  })

  test('never travel over plain HTTP, but an impersonation does', async () => {
    const api = await startFakeApi(() => node)
    closeLater(() => api.close())
    for (const secret of [{ token: 'secret' }, { username: 'a', password: 'b' }]) {
      const cluster = await connectBy({ server: api.url }, { ...secret, as: 'limited' })
      expect(await cluster.objects.get(ref)).toEqual(node.body)
    }
    expect(api.seen.map(({ headers }) => [headers.authorization, headers['impersonate-user']])).toEqual([
      [undefined, 'limited'],
      [undefined, 'limited'],
    ])
  })
})

test('an impersonation is sent as a whole', async () => {
  const api = await startSecure(() => node)
  const as = { as: 'eve', 'as-uid': '7', 'as-groups': ['a', 'b'], 'as-user-extra': { 'example.com/Scope': ['x', 'y'] } }
  const cluster = await connectBy(trusted(api), { token: 't', ...as })
  await cluster.objects.get(ref)
  expect(api.seen[0]?.headers).toMatchObject({
    'impersonate-user': 'eve',
    'impersonate-uid': '7',
    'impersonate-group': 'a, b',
    'impersonate-extra-example.com%2fscope': 'x, y',
  })
})

test('an auth-provider gives its token by client-node', async () => {
  const [header, payload] = [{ alg: 'none' }, { exp: 4_000_000_000 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  const token = `${header}.${payload}.sig`
  const api = await startSecure(letInAs(token))
  const cluster = await connectBy(trusted(api), { 'auth-provider': { name: 'oidc', config: { 'id-token': token } } })
  expect(await cluster.objects.get(ref)).toEqual(node.body)
})

describe('a proxy in the kubeconfig', () => {
  /** Tunnels CONNECT to wherever, and counts. */
  async function startProxy(): Promise<{ url: string; tunnels: string[] }> {
    const tunnels: string[] = []
    const open = new Set<Socket>()
    const proxy = createServer(((_request, response) => response.writeHead(400).end()) satisfies RequestListener)
    proxy.on('connect', (request: IncomingMessage, client: Socket) => {
      tunnels.push(String(request.url))
      const [host, port] = String(request.url).split(':')
      const upstream = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.pipe(client).pipe(upstream)
      })
      for (const socket of [client, upstream]) {
        open.add(socket)
        socket.on('error', () => socket.destroy())
      }
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    closeLater(async () => {
      for (const socket of open) socket.destroy()
      proxy.close()
    })
    return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, tunnels }
  }

  test('is gone through, with the certificate checked end to end', async () => {
    const peers: string[] = []
    const api = await startSecure((_request, _n, peer) => {
      peers.push(peer)
      return node
    })
    const proxy = await startProxy()
    const user = { 'client-certificate': fixture('client.crt'), 'client-key': fixture('client.key') }
    const cluster = await connectBy({ ...trusted(api), 'proxy-url': proxy.url }, user)
    expect(await cluster.objects.get(ref)).toEqual(node.body)
    expect(proxy.tunnels[0]).toBe(new URL(api.url).host)
    expect(peers).toEqual(['chaos'])
  })

  test('of a kind that is not supported is refused at once', async () => {
    const cluster = { server: 'https://127.0.0.1:6443', 'proxy-url': 'socks4://127.0.0.1:1080' }
    await expect(connectBy(cluster, {})).rejects.toMatchObject({ code: 'bad_input' })
    await expect(connectBy(cluster, {})).rejects.toThrow(
      'proxy-url with scheme "socks4:" cannot be used; allowed are http://, https://, socks5://',
    )
  })
})
