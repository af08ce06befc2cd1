import type { Job } from '../kinds.ts'
import type { Behaviour } from './behaviour.ts'

const annotation = 'faultline.dev/cordoned-by'
const burnsAt = 'faultline.dev/burns-at'
const over = ['Failed', 'FailureTarget', 'Complete', 'SuccessCriteriaMet']
/** The Job controller deletes the pods of an ended Job a moment before it says so. */
const lookAgainMs = 3_000

/** The pod that takes a cordon back when its Job says so or is over; stopped before that, it fails, and its Job makes another. */
export const cordonFuse: Behaviour = (context) => {
  const { FAULTLINE_NODE: node = '', FAULTLINE_NAMESPACE: namespace = '', FAULTLINE_JOB: name = '' } = context.env
  const job = () => context.cluster.store.get('jobs', name, namespace) as Job | undefined
  const burn = () => {
    const found = context.cluster.store.get('nodes', node)
    const ours = found?.metadata.annotations?.[annotation] === name
    if (found !== undefined && ours) {
      const setters = (found.metadata.managedFields ?? []).filter(
        ({ fieldsV1 }) => (fieldsV1['f:spec'] as Record<string, unknown> | undefined)?.['f:unschedulable'] !== undefined,
      )
      const another = setters.length > 0 && !setters.some(({ manager }) => manager === 'faultline')
      context.cluster.modify(found, (draft) => {
        if (!another) delete draft.spec.unschedulable
        if (draft.metadata.annotations) delete draft.metadata.annotations[annotation]
      })
    }
    context.log(ours ? 'uncordoned' : 'not our cordon: nothing to undo')
    context.exit(0)
  }
  const isOver = () => {
    const found = job()
    return (
      found === undefined ||
      found.metadata.deletionTimestamp !== undefined ||
      (found.status?.conditions ?? []).some((one) => over.includes(one.type) && one.status === 'True')
    )
  }
  let stop = () => {}
  const watch = () => {
    const end = Number(job()?.metadata.annotations?.[burnsAt] ?? Number.NaN) * 1000
    if (isOver() || context.now() >= end) return burn()
    stop = context.at(Math.min(context.now() + 5_000, end), watch)
  }
  watch()
  return {
    terminate: () => {
      stop()
      if (isOver()) return burn()
      context.at(context.now() + lookAgainMs, () => (isOver() ? burn() : context.exit(1)))
    },
    killed: () => stop(),
  }
}
