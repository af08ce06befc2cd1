import { readFileSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createSecureServer as createHttp2 } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { loadKubeConfig } from '../../../lib/adapters/kubernetes/config.ts'
import { type ConnectedCluster, connectCluster } from '../../../lib/adapters/kubernetes/connect.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { type FakeApi, type Reply, type Seen, startFakeApi, status } from './fake-api.ts'
import { closeAll, closeLater } from './harness.ts'

const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)
const pem = (name: string) => readFileSync(fixture(name))
const ref = { apiVersion: 'v1', kind: 'Node', name: 'node1' } as const
const node = { body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' } } }

let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'faultline-kube-'))
  closeLater(() => rm(dir, { recursive: true }))
})

afterEach(closeAll)

/** A TLS API server with a CA of its own that asks for a client certificate. */
async function startSecure(script: (request: Seen, n: number, peer: string) => Reply): Promise<FakeApi> {
  const api = await startFakeApi((seen, n, { request }) => script(seen, n, peerOf(request)), {
    cert: pem('server.crt'),
    key: pem('server.key'),
    ca: pem('ca.crt'),
    requestCert: true,
    rejectUnauthorized: false,
  })
  closeLater(() => api.close())
  return api
}

function peerOf(request: IncomingMessage): string {
  const socket = request.socket as TLSSocket
  return socket.authorized ? String(socket.getPeerCertificate().subject.CN) : 'nobody'
}

/** Connects by a kubeconfig file, as a user would. */
async function connectBy(cluster: object, user: object): Promise<ConnectedCluster> {
  const file = join(dir, 'config')
  const context = { name: 'test', context: { cluster: 'test', user: 'someone' } }
  const clusters = [{ name: 'test', cluster }]
  await writeFile(file, JSON.stringify({ clusters, users: [{ name: 'someone', user }], contexts: [context], 'current-context': 'test' }))
  const found = loadKubeConfig({ kubeconfig: file })
  if (found === 'none') throw new Error('not found')
  const connected = connectCluster(found.config, { clock: new VirtualClock(), random: () => 0.5, maxAttempts: 1 })
  closeLater(() => connected.close())
  return connected
}

const trusted = (api: FakeApi) => ({ server: api.url, 'certificate-authority-data': pem('ca.crt').toString('base64') })

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
  const letIn = (token: string) => (seen: Seen) =>
    seen.headers.authorization === `Bearer ${token}` ? node : status(401, 'Unauthorized', 'Unauthorized')

  test('go along with every call', async () => {
    const api = await startSecure(letIn('secret'))
    const cluster = await connectBy(trusted(api), { token: 'secret' })
    expect(await cluster.objects.get(ref)).toEqual(node.body)
  })

  test('may stand in a file next to the kubeconfig', async () => {
    const api = await startSecure(letIn('from-file'))
    await writeFile(join(dir, 'token'), 'from-file\n')
    const cluster = await connectBy(trusted(api), { tokenFile: 'token' })
    expect(await cluster.objects.get(ref)).toEqual(node.body)
  })

  test('that are not accepted are a matter of permission, and the server says so', async () => {
    const api = await startSecure(letIn('other'))
    const cluster = await connectBy(trusted(api), { token: 'secret' })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'forbidden', message: 'get Node node1: 401 Unauthorized' })
  })

  test('never travel over plain HTTP, but an impersonation does', async () => {
    const api = await startFakeApi(() => node)
    closeLater(() => api.close())
    const cluster = await connectBy({ server: api.url }, { token: 'secret', username: 'a', password: 'b', as: 'limited' })
    expect(await cluster.objects.get(ref)).toEqual(node.body)
    expect(api.seen[0]?.headers.authorization).toBeUndefined()
    expect(api.seen[0]?.headers['impersonate-user']).toBe('limited')
  })
})

describe('exec plugins', () => {
  /** Prints `token-1`, `token-2`, … and logs each run. */
  async function plugin(): Promise<{ exec: object; runs: () => Promise<number> }> {
    const log = join(dir, 'runs')
    await writeFile(log, '')
    const script = join(dir, 'plugin.cjs')
    await writeFile(
      script,
      `#!${process.execPath}
const fs = require('node:fs')
fs.appendFileSync(${JSON.stringify(log)}, 'x')
const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
const token = 'token-' + fs.readFileSync(${JSON.stringify(log)}, 'utf8').length
console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status: { token } }))
`,
    )
    await chmod(script, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin.cjs', interactiveMode: 'Never' }
    return { exec, runs: async () => (await readFile(log, 'utf8')).length }
  }

  test('run once for all calls that wait for a token', async () => {
    const { exec, runs } = await plugin()
    const api = await startSecure((seen) => (seen.headers.authorization === 'Bearer token-1' ? node : status(401, 'Unauthorized', 'no')))
    const cluster = await connectBy(trusted(api), { exec })
    await Promise.all(Array.from({ length: 20 }, () => cluster.objects.get(ref)))
    expect(await runs()).toBe(1)
  })

  test('run again when their token is not accepted any more', async () => {
    const { exec, runs } = await plugin()
    let valid = 'token-1'
    const api = await startSecure((seen) =>
      seen.headers.authorization === `Bearer ${valid}` ? node : status(401, 'Unauthorized', 'expired'),
    )
    const cluster = await connectBy(trusted(api), { exec })
    await cluster.objects.get(ref)
    valid = 'token-2'
    expect(await Promise.all([cluster.objects.get(ref), cluster.objects.get(ref), cluster.objects.get(ref)])).toHaveLength(3)
    await cluster.objects.get(ref)
    expect(await runs()).toBe(2)
  })

  test('that fail are named with their own words', async () => {
    const api = await startSecure(() => node)
    const cluster = await connectBy(trusted(api), { exec: { command: 'faultline-no-such-plugin' } })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await expect(cluster.objects.get(ref)).rejects.toThrow(
      "the kubeconfig's credentials could not be had: spawn faultline-no-such-plugin ENOENT",
    )
    expect(api.seen).toHaveLength(0)
  })
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
