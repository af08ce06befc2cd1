import type { TargetEvent } from './injection.ts'
import type { Node, Pod } from './kube.ts'

/** How a pod was when the fault began to be held. */
export interface PodBefore {
  readonly name: string
  readonly uid: string
  readonly restarts: number
  readonly isTarget: boolean
}

/** What is remembered of a pod to tell later what became of it. */
export function podBefore(pod: Pod, isTarget: boolean): PodBefore {
  return { name: pod.metadata.name, uid: pod.metadata.uid ?? '', restarts: restartsOf(pod), isTarget }
}

/** When it was looked, and whether the fault holds pods that join, too. */
interface Look {
  readonly at: number
  readonly isCovered?: boolean
}

/**
 * What became of the pods of a selection since: targets that restarted, were evicted or deleted, and pods that joined or left, which the
 * fault does not hold. Pure; each look tells all of it again, the caller tells what is new.
 */
export function podChanges(before: readonly PodBefore[], now: readonly Pod[], { at, isCovered = false }: Look): readonly TargetEvent[] {
  const current = new Map(now.map((pod) => [pod.metadata.uid, pod]))
  const known = new Set(before.map(({ uid }) => uid))
  const joined = now
    .filter(({ metadata }) => !known.has(metadata.uid ?? '') && metadata.deletionTimestamp === undefined)
    .map(({ metadata }) =>
      event(
        metadata.name,
        at,
        'joined',
        `joined the selection since: ${isCovered ? 'the policy selects it, too' : 'the fault does not hold it'}`,
      ),
    )
  const others = before
    .filter(({ uid, isTarget }) => !isTarget && !current.has(uid))
    .map(({ name }) => event(name, at, 'left', 'left the selection'))
  return [...before.filter(({ isTarget }) => isTarget).flatMap((pod) => targetChanges(pod, current.get(pod.uid), at)), ...others, ...joined]
}

function targetChanges(before: PodBefore, pod: Pod | undefined, at: number): readonly TargetEvent[] {
  const { name } = before
  if (pod === undefined) return [event(name, at, 'deleted', 'is gone, or another pod bears its name')]
  const { reason, message, phase, conditions } = pod.status ?? {}
  if (phase === 'Failed' && reason === 'Evicted') return [event(name, at, 'evicted', `was evicted: ${message ?? 'no reason given'}`)]
  const disruption = conditions?.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True')
  if (disruption !== undefined) return [event(name, at, 'evicted', `is being evicted (${disruption.reason ?? 'no reason given'})`)]
  if (pod.metadata.deletionTimestamp !== undefined) return [event(name, at, 'deleted', 'is being deleted')]
  if (restartsOf(pod) <= before.restarts) return []
  const died = (pod.status?.containerStatuses ?? []).find(({ lastState }) => lastState?.terminated !== undefined)
  const end = died?.lastState?.terminated
  if (end?.reason === 'OOMKilled') return [event(name, at, 'oom_killed', `container ${died?.name} was killed for memory and restarted`)]
  const how = end === undefined ? '' : ` (exit code ${end.exitCode}${end.reason === undefined ? '' : `, ${end.reason}`})`
  return [event(name, at, 'restarted', `container ${died?.name ?? 'unknown'} restarted${how}`)]
}

/** Nodes of targets that are gone or not Ready. */
export function nodeChanges(names: readonly string[], nodes: readonly Node[], at: number): readonly TargetEvent[] {
  return names.flatMap((name) => {
    const node = nodes.find(({ metadata }) => metadata.name === name)
    if (node === undefined) return [event(name, at, 'node_lost', 'the node is gone')]
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready === undefined || ready.status === 'True') return []
    return [event(name, at, 'node_lost', `the node is not Ready (${ready.reason ?? ready.status}): ${ready.message ?? 'no message'}`)]
  })
}

function event(target: string, at: number, code: string, message: string): TargetEvent {
  return { at, target, code, message }
}

function restartsOf(pod: Pod): number {
  return (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0)
}
