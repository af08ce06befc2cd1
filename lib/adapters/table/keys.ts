/** Primary key of an item; the layout is the table in the design. */
export interface Key {
  readonly pk: string
  readonly sk: string
}

/** Sort key prefix of a run's whole ledger. */
export const injectionPrefix = 'INJECTION#'

/** Sort key prefix of a run's history. */
export const eventPrefix = 'EVENT#'

/** Sort key prefix of a run's probe answers. */
export const samplesPrefix = 'SAMPLES#'
/** Sorts after all of them, and before every other prefix that follows. */
export const samplesEnd = 'SAMPLES$'

const digits = (value: number, width: number) => String(value).padStart(width, '0')

/** Partition of everything that belongs to a run. */
export const runPartition = (id: string): string => `RUN#${id}`

/** Where a run itself is. */
export const runKey = (id: string): Key => ({ pk: runPartition(id), sk: 'RUN' })

/** What lists say of a run. */
export const listingKey = (id: string): Key => ({ pk: runPartition(id), sk: 'LISTED' })

/** The switch that aborts one run. */
export const abortKey = (id: string): Key => ({ pk: runPartition(id), sk: 'ABORT' })

/** Sort key prefix of one step's ledger; padded, so that the table's order is the ledger's. */
export const stepPrefix = (step: number): string => `${injectionPrefix}${digits(step, 5)}#`

/** Where a ledger entry is. */
export const injectionKey = (at: { readonly runId: string; readonly step: number; readonly n: number }): Key => ({
  pk: runPartition(at.runId),
  sk: `${stepPrefix(at.step)}${digits(at.n, 6)}`,
})

/** Where a line of history is; padded like the ledger. */
export const eventKey = (runId: string, at: { readonly version: number; readonly n: number }): Key => ({
  pk: runPartition(runId),
  sk: `${eventPrefix}${digits(at.version, 10)}#${digits(at.n, 5)}`,
})

/** Where a batch of probe answers is: its first one says it. */
export const samplesKey = (runId: string, first: { readonly at: number; readonly probe: string }): Key => ({
  pk: runPartition(runId),
  sk: `${samplesPrefix}${digits(first.at, 15)}#${first.probe}`,
})

/** Where a lock is; `key` is `clusterUid/namespace` or `clusterUid/node#name`. */
export const lockKey = (key: string): Key => ({ pk: `LOCK#${key}`, sk: 'LOCK' })

/** The switch that halts everything. */
export const haltKey: Key = { pk: 'CONTROL', sk: 'HALT' }

/** The switch that pauses one suite. */
export const pauseKey = (suite: string): Key => ({ pk: 'CONTROL', sk: `PAUSE#${suite}` })

/** Who was told: one item per notifier and what it was told of. */
export const noticeKey = (runId: string, claim: { readonly notifier: string; readonly key: string }): Key => ({
  pk: runPartition(runId),
  sk: `NOTICE#${claim.notifier}#${claim.key}`,
})

/** Partition of the whole audit trail. */
export const auditPartition = 'AUDIT'

/** A time as the audit trail sorts by it; padded, so that texts sort as times do. */
export const auditTime = (at: number): string => digits(at, 15)

/** Where an entry of the audit trail is. */
export const auditKey = ({ at, id }: { readonly at: number; readonly id: string }): Key => ({
  pk: auditPartition,
  sk: `${auditTime(at)}#${id}`,
})

/** Partition of what is kept of guards: a few items, one for each change of them. */
export const guardsPartition = 'AUDIT#GUARDS'

/** Where it is kept under which guards a start was. */
export const guardsKey = ({ at, id }: { readonly at: number; readonly id: string }): Key => ({
  pk: guardsPartition,
  sk: `${auditTime(at)}#${id}`,
})

/** Partition of all totals. */
export const totalsPartition = 'TOTALS'

/** Sort key prefix of one place's totals. */
export const placePrefix = (place: { readonly clusterUid: string; readonly namespace: string }): string =>
  `${place.clusterUid}/${place.namespace}#`
