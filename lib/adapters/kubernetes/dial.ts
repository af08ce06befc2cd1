import type { DialResult } from '../../ports.ts'
import { statusOf } from './errors.ts'
import type { Answer } from './exchange.ts'

/** How the API server begins when it is the way to the pod that failed, not the request. */
const prefix = 'error trying to reach service: '

/** The connection was never made. An address is required: `dial tcp :8080` is a pod without an IP, which says nothing about the network. */
const cutWords =
  /dial tcp (?:\[[^\]]+\]|[^\s:[\]]+):\d+: (?:connect: )?(?:connection refused|connection timed out|i\/o timeout|no route to host|host is unreachable|network is unreachable|host is down)/

/** The connection was made, and something at its other end then spoke, or hung up. */
const reachedWords =
  /malformed HTTP|server gave HTTP response to HTTPS client|\bEOF\b|read: connection reset by peer|write: (?:broken pipe|connection reset by peer)|server closed idle connection|\btls: |\bx509: /

/**
 * What an answer to a dial through `pods/proxy` says about the pod's network. Only two things are sure: a process at the pod answered
 * (`reached`), and the API server could not connect to it (`cut`). Everything else is `unknown`: the API server refusing, failing, or being failed by its own network.
 */
export function classifyDial(answer: Answer): DialResult {
  const status = statusOf(answer)
  if (status === undefined) return answeredByPod(answer)
  if (!status.message.startsWith(prefix))
    return { outcome: 'unknown', status: null, message: `the API server answered ${answer.status}: ${status.message}` }
  const reason = status.message.slice(prefix.length)
  if (cutWords.test(reason)) return { outcome: 'cut', status: null, message: reason }
  if (/dial tcp /.test(reason) || !reachedWords.test(reason)) return { outcome: 'unknown', status: null, message: reason }
  return { outcome: 'reached', status: null, message: reason }
}

/** A refusal whose body broke off may have been the API server's own. */
function answeredByPod(answer: Answer): DialResult {
  if (answer.status >= 400 && !answer.complete && mayBeStatus(answer)) {
    return { outcome: 'unknown', status: null, message: `an answer ${answer.status} broke off` }
  }
  return { outcome: 'reached', status: answer.status, message: `HTTP ${answer.status}` }
}

/** A Status is JSON and short. */
function mayBeStatus(answer: Answer): boolean {
  return answer.text === '' || answer.text.trimStart().startsWith('{')
}
