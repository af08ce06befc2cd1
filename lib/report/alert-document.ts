import type { Notice } from '../domain/notice.ts'
import { cutTo } from '../domain/text.ts'

/** A receipt of 50 texts of that length is 100 KB, far below what SNS takes. */
const longestText = 2_000
const longestList = 50
/** SNS takes 256 KiB for all protocols together, and each of them gets a copy. */
const longestData = 20_000

/** A notice as other programs get it; it only ever grows within one `schemaVersion`. Times are RFC 3339 in UTC. */
export interface AlertDocument {
  readonly schemaVersion: 1
  /** The same for the same event: consumers may drop what they have seen. */
  readonly id: string
  readonly kind: Notice['kind']
  readonly severity: Notice['severity']
  readonly topic: string
  readonly at: string
  readonly run: Omit<Notice['run'], 'requestedAt'> & { readonly requestedAt: string }
  /** At most 50 targets are named; `targetCount` counts all. */
  readonly step: (NonNullable<Notice['step']> & { readonly targetCount: number }) | null
  readonly message: string
  /** Long texts and lists are cut; `{ omitted: true }` when that is not enough. */
  readonly data: Readonly<Record<string, unknown>>
  readonly reportUrl: string | null
  readonly haltCommand: string
}

/** The machine-readable form of a notice, short enough for any queue. */
export function alertDocument(notice: Notice, reportUrl: string | null = null): AlertDocument {
  const { id, kind, severity, topic, at, run, step, haltCommand, message, data } = notice
  return {
    schemaVersion: 1,
    id,
    kind,
    severity,
    topic,
    at: new Date(at).toISOString(),
    run: { ...run, requestedAt: new Date(run.requestedAt).toISOString() },
    step: step === null ? null : { ...step, targets: step.targets.slice(0, longestList), targetCount: step.targets.length },
    message: cutTo(message, longestText),
    data: shortData(data),
    reportUrl,
    haltCommand: cutTo(haltCommand, longestText),
  }
}

/** What a notice says beside its message, with long texts and lists cut; `{ omitted: true }` when that is not enough. */
export function shortData(data: Notice['data']): Notice['data'] {
  const short = cut(data) as Notice['data']
  return JSON.stringify(short).length <= longestData ? short : { omitted: true }
}

function cut(value: unknown): unknown {
  if (typeof value === 'string') return cutTo(value, longestText)
  if (Array.isArray(value)) return value.slice(0, longestList).map(cut)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, cut(part)]))
}
