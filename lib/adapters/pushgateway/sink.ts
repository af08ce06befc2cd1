import { FaultlineError } from '../../domain/errors.ts'
import type { Place } from '../../domain/metrics.ts'
import type { MetricsSink } from '../../ports.ts'
import { exposition, expositionType } from '../prometheus/exposition.ts'

export interface PushgatewayOptions {
  /** e.g. `http://pushgateway.monitoring:9091`; may bear `user:password@`. */
  readonly url: string
  readonly timeoutMs?: number
}

/** Of an answer in a note: two lines of a terminal. */
const shownLength = 200

/**
 * Pushes to a Prometheus Pushgateway (https://github.com/prometheus/pushgateway#put-method), one group per place: a run that begins there
 * replaces whatever the one before, or its killed driver, had left.
 * @throws FaultlineError `bad_input` when the URL is none
 */
export function createPushgatewaySink({ url, timeoutMs = 4_000 }: PushgatewayOptions): MetricsSink {
  const { base, headers } = addressOf(url)
  return {
    push: async (place, families) => {
      const body = await exposition(families)
      const target = `${base}${groupPath(place)}`
      const answer = await fetch(target, {
        method: 'PUT',
        headers: { 'content-type': expositionType, ...headers },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      }).catch((error: unknown) => {
        throw new FaultlineError('unavailable', `no answer from the Pushgateway at ${base}: ${wordsOf(error)}`, {
          retryable: true,
          cause: error,
        })
      })
      const said = await answer.text().catch(() => '')
      if (answer.ok) return
      throw new FaultlineError('unavailable', `the Pushgateway at ${base} answered ${answer.status}: ${said.trim().slice(0, shownLength)}`)
    },
  }
}

/** Values are base64url, so that they may hold anything, slashes and blanks too. */
function groupPath({ clusterUid, namespace }: Place): string {
  return `/metrics/job/faultline/cluster_uid@base64/${encoded(clusterUid)}/namespace@base64/${encoded(namespace)}`
}

/** Nothing at all would be no path segment: "=" stands for it. */
function encoded(value: string): string {
  return value === '' ? '=' : Buffer.from(value).toString('base64url')
}

/** Where it is, without a name and password, which go into headers. @throws FaultlineError `bad_input` */
export function addressOf(text: string): { readonly base: string; readonly headers: Readonly<Record<string, string>> } {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new FaultlineError(
      'bad_input',
      `Pushgateway: expected a URL like http://pushgateway:9091, found "${text.replace(/\/\/.*@/, '//***@')}"`,
    )
  }
  const { username, password } = url
  const secret = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  const base = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`
  return { base, headers: username === '' ? {} : { authorization: `Basic ${secret}` } }
}

/** Why a fetch failed. */
export function wordsOf(error: unknown): string {
  const { message, cause } = Object(error) as { readonly message?: string; readonly cause?: { readonly message?: string } }
  return cause?.message ?? message ?? String(error)
}
