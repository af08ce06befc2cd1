import type { InjectorUndo } from '../../domain/undo-data.ts'

/** From an injector's Job to its first look: the pull of an image of some 60 MB by a node that never had it; 36 s were seen. */
export const injectorStartMs = 40_000

/** From there to the bite of what shows at once. */
const atOnceMs = 5_000
/** A rate is measured every 6 s (script/loop.sh), first before, then with it. */
const rateMs = 15_000
/** A workload asks for a name, or is asked, now and then; so long the script waits for it (BITE_BUDGET_CS in script/loop.sh). */
const firstQueryMs = 20_000
/** The second kill follows the kubelet's restart; or 4 s without one after the first (script/kill.sh). A container may need its time to start. */
const secondKillMs = 15_000
/** MiB a second that a slow disk takes where it cannot be allocated at once (script/disk.sh, which gives up after 120 s). */
const slowDiskMib = 10

/**
 * How long an injector may take from its Job to its bite, by what it does: a step waits no longer for it, and what its script keeps running
 * ends by itself that much later than the step lasts.
 */
export function injectorBiteMs({ action, env }: Pick<InjectorUndo, 'action' | 'env'>): number {
  switch (action) {
    case 'kill':
      return injectorStartMs + atOnceMs + Number(env.FAULTLINE_GRACE ?? 0) * 1000
    case 'crashloop':
      return injectorStartMs + secondKillMs
    case 'fill-disk':
      return injectorStartMs + atOnceMs + Math.ceil(Number(env.FAULTLINE_AMOUNT ?? 0) / slowDiskMib) * 1000
    case 'limit-network':
    case 'load-network':
    case 'degrade-network':
      return injectorStartMs + rateMs
    case 'fail-dns':
    case 'fault-http':
      return injectorStartMs + firstQueryMs
    case 'stress-cpu':
    case 'stress-memory':
    case 'cut-network':
    case 'freeze':
      return injectorStartMs + atOnceMs
  }
}
