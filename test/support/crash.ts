import type { Hook } from './world.ts'

/** Calls after which the outside world is another one than before. */
const writes: readonly string[] = [
  'create',
  'save',
  'add',
  'appendHistory',
  'acquire',
  'takeOver',
  'release',
  'set',
  'clear',
  'patch',
  'delete',
  'evict',
]

/** The process ends right after its `at`-th write: every later call fails as a dead process' calls would. */
export function crashAfterWrite(at: number): { readonly hook: Hook; readonly written: () => number } {
  let count = 0
  let dead = false
  const hook: Hook = ({ port, method, when }) => {
    if (dead) throw new Error('the process is dead')
    if (when === 'after' && port !== 'totals' && writes.includes(method)) {
      count++
      if (count >= at) {
        dead = true
        throw new Error('the process is dead')
      }
    }
  }
  return { hook, written: () => count }
}
