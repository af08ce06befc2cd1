import type { FaultSpec } from '../../lib/domain/suite.ts'
import { anyPod, stepOf, suiteOf } from './suites.ts'
import type { World } from './world.ts'

/** How often each kind of call was made, e.g. `LIST pods`. */
export type Calls = Readonly<Record<string, number>>

/** Counts what the API server is asked from now on, by kind; names are left out. */
export function countCalls({ sandbox }: Pick<World, 'sandbox'>): { readonly calls: Calls; stop(): void } {
  const calls: Record<string, number> = {}
  const stop = sandbox.disturb(({ method, path }) => {
    const [resource = '', name, subresource] = path
      .replace(/^.*\/namespaces\/[^/]+\/(?=.)|^\/(api\/v1|apis\/[^/]+\/[^/]+)\//, '')
      .split('/')
    const kind = [method === 'GET' ? (name === undefined ? 'LIST' : 'GET') : method, subresource ?? '', resource]
      .filter((part) => part !== '')
      .join(' ')
    calls[kind] = (calls[kind] ?? 0) + 1
    return undefined
  })
  return { calls, stop }
}

/** What a run of one fault on so many pods asks of the API server. @throws Error when the run does not succeed */
export async function callsOfRun(world: World, fault: FaultSpec, count: number): Promise<Calls> {
  const { calls, stop } = countCalls(world)
  const steps = [stepOf(fault, { durationMs: 1_000, targets: { ...anyPod, count } })]
  const run = await world.run(world.engine(), suiteOf(steps, { graceBeforeMs: 0, graceAfterMs: 0 }))
  stop()
  if (run.status !== 'succeeded') throw new Error(`the run ended as ${run.status}: ${JSON.stringify(run.steps)}`)
  return calls
}

export const totalOf = (calls: Calls): number => Object.values(calls).reduce((sum, n) => sum + n, 0)
