import { assertNever } from '../../lib/domain/errors.ts'
import { isEnded, type Run } from '../../lib/domain/run.ts'
import { claimOf } from '../../lib/engine/lease/claim.ts'
import { findRun } from '../../lib/find-run.ts'
import { loadRuns } from '../../lib/load-runs.ts'
import { nothingKnown, partOf } from '../../lib/remote/record-part.ts'
import { auditLine } from '../../lib/report/audit-line.ts'
import { recordOf } from '../../lib/report/record.ts'
import { runRow } from '../../lib/report/run-row.ts'
import type { Answer } from './answers.ts'
import type { Invocation } from './compose.ts'
import type { LookInput } from './inputs.ts'
import { status } from './status.ts'

type Asked<A extends LookInput['action']> = Extract<LookInput, { action: A }>

/** One entry is some 600 bytes, and 10 KB at most; an answer of a function is 6 MB at most. */
const recentEntries = 50
const mostEntries = 500

/** What people ask who only look on. */
export async function look(input: LookInput, invocation: Invocation): Promise<Answer> {
  switch (input.action) {
    case 'status':
      return status(input, invocation)
    case 'runs':
      return runs(input, invocation)
    case 'audit':
      return audit(input, invocation)
    case 'record':
      return record(input, invocation)
    default:
      return assertNever(input)
  }
}

async function runs({ suite, limit }: Asked<'runs'>, invocation: Invocation): Promise<Answer> {
  const found = await invocation.store.runs.list({ limit, ...(suite === undefined ? {} : { suite }) })
  const live = await loadRuns(
    invocation.store,
    found.filter((run) => !isEnded(run)),
  )
  const lost = new Set(live.filter((run) => isLost(run, invocation)).map(({ id }) => id))
  const rows = found.map((run) => runRow(run, lost.has(run.id)))
  return { happened: `${rows.length} runs are listed`, next: 'ask for the "record" of one of them', runs: rows }
}

const isLost = (run: Run, invocation: Invocation) => !isEnded(run) && claimOf(run, invocation.engine(run.cluster)) === 'take_over'

/** The newest entries of the audit trail, or those since a time. */
async function audit({ since }: Asked<'audit'>, { store }: Invocation): Promise<Answer> {
  const found =
    since === undefined ? (await store.audit.newest(recentEntries)).toReversed() : await store.audit.list({ since: Date.parse(since) })
  const entries = found.slice(0, mostEntries)
  const isAll = entries.length === found.length
  return {
    happened: `${entries.length} entries of the audit trail${isAll ? '' : `, the first of ${found.length}`}`,
    next: isAll ? 'ask with "since" for those from a time on' : 'ask with "since" for those after the last of them',
    entries: entries.map(auditLine),
    more: !isAll,
  }
}

/** All that the store knows of a run, in as many parts as it takes. */
async function record({ run: wanted, known = nothingKnown }: Asked<'record'>, { store }: Invocation): Promise<Answer> {
  const run = await findRun(store, wanted, { none: 'there are no runs yet' })
  const part = partOf(await recordOf(store, run), known)
  return { happened: `run ${run.id} is ${run.status}`, next: part.more ? 'ask for the rest' : 'nothing', record: part }
}
