import { startSandbox } from '../sandbox/start.ts'

/** What is told to the process that started this one, once all pods are Ready. */
export interface LargeClusterReady {
  readonly kubeconfig: string
}

const [pods, nodes] = process.argv.slice(2).map(Number)
if (process.send !== undefined && pods !== undefined && nodes !== undefined) {
  const sandbox = await startSandbox({ replicas: pods, nodes, requestsPerSecond: 0 })
  await sandbox.ready()
  process.send({ kubeconfig: sandbox.kubeconfig() } satisfies LargeClusterReady)
  process.once('disconnect', () => process.exit(0))
}
