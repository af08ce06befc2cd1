import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Clusters } from '../../cli/clusters.ts'
import { systemClock } from '../../lib/adapters/system-clock.ts'
import { type Sandbox, startSandbox } from '../../sandbox/start.ts'

let directory: string
let sandboxes: Sandbox[] = []
let open: Clusters[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'faultline-credentials-'))
})

afterEach(async () => {
  for (const clusters of open) await clusters.close({ keepEmbedded: false })
  for (const sandbox of sandboxes) await sandbox.close()
  open = []
  sandboxes = []
  await rm(directory, { recursive: true, force: true })
})

async function kubeconfigFor(name: string, server: string): Promise<string> {
  const path = join(directory, name)
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'ada' } }],
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'ada', user: { token: 'of-yesterday' } }],
  }
  await writeFile(path, JSON.stringify(config))
  return path
}

async function sandboxOf(seed: number): Promise<Sandbox> {
  const sandbox = await startSandbox({ workload: false, seed })
  sandboxes.push(sandbox)
  return sandbox
}

function clustersWith(flags: { readonly kubeconfig?: string }): Clusters {
  const clusters = new Clusters({ flags, stateDir: directory, env: {}, clock: systemClock, isLive: true, say: () => undefined })
  open.push(clusters)
  return clusters
}

/** A run's cluster as it was stored, by a kubeconfig that lies no more where it lay. */
async function storedRef(kubeconfig: string) {
  const { ref } = await clustersWith({ kubeconfig }).choose()
  return { ...ref, via: { kind: 'kubeconfig', path: join(directory, 'deleted'), context: 'c' } } as const
}

describe('the cluster of a stored run', () => {
  test('is reached by the credentials given now, though the stored ones are gone', async () => {
    const good = await kubeconfigFor('good', (await sandboxOf(1)).url)
    const ref = await storedRef(good)
    await expect(clustersWith({}).connect(ref)).rejects.toMatchObject({ message: expect.stringContaining('deleted') })
    await expect(clustersWith({ kubeconfig: good }).connect(ref)).resolves.toBeDefined()
  })

  test('is never another cluster that the flags name', async () => {
    const ref = await storedRef(await kubeconfigFor('good', (await sandboxOf(1)).url))
    const other = await kubeconfigFor('other', (await sandboxOf(2)).url)
    await expect(clustersWith({ kubeconfig: other }).connect(ref)).rejects.toMatchObject({ message: expect.stringContaining('deleted') })
  })

  test('that refuses the credentials says whose they are and where they came from', async () => {
    const server = createServer((_request, response) => response.writeHead(401, { 'content-type': 'application/json' }).end('{}'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const path = await kubeconfigFor('expired', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const refused = clustersWith({ kubeconfig: path }).choose()
    await expect(refused).rejects.toMatchObject({ status: 401, message: expect.stringMatching(/"ada".*expired/) })
    server.closeAllConnections()
    server.close()
  })
})
