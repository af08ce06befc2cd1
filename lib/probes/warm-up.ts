import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSecureContext } from 'node:tls'
import { exchange } from './exchange.ts'

/** The first exchange of a process takes 30 to 200 ms of its own (modules, compiler), the second still some, the fourth a few. */
const exchanges = 3

let warm: Promise<void> | undefined

/**
 * Makes a process ready to measure a latency, once: by exchanges with itself, so that neither its own start is told as the endpoint's
 * latency, nor the endpoint warmed up before it is measured. Where it fails, the first latency is too long, and nothing else.
 */
export function warmUp(): Promise<void> {
  warm ??= exchangeWithItself().catch(() => undefined)
  return warm
}

async function exchangeWithItself(): Promise<void> {
  // Reads the root certificates, which a process does once.
  createSecureContext()
  const server = createServer((_, response) => response.end('ready'))
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve))
  try {
    const call = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, method: 'GET', headers: {}, body: null }
    for (let n = 0; n < exchanges; n++) await exchange(call, { timeoutMs: 1_000, signal: new AbortController().signal })
  } finally {
    server.close()
  }
}
