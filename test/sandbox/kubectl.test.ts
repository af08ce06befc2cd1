import { type ExecFileException, execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { type Sandbox, startSandbox } from '../../sandbox/start.ts'
import { describeWith } from '../support/tools.ts'

const web = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 80 }] }] },
    },
  },
}

let sandbox: Sandbox
let folder: string

/** Runs kubectl against the sandbox; both streams come back, and a failure is told by its text. */
function kubectl(...args: string[]): Promise<string> {
  const env = { ...process.env, KUBECONFIG: join(folder, 'config'), HOME: folder }
  return new Promise((resolve, reject) => {
    execFile('kubectl', args, { env }, (error: ExecFileException | null, stdout, stderr) => {
      if (error === null) resolve(stdout + stderr)
      else reject(new Error(`kubectl ${args.join(' ')}: ${stderr || error.message}`, { cause: error }))
    })
  })
}

describeWith(['kubectl'], 'the real kubectl', () => {
  beforeAll(async () => {
    sandbox = await startSandbox({ startDelayMs: 100, stopDelayMs: 50 })
    folder = await mkdtemp(join(tmpdir(), 'faultline-kubectl-'))
    await writeFile(join(folder, 'config'), sandbox.kubeconfig())
    await writeFile(join(folder, 'web.json'), JSON.stringify(web))
    await sandbox.ready()
  })
  afterAll(async () => {
    await sandbox?.close()
    if (folder) await rm(folder, { recursive: true })
  })

  it('prints tables', async () => {
    expect(await kubectl('get', 'nodes')).toMatch(/sandbox-node-1\s+Ready\s+<none>\s+\d+s\s+v1\.34\.0\+faultline-sandbox/)
    expect(await kubectl('get', 'deployments', '-A')).toMatch(/jadevectordb-system\s+jadevectordb\s+3\/3\s+3\s+3/)
    expect(await kubectl('get', 'pods', '-n', 'jadevectordb-system', '-o', 'wide')).toMatch(/1\/1\s+Running\s+0\s+\d+s\s+10\.244\./)
  })

  it('applies without flags, again without a change, and waits', async () => {
    const file = join(folder, 'web.json')
    expect(await kubectl('apply', '-f', file)).toContain('deployment.apps/web created')
    expect(await kubectl('apply', '-f', file)).toContain('deployment.apps/web unchanged')
    expect(await kubectl('wait', '--for=condition=Available', 'deployment/web', '--timeout=10s')).toContain('condition met')
    expect(await kubectl('apply', '--server-side', '-f', file)).toContain('serverside-applied')
    expect(await kubectl('scale', 'deployment/web', '--replicas=1')).toContain('scaled')
  })

  it('describes, labels, annotates, logs, asks for permission and reads raw paths', async () => {
    const name = (await kubectl('get', 'pods', '-n', 'jadevectordb-system', '-o', 'name')).split('\n')[0] ?? ''
    expect(await kubectl('describe', '-n', 'jadevectordb-system', name)).toContain('Started container jadevectordb')
    expect(await kubectl('label', '-n', 'jadevectordb-system', name, 'a=b')).toContain('labeled')
    expect(await kubectl('annotate', '-n', 'jadevectordb-system', name, 'a=b')).toContain('annotated')
    expect(await kubectl('logs', '-n', 'jadevectordb-system', name)).toContain('listens on 8080')
    expect(await kubectl('auth', 'can-i', 'delete', 'pods')).toBe('yes\n')
    expect(await kubectl('get', '--raw', '/healthz')).toBe('ok')
  })

  it('drains a node, obeys its cordon and takes it back', async () => {
    expect(await kubectl('drain', 'sandbox-node-1', '--delete-emptydir-data', '--timeout=20s')).toContain('node/sandbox-node-1 drained')
    expect(await kubectl('get', 'node', 'sandbox-node-1')).toContain('Ready,SchedulingDisabled')
    expect(await kubectl('get', 'pods', '-A', '--field-selector', 'spec.nodeName=sandbox-node-1')).toContain('No resources found')
    expect(await kubectl('uncordon', 'sandbox-node-1')).toContain('uncordoned')
  })

  it('stops all chaos with one line', async () => {
    const labels = { 'app.kubernetes.io/managed-by': 'faultline' }
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'x' }] } }
    const job = sandbox.create(
      'jobs',
      { metadata: { name: 'beacon', labels }, spec: { parallelism: 0, template } },
      { namespace: 'default' },
    )
    const ownerReferences = [{ apiVersion: 'batch/v1', kind: 'Job', name: 'beacon', uid: job.metadata.uid }]
    sandbox.create('configmaps', { metadata: { name: 'owned', ownerReferences } }, { namespace: 'default' })
    expect(await kubectl('delete', 'jobs', '-A', '-l', 'app.kubernetes.io/managed-by=faultline')).toContain('job.batch "beacon"')
    await kubectl('wait', '--for=delete', 'configmap/owned', '-n', 'default', '--timeout=10s')
    expect(sandbox.get('configmaps', 'owned', 'default')).toBeUndefined()
  })
})
