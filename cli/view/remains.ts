import type { Injection } from '../../lib/domain/injection.ts'
import { dateAndTime } from '../../lib/report/durations.ts'

/** What would stay in the cluster if the driver left now, and who would end it: one line per injection that may have touched something. */
export function remains(injections: readonly Injection[], now: number): readonly string[] {
  return injections
    .filter((i) => i.status !== 'planned' && i.status !== 'reverted')
    .map((i) => `${i.fault} on ${names(i)}: ${whoEndsIt(i, now)}`)
}

const reapProves = 'whether it is gone is not proven: "faultline reap" looks, and undoes what is left'

function whoEndsIt({ fault, fuse, armed, expiresAt, undo }: Injection, now: number): string {
  if (armed !== null && armed.burnsAt <= now)
    return `fuse ${armed.namespace}/${armed.name} was to end it at ${dateAndTime(armed.burnsAt)}; ${reapProves}`
  // The fuse owns the policy, not the targets that bear its label.
  const label = undo.kind === 'policy' ? '; a label on its targets stays, inert, until "faultline reap" or the next run there' : ''
  if (armed !== null)
    return `fuse ${armed.namespace}/${armed.name} ends it at ${dateAndTime(armed.burnsAt)}, or "faultline reap" before${label}`
  if (fault === 'pod-delete') return 'the controllers bring the pods back by themselves'
  if (fuse !== null && expiresAt <= now)
    return `its fuse was being armed: if it was there, it was to end it by ${dateAndTime(expiresAt)}; ${reapProves}`
  if (fuse !== null) return `its fuse was being armed: if it is there, it ends it by ${dateAndTime(expiresAt)}; else "faultline reap" does`
  return 'it has no fuse: only "faultline reap" ends it'
}

function names({ targets }: Injection): string {
  return targets.map((target) => target.name).join(', ')
}
