import { StoreUnavailable } from '../../lib/domain/errors.ts'
import type { RunStatus } from '../../lib/domain/run.ts'
import type { Engine } from '../../lib/engine/engine.ts'
import type { World } from './world.ts'

/** An engine whose trail cannot be written while `isAway` says so. */
export function withoutTrail(engine: Engine, isAway: () => boolean): Engine {
  const add: Engine['store']['audit']['add'] = (entry) => {
    if (isAway()) return Promise.reject(new StoreUnavailable('insert into the trail'))
    return engine.store.audit.add(entry)
  }
  return { ...engine, store: { ...engine.store, audit: { ...engine.store.audit, add } } }
}

/** Does it once, as soon as a run is in that state. */
export function once(status: RunStatus, act: () => void): Parameters<World['engine']>[1] {
  let isDone = false
  return {
    observe: ({ run }) => {
      if (run.status !== status || isDone) return
      isDone = true
      act()
    },
  }
}
