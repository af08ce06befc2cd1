import { FaultlineError } from '../../domain/errors.ts'
import type { Evidence, FuseRef, Injection } from '../../domain/injection.ts'
import type { Job } from '../../domain/kube.ts'
import { runLabel, stepLabel } from '../../domain/labels.ts'
import { firstNames } from '../../domain/text.ts'
import type { RunEvent } from '../../domain/transition.ts'
import { awaitPods } from '../../faults/await-pods.ts'
import type { Fault, FaultContext } from '../../faults/fault.ts'
import { jobRef } from '../../faults/fuse-job.ts'
import { faults } from '../../faults/registry.ts'
import { withDeadline } from '../../with-deadline.ts'
import type { Driver } from '../lease/driver.ts'
import { keep } from './inject.ts'
import { awaitLateCalls, awaitUnanswered } from './late-calls.ts'
import { endLoadsFromMemory } from './load.ts'

/** Collection takes 0.1 to 1 s and a CNI's own delay about as long; a fault that is not gone then is tried again as a whole. */
export const settleMs = 2_000
const settlePollMs = 250
/** The API server's own answer to a revert that failed; without the store nothing else is left to do. */
const memoryRetryMs = 1_000

/**
 * So long the undo of one step waits for that of a newer one: what cannot be proven keeps no older fault in place. Its deed takes a few
 * calls; most of the rest is looking.
 */
const newerFirstMs = 3_000

/** Undoes everything that is open, what was begun last first, and says whether all of it is proven gone. */
export async function revertAll(driver: Driver): Promise<RunEvent> {
  const { clock } = driver.engine
  const reverts: Promise<readonly (string | null)[]>[] = []
  for (const open of newestFirst(driver.openInjections)) {
    const reverting = Promise.all(open.map((injection) => driver.revertOnce(injection, () => revertOne(driver, injection))))
    // Told below, and no rejection meanwhile is lost on the way there.
    reverting.catch(() => undefined)
    reverts.push(reverting)
    await withDeadline(clock, newerFirstMs, reverting)
  }
  const messages = (await Promise.all(reverts)).flat().filter((message) => message !== null)
  if (messages.length > 0) return { type: 'undo_unproven', messages }
  return {
    type: 'reverted',
    summaries: driver.stepInjections.map((i) => i.evidence.find((e) => e.phase === 'after')?.summary ?? 'reverted'),
  }
}

/** Step by step: the one begun last comes first. */
function newestFirst(open: readonly Injection[]): readonly (readonly Injection[])[] {
  const bySteps = [...Map.groupBy(open, ({ step }) => step)]
  const begunAt = (injections: readonly Injection[]) => Math.max(...injections.map(({ injectingAt }) => injectingAt ?? 0))
  return bySteps.toSorted(([a, one], [b, other]) => begunAt(other) - begunAt(one) || b - a).map(([, injections]) => injections)
}

/** Null when proven undone, else what is missing. */
async function revertOne(driver: Driver, stored: Injection): Promise<string | null> {
  const context = driver.context()
  const fault = faults[stored.fault]
  try {
    const armed = stored.armed ?? (await findFuse(context, stored))
    if (stored.status === 'planned' && armed === null) return await neverTouched(driver, stored)
    const injection = await lookOnceMore(
      driver,
      stored.status === 'reverting' && stored.armed === armed ? stored : await driver.update(stored, { status: 'reverting', armed }),
    )
    await fault.revert(context, injection)
    await awaitLateCalls(driver)
    await awaitUnanswered(driver)
    const evidence = await proofOfUndo(driver, injection)
    const status = evidence.finding === 'yes' ? 'reverted' : 'reverting'
    const after = await driver.update(injection, { status, evidence: keep(injection, evidence) })
    return after.status === 'reverted' ? null : `${after.fault} on ${namesOf(after)}: ${evidence.summary}`
  } catch (error) {
    driver.throwIfLost()
    if (!(error instanceof FaultlineError)) throw error
    return `${stored.fault} on ${namesOf(stored)}: ${error.message}`
  }
}

/** It is told again with each try, as long as that takes. */
const namesOf = ({ targets }: Injection) => firstNames(targets.map(({ name }) => name))

/** Stored, and no more: its driver died or was stopped before it even had a fuse. */
async function neverTouched(driver: Driver, stored: Injection): Promise<null> {
  const at = driver.engine.clock.now()
  const evidence = keep(stored, { phase: 'after', at, finding: 'yes', summary: 'it was never begun', measurements: [] })
  await driver.update(stored, { status: 'reverted', evidence })
  return null
}

/** What is seen before the revert takes the witnesses away is stored first; a look that fails keeps nothing from being undone. */
async function lookOnceMore(driver: Driver, injection: Injection): Promise<Injection> {
  const fault: Fault = faults[injection.fault]
  const seen = await fault.lastLook?.(driver.context(), injection).catch((error: unknown) => {
    driver.note(`nothing could be seen before the revert: ${String(error)}`)
    return null
  })
  return seen === undefined || seen === null ? injection : driver.update(injection, { undo: seen })
}

/** What was just taken away needs a moment to be gone (collection, the CNI's own delay): a few looks before it counts as unproven. */
async function proofOfUndo(driver: Driver, injection: Injection): Promise<Evidence> {
  const { clock } = driver.engine
  const fault: Fault = faults[injection.fault]
  const giveUpAt = clock.now() + settleMs
  let shows = fault.undoShows?.(injection)
  for (;;) {
    const evidence = await fault.undone(driver.context(), injection)
    if (evidence.finding === 'yes' || clock.now() >= giveUpAt) return evidence
    const wait = { pollMs: settlePollMs, maxMs: giveUpAt - clock.now() }
    if (shows === undefined) await clock.sleep(settlePollMs)
    else if (await awaitPods(driver.context(), shows, wait)) shows = undefined
  }
}

/** A driver that died between making the fuse and storing its UID: the Job of that name and of our step is the fuse. */
async function findFuse(context: FaultContext, injection: Injection): Promise<FuseRef | null> {
  if (injection.fuse === null) return null
  const job = await context.cluster.objects.get<Job>(jobRef(injection.fuse))
  const labels = job?.metadata.labels ?? {}
  if (job?.metadata.uid === undefined || labels[runLabel] !== injection.runId || labels[stepLabel] !== String(injection.step)) return null
  return { namespace: injection.fuse.namespace, name: injection.fuse.name, uid: job.metadata.uid, burnsAt: injection.expiresAt }
}

/**
 * Undoes from memory, without the store: for a driver that lost it. Tries what failed again each second, until its lease is over and
 * another driver may act. Never throws: the loss itself is what the caller has to tell.
 */
export async function revertFromMemory(driver: Driver): Promise<void> {
  const { clock } = driver.engine
  const context = driver.context()
  let open = driver.openInjections.filter((injection) => injection.status !== 'planned' || injection.armed !== null).toReversed()
  for (;;) {
    const results = await Promise.allSettled(open.map((injection) => faults[injection.fault].revert(context, injection)))
    open = open.filter((_, i) => results[i]?.status === 'rejected')
    for (const result of results) if (result.status === 'rejected') driver.note(`reverting from memory failed: ${String(result.reason)}`)
    if (open.length === 0 || driver.leaseLeftMs() <= memoryRetryMs) return endLoadsFromMemory(driver)
    await clock.sleep(memoryRetryMs)
  }
}
