import type { LoadEnd, LoadRecord } from '../domain/load.ts'
import { iso } from './iso.ts'

/** A load as a JSON report tells it. */
export interface LoadDocument extends Pick<LoadRecord, 'name' | 'namespace' | 'log' | 'figures'> {
  readonly image: string
  /** When its pod was seen to run. */
  readonly startedAt: string | null
  /** How it ended; null while it has not. */
  readonly end: (Omit<LoadEnd, 'at'> & { readonly at: string }) | null
  /** When it was shown that nothing of it is left. */
  readonly goneAt: string | null
}

/** What a report tells of a load. */
export function loadDocument({ name, namespace, startedAt, end, goneAt, log, figures }: LoadRecord, image: string): LoadDocument {
  return {
    name,
    image,
    namespace,
    startedAt: startedAt === null ? null : iso(startedAt),
    end: end === null ? null : { ...end, at: iso(end.at) },
    goneAt: goneAt === null ? null : iso(goneAt),
    figures,
    log,
  }
}

/** Its figures in one line, as it named them; '' where it said none. */
export function figuresText(figures: LoadRecord['figures'], most = Number.POSITIVE_INFINITY): string {
  const all = Object.entries(figures)
  const more = all.length > most ? ` and ${all.length - most} more` : ''
  const shown = all.slice(0, most).map(([name, value]) => `${name} ${typeof value === 'number' ? Number(value.toPrecision(6)) : value}`)
  return `${shown.join(', ')}${more}`
}

/** How it ended, in words. */
export function loadEndText(end: Pick<LoadEnd, 'how' | 'detail'> | null): string {
  return end === null ? 'running' : end.how === 'with_the_run' ? 'there to the end' : end.detail
}
