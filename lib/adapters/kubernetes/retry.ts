import type { Answer } from './exchange.ts'

/** First and longest pause between attempts; in between it doubles. Five attempts then take 6 s of pauses at most, within a call's 20 s. */
const firstPauseMs = 200
const longestPauseMs = 5_000

/** True for answers that say "later" rather than "no". */
export function asksForRetry(answer: Answer): boolean {
  return answer.status === 429 || answer.status >= 500
}

/**
 * How long to wait after attempt number `attempt` (from 1): full jitter (https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/),
 * on top of what the server asked for in Retry-After.
 */
export function pauseMs(options: { readonly attempt: number; readonly random: number; readonly retryAfterMs: number }): number {
  const ceiling = Math.min(longestPauseMs, firstPauseMs * 2 ** (options.attempt - 1))
  return options.retryAfterMs + Math.floor(options.random * ceiling)
}

/** Milliseconds that a Retry-After header asks to wait from `now`, as seconds or as an HTTP date; 0 when absent or unreadable. */
export function retryAfterMs(answer: Answer, now: number): number {
  const header = answer.headers['retry-after']?.trim() ?? ''
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? 0 : Math.max(0, date - now)
}
