import { FaultlineError, KubernetesError } from '../../domain/errors.ts'
import { isReady } from '../../domain/kube.ts'
import type { OwnerBefore } from '../../domain/owner-before.ts'
import type { Baseline } from '../../domain/run-facts.ts'
import type { RunEvent } from '../../domain/transition.ts'
import type { OwnerNow } from '../../faults/owners.ts'
import { lookAtOwner } from '../../faults/owners.ts'
import type { Driver } from '../lease/driver.ts'
import { workloadPods } from './admit.ts'

/** Recovery is told in tenths of a second; a Deployment's own controllers act about once a second. */
const pollMs = 1000
/** The proof of an undo that needed the workload's pods is the first look at them. */
const justNowMs = 500

/**
 * Null while the workload is not as healthy as it should be now; the engine asks again. What should be there is what the controllers want
 * now, not what there was before: an autoscaler or a Job that ended meanwhile is no damage, and is told.
 */
export async function checkRecovery(driver: Driver, window: { readonly since: number; readonly until: number }): Promise<RunEvent | null> {
  const { clock } = driver.engine
  let seen: string
  try {
    // A pod that still terminates has its replacement beside it: it holds no recovery up.
    const found = await workloadPods(driver.context(), driver.run.suite, justNowMs)
    const pods = found.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const ready = pods.filter(isReady).length
    const should = await shouldBeThere(driver, ready)
    const state = `${ready} of ${pods.length} pods are ready`
    if (ready >= should.count && ready === pods.length) {
      const seconds = ((clock.now() - window.since) / 1000).toFixed(1)
      const after = seconds === '0.0' ? 'at once' : `after ${seconds} s`
      return { type: 'recovered', message: `healthy again ${after}: ${[state, ...should.changes].join('; ')}` }
    }
    seen = [`${state}, ${should.count} should be`, ...should.changes].join('; ')
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    seen = error.message
  }
  if (clock.now() >= window.until) return { type: 'not_recovered', message: seen }
  await driver.sleepUntil(Math.min(window.until, clock.now() + pollMs))
  return null
}

interface Expected {
  readonly count: number
  /** What changed since before the run, for people. */
  readonly changes: readonly string[]
}

/** Controllers are looked at only when there are fewer Ready pods than before. Pods without one must all be there again. */
async function shouldBeThere(driver: Driver, ready: number): Promise<Expected> {
  const { ready: before = 0, owners = [] }: Partial<Baseline> = driver.run.baseline ?? {}
  if (ready >= before || owners.length === 0) return { count: before, changes: [] }
  const bare = before - owners.reduce((sum, owner) => sum + owner.ready, 0)
  const now = await Promise.all(owners.map(async (owner) => ({ owner, now: await look(driver, owner) })))
  const count = now.reduce((sum, { owner, now: { wanted } }) => sum + Math.min(owner.ready, wanted), bare)
  return { count, changes: now.flatMap(({ owner, now: state }) => changeOf(owner, state)) }
}

/** Without the right to read controllers nothing is known of a change: all that was there is expected again. */
async function look(driver: Driver, owner: OwnerBefore): Promise<Pick<OwnerNow, 'label' | 'over' | 'wanted'>> {
  try {
    return await lookAtOwner(driver.context(), driver.run.namespace, owner)
  } catch (error) {
    if (!(error instanceof KubernetesError) || error.code !== 'forbidden') throw error
    return { label: `${owner.kind} ${owner.name}`, over: null, wanted: owner.ready }
  }
}

function changeOf({ ready }: OwnerBefore, { label, over, wanted }: Pick<OwnerNow, 'label' | 'over' | 'wanted'>): readonly string[] {
  if (over !== null) return [`${over} (it had ${ready})`]
  return wanted < ready ? [`${label} wants ${wanted} now, ${ready} were before`] : []
}
