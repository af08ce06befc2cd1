import type { HistoryEvent } from '../domain/history-event.ts'
import type { ProbeMode, ProbeSample, ProbeSource, ProbeSpec, ThresholdSpec, Tolerance } from '../domain/probe.ts'
import { sourceText, toleranceText } from '../domain/tolerance.ts'
import { iso } from './iso.ts'

/** A probe as the suite has it. Values of headers are left out: they may be secret. */
export interface ProbeDocument {
  readonly name: string
  readonly type: ProbeSource['type']
  /** What is asked, in one line: `GET http://… status`, the query, `ready pods of app=x`. */
  readonly asks: string
  /** What of the answer is the value: `status`, `latency`, `ready`, …; `query` of PromQL, `state` of an alarm, `statistic` of a metric. */
  readonly reads: 'query' | 'state' | 'statistic' | Extract<ProbeSource, { read: unknown }>['read']['what']
  readonly mode: ProbeMode
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly retries: number
  readonly tolerance: Tolerance
  /** The tolerance for people: `<= 0.1`, `1 to 5`, `200`, `/ok/`. */
  readonly allowed: string
  readonly weight: number
  readonly unit: string
}

/** A threshold and the times it was crossed. */
export interface ThresholdDocument extends ThresholdSpec {
  readonly crossings: readonly {
    /** When `forMs` were over. */
    readonly at: string
    /** Since when the values were on the wrong side. */
    readonly since: string
    readonly value: number
    readonly step: number | null
    /** When a value was on the right side again; null when none was seen. */
    readonly recoveredAt: string | null
  }[]
}

export type SampleDocument = Omit<ProbeSample, 'at'> & { readonly at: string }

const readsWhole = { prometheus: 'query', cloudwatch_alarm: 'state', cloudwatch_metric: 'statistic' } as const

/** What a report tells of a probe. */
export function probeDocument(probe: ProbeSpec): ProbeDocument {
  const { name, source, mode, intervalMs, timeoutMs, retries, tolerance, weight, unit } = probe
  const said = { asks: sourceText(source), allowed: toleranceText(tolerance) }
  const reads = 'read' in source ? source.read.what : readsWhole[source.type]
  return {
    name,
    type: source.type,
    asks: said.asks,
    reads,
    mode,
    intervalMs,
    timeoutMs,
    retries,
    tolerance,
    allowed: said.allowed,
    weight,
    unit,
  }
}

/** What there is to draw and tell of: the suite's probes, or without any the readiness of its pods. */
export function watched({ probes, readiness }: { readonly probes: readonly ProbeDocument[]; readonly readiness: ProbeDocument | null }) {
  return readiness === null ? probes : [readiness]
}

/** The times a threshold was crossed, as the history has them. */
export function crossingsOf(threshold: string, history: readonly HistoryEvent[]): ThresholdDocument['crossings'] {
  const mine = history.filter((event) => isCrossing(event) && event.data?.threshold === threshold)
  return mine.flatMap((event, i) => {
    if (event.type !== 'threshold_crossed' || event.data === undefined) return []
    const { data } = event
    const end = mine.slice(i + 1).find((later) => later.type === 'threshold_recovered')
    return [
      {
        at: iso(event.at),
        since: iso(data.since),
        value: data.value,
        step: event.step,
        recoveredAt: end === undefined ? null : iso(end.at),
      },
    ]
  })
}

function isCrossing(event: HistoryEvent): event is Extract<HistoryEvent, { type: 'threshold_crossed' | 'threshold_recovered' }> {
  return event.type === 'threshold_crossed' || event.type === 'threshold_recovered'
}
