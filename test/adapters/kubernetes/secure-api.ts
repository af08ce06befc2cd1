import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach } from '@jest/globals'
import { loadKubeConfig } from '../../../lib/adapters/kubernetes/config.ts'
import { type ConnectedCluster, connectCluster } from '../../../lib/adapters/kubernetes/connect.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { type FakeApi, type Reply, type Seen, startFakeApi, status } from './fake-api.ts'
import { closeAll, closeLater } from './harness.ts'

export const fixture = (name: string) => join(import.meta.dirname, 'fixtures', name)
export const pem = (name: string) => readFileSync(fixture(name))
export const ref = { apiVersion: 'v1', kind: 'Node', name: 'node1' } as const
export const node = { body: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node1' } } }

let dir = ''

/** A file of this test's own folder, where its kubeconfig is. */
export const inDir = (name: string) => join(dir, name)

/** Each test has a folder for its kubeconfig, and closes what it opened. */
export function withKubeconfigFolder(): void {
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'faultline-kube-'))
    closeLater(() => rm(dir, { recursive: true }))
  })
  afterEach(closeAll)
}

/** A TLS API server with a CA of its own that asks for a client certificate. */
export async function startSecure(script: (request: Seen, n: number, peer: string) => Reply): Promise<FakeApi> {
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
  return socket.authorized ? String(socket.getPeerCertificate().subject.CN) : 'anonymous'
}

/** Connects by a kubeconfig file, as a user would. */
export async function connectBy(cluster: object, user: object): Promise<ConnectedCluster> {
  const file = inDir('config')
  const context = { name: 'test', context: { cluster: 'test', user: 'someone' } }
  const clusters = [{ name: 'test', cluster }]
  await writeFile(file, JSON.stringify({ clusters, users: [{ name: 'someone', user }], contexts: [context], 'current-context': 'test' }))
  const found = loadKubeConfig({ kubeconfig: file })
  if (found === 'none') throw new Error('not found')
  const connected = connectCluster(found.config, { clock: new VirtualClock(), random: () => 0.5, maxAttempts: 1 })
  closeLater(() => connected.close())
  return connected
}

export const trusted = (api: FakeApi) => ({ server: api.url, 'certificate-authority-data': pem('ca.crt').toString('base64') })

/** Lets in who bears this token. */
export function letInAs(token: string) {
  return (seen: Seen) => (seen.headers.authorization === `Bearer ${token}` ? node : status(401, 'Unauthorized', 'Unauthorized'))
}
