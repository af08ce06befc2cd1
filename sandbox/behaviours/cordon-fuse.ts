import type { Behaviour } from './behaviour.ts'

const annotation = 'faultline.dev/cordoned-by'

/** The pod that takes a cordon back at its end or on TERM, if the cordon is still ours. */
export const cordonFuse: Behaviour = (context) => {
  const { FAULTLINE_NODE: node = '', FAULTLINE_TAG: tag = '', FAULTLINE_ENDS_AT: endsAt = '' } = context.env
  const burn = () => {
    const found = context.cluster.store.get('nodes', node)
    const ours = found?.metadata.annotations?.[annotation] === tag
    if (found !== undefined && ours) {
      context.cluster.modify(found, (draft) => {
        delete draft.spec.unschedulable
        if (draft.metadata.annotations) delete draft.metadata.annotations[annotation]
      })
    }
    const message = ours ? 'uncordoned' : 'left alone: the cordon is not ours'
    context.log(JSON.stringify({ at: context.now(), node, tag, phase: 'undone', ok: true, message }))
    context.exit(0)
  }
  if (Number(endsAt) > 0) context.at(Number(endsAt) * 1000, burn)
  return { terminate: burn }
}
