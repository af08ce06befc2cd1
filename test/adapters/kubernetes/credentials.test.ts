import { readFileSync, writeFileSync } from 'node:fs'
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
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({
      code: 'forbidden',
      message: `get Node node1: 401 Unauthorized: user "someone" of kubeconfig ${join(dir, 'config')}`,
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

describe('credentials that change while a fault holds', () => {
  test('in a token file are used by the next call, and by the one that a 401 refused', async () => {
    let valid = 'one'
    const api = await startSecure(({ headers }) => {
      if (headers.authorization === `Bearer ${valid}`) return node
      // The file is written as the server changes its mind.
      writeFileSync(join(dir, 'token'), `${valid}\n`)
      return status(401, 'Unauthorized', 'Unauthorized')
    })
    await writeFile(join(dir, 'token'), 'one\n')
    const cluster = await connectBy(trusted(api), { tokenFile: 'token' })
    await cluster.objects.get(ref)
    await writeFile(join(dir, 'token'), 'two\n')
    valid = 'two'
    await cluster.objects.get(ref)
    valid = 'three'
    expect(await cluster.objects.get(ref)).toEqual(node.body)
    expect(api.seen.map(({ headers }) => headers.authorization)).toEqual(['one', 'two', 'two', 'three'].map((token) => `Bearer ${token}`))
  })

  test('and are refused still are not sent twice, and the message names file and user', async () => {
    const api = await startSecure(() => status(401, 'Unauthorized', 'Unauthorized'))
    await writeFile(join(dir, 'token'), 'old')
    const cluster = await connectBy(trusted(api), { tokenFile: 'token' })
    await expect(cluster.objects.get(ref)).rejects.toThrow(
      `get Node node1: 401 Unauthorized: user "someone" of kubeconfig ${join(dir, 'config')} (${join(dir, 'token')})`,
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
      await writeFile(join(dir, 'client.crt'), pem(`${name}.crt`))
      await writeFile(join(dir, 'client.key'), pem(`${name}.key`))
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
    await writeFile(join(dir, 'client.crt'), pem('server.crt'))
    await writeFile(join(dir, 'client.key'), pem('client.key'))
    const cluster = await connectBy(trusted(api), { 'client-certificate': 'client.crt', 'client-key': 'client.key' })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  test('in an empty file are not sent', async () => {
    const api = await startSecure(() => node)
    await writeFile(join(dir, 'token'), '')
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

function letInAs(token: string) {
  return (seen: Seen) => (seen.headers.authorization === `Bearer ${token}` ? node : status(401, 'Unauthorized', 'Unauthorized'))
}

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

describe('exec plugins', () => {
  test('are told the cluster where they want to know it', async () => {
    const api = await startSecure(letInAs('abc'))
    const script = join(dir, 'wants-cluster.cjs')
    await writeFile(
      script,
      `#!${process.execPath}
const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
if (spec.cluster.server !== process.env.WANTED || spec.cluster.config.audience !== 'x' || !spec.cluster['certificate-authority-data']) {
  console.error('error: ExecCredential does not contain cluster information')
  process.exit(1)
}
console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'abc' } }))
`,
    )
    await chmod(script, 0o755)
    const command = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './wants-cluster.cjs',
      env: [{ name: 'WANTED', value: api.url }],
    }
    const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }]
    const cluster = await connectBy({ ...trusted(api), extensions }, { exec: { ...command, provideClusterInfo: true } })
    expect(await cluster.objects.get(ref)).toEqual(node.body)
  })

  test.each([
    ['exit 3 with several lines', 'echo "first\nlast \x1b[2Jline" >&2; exit 3', 'exit 3: first last \\u001b[2Jline'],
    ['no JSON', 'echo secret-token', 'what it printed is no JSON'],
    ['another kind', 'echo "{}"', 'what it printed is no ExecCredential'],
    [
      'another version',
      `echo '{"kind":"ExecCredential","apiVersion":"v9"}'`,
      'has apiVersion client.authentication.k8s.io/v1, it printed v9',
    ],
    [
      'nothing of use',
      `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}'`,
      'neither token nor client certificate',
    ],
  ])('that end with %s are told on one clean line', async (_, script, words) => {
    const api = await startSecure(() => node)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/sh', args: ['-c', script] }
    const cluster = await connectBy(trusted(api), { exec })
    const asked = cluster.objects.get(ref)
    await expect(asked).rejects.toThrow(words)
    await expect(asked).rejects.not.toThrow(/secret-token|\n/)
  })

  test('that are not there tell where to get them', async () => {
    const api = await startSecure(() => node)
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'faultline-no-such-plugin',
      installHint: 'Get it at\nexample.com',
    }
    const cluster = await connectBy(trusted(api), { exec })
    await expect(cluster.objects.get(ref)).rejects.toThrow(/ENOENT\. Get it at example\.com$/)
  })

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
    const cluster = await connectBy(trusted(api), {
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'faultline-no-such-plugin' },
    })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await expect(cluster.objects.get(ref)).rejects.toThrow(
      "the kubeconfig's credentials could not be had: exec plugin faultline-no-such-plugin: spawn faultline-no-such-plugin ENOENT",
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
