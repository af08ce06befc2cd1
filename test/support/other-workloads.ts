import type { Manifest } from '../../sandbox/wire.ts'
import type { World } from './world.ts'

/** Adds a Deployment of three pods beside the default workload, in a namespace that is made when it is not there; waits until it runs. */
export async function deploy(world: World, name: string, namespace: string, podSpec: object = {}): Promise<void> {
  const { sandbox } = world
  if (sandbox.get('namespaces', namespace) === undefined) sandbox.create('namespaces', { metadata: { name: namespace } })
  const labels = { app: name }
  const containers = [{ name: 'main', image: 'example.org/main:1', ports: [{ containerPort: 80 }] }]
  const template = { metadata: { labels }, spec: { containers, ...podSpec } }
  sandbox.create('deployments', { metadata: { name, namespace }, spec: { replicas: 3, selector: { matchLabels: labels }, template } })
  await world.pass(5_000)
}

/** A pod that no controller owns; on a node of one's choice it is there at once, else when it runs. */
export async function barePod(
  world: World,
  where: { readonly name: string; readonly namespace: string; readonly nodeName?: string },
): Promise<void> {
  const { name, namespace, nodeName } = where
  const spec = { containers: [{ name: 'main', image: 'example.org/main:1' }], ...(nodeName === undefined ? {} : { nodeName }) }
  const pod: Manifest = { metadata: { name, namespace, labels: { app: name } }, spec }
  world.sandbox.create('pods', pod)
  if (nodeName === undefined) await world.pass(5_000)
}

/** A budget that lets no pod of the default workload be evicted. */
export async function forbidEvictions(world: World, minAvailable: number): Promise<() => void> {
  const where = { name: 'all', namespace: 'jadevectordb-system' }
  const spec = { minAvailable, selector: { matchLabels: { app: 'jadevectordb' } } }
  world.sandbox.create('poddisruptionbudgets', { metadata: where, spec })
  await world.pass(3_000)
  return () => world.sandbox.delete('poddisruptionbudgets', where)
}
