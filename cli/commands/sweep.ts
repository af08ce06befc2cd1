import { counted } from '../../lib/domain/text.ts'
import { listOrphans, sweepOrphans } from '../../lib/engine/reap.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import { printJson, sayer, type WorkFlags, withComposition } from '../command.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import type { Terminal } from '../terminal.ts'

export interface SweepFlags extends WorkFlags {
  readonly dryRun?: boolean
}

/** `faultline sweep`: objects of ours, in all namespaces, that no run looks after any more; what was found, and what was removed. */
export function sweep(flags: SweepFlags, terminal: Terminal): Promise<ExitCode> {
  return withComposition(flags, terminal, async (composition) => {
    const say = sayer(flags, terminal)
    const { ref, cluster } = await composition.clusters.choose()
    const engine = composition.engine(ref)
    const swept = flags.dryRun === true ? null : await sweepOrphans(engine, cluster)
    const { found, failed } = swept ?? { found: await listOrphans(engine, cluster), failed: [] }
    const removed = swept === null ? [] : [...swept.removed, ...swept.inert]
    if (flags.json === true)
      printJson(terminal, { cluster: { uid: ref.uid, name: ref.name, simulated: ref.simulated }, found, removed, failed })
    else {
      for (const name of found) say(`found: ${name}${removed.includes(name) ? ', removed' : ''}`)
      for (const text of failed) say(`not removed: ${text}`)
      say(`${counted(found.length, 'orphan')} found on ${clusterText(ref)}, ${removed.length} removed`)
    }
    return failed.length > 0 ? exitCodes.unproven : exitCodes.succeeded
  })
}
