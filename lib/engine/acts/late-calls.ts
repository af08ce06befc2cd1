import { FaultlineError } from '../../domain/errors.ts'
import type { TargetEvent } from '../../domain/injection.ts'
import type { KubeObject, Node } from '../../domain/kube.ts'
import { cordonAnnotation } from '../../domain/labels.ts'
import type { CallUnderWay } from '../../domain/run-facts.ts'
import type { Cluster } from '../../ports.ts'
import { isoSeconds } from '../../time.ts'
import type { Driver } from '../lease/driver.ts'

/**
 * A DELETE, eviction or cordon that the driver before sent may arrive late. Before anything more is begun, or called whole:
 * 1. waits until the last of them has arrived or never will; 2. looks at what became of each, and records it, once.
 */
export function awaitLateCalls({ whole: driver }: Driver): Promise<void> {
  const { unfencedUntil, handover } = driver.run
  // A driver that offered the run and was not succeeded hears the answers to its calls itself.
  if (unfencedUntil === undefined || handover) return Promise.resolve()
  const told = tellings.get(driver) ?? tell(driver)
  tellings.set(driver, told)
  return told
}

/**
 * The same for a driver's own: a DELETE that was given up without an answer may arrive until a call of its kind is dead. Nothing is called
 * undone before.
 */
export async function awaitUnanswered({ whole: driver }: Driver): Promise<void> {
  const calls = driver.unanswered
  if (calls.length === 0) return
  const waiting = unanswered.get(driver) ?? tellUnanswered(driver, calls).finally(() => unanswered.delete(driver))
  unanswered.set(driver, waiting)
  await waiting
}

/** Injections are reverted side by side: their calls are waited for and told once. */
const unanswered = new WeakMap<Driver, Promise<void>>()

async function tellUnanswered(driver: Driver, calls: Driver['unanswered']): Promise<void> {
  await driver.sleepUntil(Math.max(...calls.map(({ until }) => until)), { interruptible: false })
  const changes = await Promise.all(calls.map(({ until, ...call }) => lookAt(driver, call, 'was never answered')))
  await driver.record({ type: 'late_calls', changes })
}

/** What was handed over with the run is told once by its driver, whichever act comes to it first. */
const tellings = new WeakMap<Driver, Promise<void>>()

async function tell(driver: Driver): Promise<void> {
  await driver.sleepUntil(driver.run.unfencedUntil ?? 0, { interruptible: false })
  const { underWay = [] } = driver.run
  if (underWay.length === 0) return
  const changes = await Promise.all(underWay.map((call) => lookAt(driver, call, 'was unanswered when its driver handed over')))
  await driver.record({ type: 'late_calls', changes })
}

async function lookAt({ cluster, engine }: Driver, call: CallUnderWay, how: string): Promise<TargetEvent> {
  const [code, became] = await becameOf(cluster, call)
  const message = `a ${call.verb} of ${isoSeconds(call.sentAt)} ${how}; ${became}`
  return { at: engine.clock.now(), target: call.name, code, message }
}

async function becameOf(cluster: Cluster, call: CallUnderWay): Promise<readonly [code: string, message: string]> {
  const { kind, namespace, name, uid } = call
  try {
    const ref = { apiVersion: 'v1', kind, name, ...(namespace === '' ? {} : { namespace }) }
    const object = await cluster.objects.get<KubeObject>(ref)
    if (object?.metadata.uid !== uid) return ['late_call', `the ${kind} is gone: it may have done that`]
    if (call.verb === 'cordon')
      return isOurs(object as Node) ? ['late_call', 'it arrived: the cordon is there'] : ['lost_call', 'no cordon of ours is there']
    return object.metadata.deletionTimestamp === undefined
      ? ['lost_call', `the ${kind} is there: it never arrived`]
      : ['late_call', `the ${kind} terminates: it may have done that`]
  } catch (error) {
    if (!(error instanceof FaultlineError)) throw error
    return ['late_call', `whether it arrived could not be seen: ${error.message}`]
  }
}

function isOurs({ spec, metadata }: Node): boolean {
  return spec.unschedulable === true && metadata.annotations?.[cordonAnnotation] !== undefined
}
