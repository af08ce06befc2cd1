import { get } from 'node:http'
import { FaultlineError } from '../../lib/domain/errors.ts'

/** It answers from memory within milliseconds; a busy machine holds it up for a second. */
const timeoutMs = 3_000

/**
 * Makes sure that the embedded cluster with that UID still answers at that address.
 * @throws FaultlineError `cluster_gone` when no process listens there, or another program: its faults ended with it; `unavailable` when that is not certain
 */
export async function probeSandbox(url: string, uid: string): Promise<void> {
  const answer = await ask(`${url.replace(/\/$/, '')}/api/v1/namespaces/kube-system`)
  if (answer === 'refused') throw new FaultlineError('cluster_gone', `the embedded cluster at ${url} has ended, and every fault with it`)
  if (answer === 'silent' || answer.status >= 500) {
    throw new FaultlineError('unavailable', `the embedded cluster at ${url} does not answer`, { retryable: true })
  }
  if (!answer.body.includes(`"${uid}"`)) {
    throw new FaultlineError(
      'cluster_gone',
      `the embedded cluster at ${url} has ended, and every fault with it: something else answers there now`,
    )
  }
}

type Answer = 'refused' | 'silent' | { readonly status: number; readonly body: string }

function ask(url: string): Promise<Answer> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => {
        body += text
      })
      response.on('error', () => resolve('silent'))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.on('timeout', () => request.destroy())
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'silent'))
  })
}
