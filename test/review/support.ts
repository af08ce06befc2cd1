import type { Engine } from '../../lib/engine/engine.ts'
import type { Cluster } from '../../lib/ports.ts'

export type Around = (call: { port: 'objects' | 'pods'; method: string; args: readonly any[] }, go: () => Promise<any>) => Promise<any>

/** The engine with something around every call to the cluster. */
export function around(engine: Engine, act: Around): Engine {
  const wrap = <T extends object>(port: 'objects' | 'pods', target: T): T =>
    new Proxy(target, {
      get: (object, method: string) => {
        const value: any = Reflect.get(object, method)
        return typeof value !== 'function' ? value : (...args: any[]) => act({ port, method, args }, () => value.apply(object, args))
      },
    })
  return {
    ...engine,
    connect: async (ref) => {
      const c: Cluster = await engine.connect(ref)
      return { objects: wrap('objects', c.objects), pods: wrap('pods', c.pods) }
    },
  }
}

/** Drives until the state, then the process dies without a word. */
export async function dieIn(world: any, status: string, suite: any, key = 'dead', owner = 'dead'): Promise<any> {
  let dead = false
  const engine = world.engine(owner, {
    hook: () => {
      if (dead) throw new Error('the process is dead')
    },
    observe: ({ run }: any) => {
      if (run.status === status) dead = true
    },
  })
  await world.run(engine, suite, { key }).catch(() => undefined)
  const runs = await world.store.runs.list()
  return runs.find((r: any) => r.trigger.key === key)
}
