import { writeFile } from 'node:fs/promises'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { Clock } from '../../lib/ports.ts'
import { startSandbox } from '../../sandbox/start.ts'
import { ownerName } from '../owner.ts'
import { liveSandbox, publishSandbox, type SandboxRecord, sandboxPaths, withdrawSandbox } from './sandbox-file.ts'

/** Of a crash loop; a real node has 10 s. Short, so that a demo is. */
const backOffBaseMs = 1_000

export interface ServeOptions {
  readonly stateDir: string
  readonly ephemeral: boolean
  readonly clock: Clock
  readonly nodes?: number
  readonly replicas?: number
  readonly port?: number
}

/** An embedded cluster served by this process. */
export interface ServedSandbox {
  readonly record: SandboxRecord
  readonly kubeconfigPath: string
  /** When the API was last asked for something, ms since epoch. */
  lastRequestAt(): number
  close(): Promise<void>
}

/**
 * Starts the embedded cluster in this process and publishes it in the state directory once its workload is ready.
 * @throws FaultlineError `refused` when one runs there already
 */
export async function serveSandbox(options: ServeOptions): Promise<ServedSandbox> {
  const { stateDir, clock } = options
  await refuseSecond(stateDir)
  const { nodes = 3, replicas = 3, port = 0 } = options
  const sandbox = await startSandbox({ nodes, replicas, port, servicePort: 0, backOffBaseMs })
  let lastRequestAt = clock.now()
  sandbox.disturb(() => {
    lastRequestAt = clock.now()
    return undefined
  })
  await sandbox.ready()
  const record: SandboxRecord = {
    url: sandbox.url,
    serviceUrl: sandbox.serviceUrl ?? '',
    owner: ownerName(),
    pid: process.pid,
    clusterUid: sandbox.get('namespaces', 'kube-system')?.metadata.uid ?? '',
    ephemeral: options.ephemeral,
    startedAt: clock.now(),
  }
  if (!(await publishSandbox(stateDir, record))) {
    await sandbox.close()
    await refuseSecond(stateDir)
  }
  const kubeconfigPath = sandboxPaths(stateDir).kubeconfig
  await writeFile(kubeconfigPath, sandbox.kubeconfig(), { mode: 0o600 })
  const close = async () => {
    await withdrawSandbox(stateDir, record.owner)
    await sandbox.close()
  }
  return { record, kubeconfigPath, lastRequestAt: () => lastRequestAt, close }
}

async function refuseSecond(stateDir: string): Promise<void> {
  const other = await liveSandbox(stateDir)
  if (other === undefined) return
  const whose = other.ephemeral ? ' (a command started it for itself)' : ''
  throw new FaultlineError(
    'refused',
    `an embedded cluster runs already in ${stateDir}${whose}: ${other.url}; stop it with "kill ${other.pid}", or choose another directory with --state`,
  )
}
