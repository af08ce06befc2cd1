import type { Notice } from '../../lib/domain/notice.ts'

/** 2026-01-05 09:00:00 UTC. */
const nine = 1_767_603_600_000

/** A notice of a run that was asked for at nine, 12 s later. */
export function noticeOf(
  kind: Notice['kind'],
  change: Partial<Omit<Notice, 'run'>> & { readonly run?: Partial<Notice['run']> } = {},
): Notice {
  const { run, ...rest } = change
  return {
    id: 'quick-20260105-090000-abcdefgh#7#0',
    kind,
    at: nine + 12_000,
    severity: 'info',
    topic: `quick-20260105-090000-abcdefgh/${kind}`,
    step: null,
    haltCommand: 'kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline',
    message: 'something happened',
    data: {},
    ...rest,
    run: {
      id: 'quick-20260105-090000-abcdefgh',
      suite: 'Quick',
      cluster: 'prod-eu',
      clusterUid: 'c0ffee',
      namespace: 'jadevectordb-system',
      simulated: false,
      status: 'holding',
      requestedAt: nine,
      ...run,
    },
  }
}

/** The first step of that run, on pods db-0 to db-(count - 1). */
export function stepWith(count: number): NonNullable<Notice['step']> {
  return { index: 0, name: 'Cut', fault: 'network-partition', targets: Array.from({ length: count }, (_, n) => `db-${n}`) }
}
