import type { Adapter, Written } from './checker.ts'

/** A write or a read that takes longer has no answer. */
const answerMs = 5_000

/**
 * Fill this in for your database: here `PUT URL/KEY` sets a value, `GET URL/KEY` answers with it (404: there is none). Where a read may
 * find a record twice, return each.
 */
export function httpAdapter(url: string): Adapter {
  const at = (key: string) => `${url}/${encodeURIComponent(key)}`
  return {
    async write(key: string, value: string): Promise<Written> {
      const { ok, status } = await fetch(at(key), { method: 'PUT', body: value, signal: AbortSignal.timeout(answerMs) })
      return ok ? 'acknowledged' : status < 500 ? 'refused' : 'unknown'
    },
    async read(key: string): Promise<readonly string[]> {
      const answer = await fetch(at(key), { signal: AbortSignal.timeout(answerMs) })
      if (answer.status === 404) return []
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
      return [(await answer.text()).trim()]
    },
  }
}
