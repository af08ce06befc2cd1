import { jsonIn } from './errors.ts'
import type { Transport } from './transport.ts'

/** Names of the API groups that the cluster serves: discovery, which Kubernetes lets every signed-in client read. */
export async function apiGroups(transport: Transport): Promise<readonly string[]> {
  const tried = 'list the API groups'
  const answer = await transport.send({ method: 'GET', path: '/apis', tried, repeat: 'always' })
  const { groups } = jsonIn(tried, answer) as { readonly groups?: readonly { readonly name?: unknown }[] }
  return (Array.isArray(groups) ? groups : []).map((group) => String(Object(group).name))
}
