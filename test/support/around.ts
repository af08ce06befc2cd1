import type { Run, RunStatus } from '../../lib/domain/run.ts'
import type { Suite } from '../../lib/domain/suite.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import { storedRuns } from './stored-runs.ts'
import type { World } from './world.ts'

/** One call to the cluster; `args[0]` is the reference or object of most of them. */
export interface ClusterCall {
  readonly port: 'objects' | 'pods'
  readonly method: string
  // biome-ignore lint/suspicious/noExplicitAny: the arguments of any method of two ports
  readonly args: readonly any[]
}

export type Around = (call: ClusterCall, go: () => Promise<unknown>) => Promise<unknown>

/** The engine with something around every call to the cluster. */
export function around(engine: Engine, act: Around): Engine {
  const wrap = <T extends object>(port: ClusterCall['port'], target: T): T =>
    new Proxy(target, {
      get: (object, method: string) => {
        const value: unknown = Reflect.get(object, method)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => act({ port, method, args }, () => value.apply(object, args) as Promise<unknown>)
      },
    })
  return {
    ...engine,
    connect: async (ref) => {
      const { objects, pods, ...rest } = await engine.connect(ref)
      return { ...rest, objects: wrap('objects', objects), pods: wrap('pods', pods) }
    },
  }
}

/** The engine on a cluster that takes so many calls at once. */
export function withInFlight(engine: Engine, inFlight: number): Engine {
  return { ...engine, connect: async (ref) => ({ ...(await engine.connect(ref)), inFlight }) }
}

/** Drives a run until it comes into the state, then its process dies without a word; returns the run as the store has it. */
export async function dieIn(
  world: World,
  status: RunStatus,
  suite: Suite,
  options: { readonly key?: string; readonly owner?: string } = {},
): Promise<Run> {
  const { key = 'dead', owner = 'dead' } = options
  let dead = false
  const engine = world.engine(owner, {
    hook: () => {
      if (dead) throw new Error('the process is dead')
    },
    observe: ({ run }) => {
      if (run.status === status) dead = true
    },
  })
  await world.run(engine, suite, { key }).catch(() => undefined)
  const run = (await storedRuns(world.store)).find((r) => r.trigger.key === key)
  if (run === undefined) throw new Error(`no run of key ${key} was recorded`)
  return run
}
