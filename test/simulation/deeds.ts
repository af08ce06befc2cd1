import type { Call } from '../../lib/adapters/kubernetes/exchange.ts'
import { roleLabel } from '../../lib/domain/labels.ts'

/** One thing done to the workload by a request. */
export interface Deed {
  readonly kind: 'policy' | 'injector' | 'cordon' | 'eviction' | 'delete'
  readonly name: string
  readonly uid: string
  readonly sender: string
  readonly sentAt: number
  readonly at: number
}

/** The workload's namespace: pods of ours elsewhere are swept, which is no deed. */
const attacked = 'jadevectordb-system'

/** What a request would do to the workload; null for all that only looks, undoes, or makes what has no effect. */
export function deedOf(call: Call): Pick<Deed, 'kind' | 'name' | 'uid'> | null {
  if (call.query?.dryRun !== undefined) return null
  const body = Object(call.body)
  const { name = '', uid = '', labels = {} } = Object(body.metadata)
  const [path = ''] = call.path.split('?')
  const last = path.split('/').at(-1) ?? ''
  if (call.method === 'POST' && last === 'networkpolicies') return { kind: 'policy', name, uid }
  if (call.method === 'POST' && last === 'jobs' && labels[roleLabel] === 'injector') return { kind: 'injector', name, uid }
  if (call.method === 'POST' && last === 'eviction') return { kind: 'eviction', name: path.split('/').at(-2) ?? '', uid }
  if (call.method === 'DELETE' && path.includes(`/namespaces/${attacked}/pods/`))
    return { kind: 'delete', name: last, uid: Object(body.preconditions).uid ?? '' }
  if (call.method === 'PATCH' && path.includes('/nodes/') && Object(body.spec).unschedulable === true)
    return { kind: 'cordon', name: last, uid }
  return null
}
