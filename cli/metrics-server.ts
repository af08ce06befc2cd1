import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exposition, expositionType } from '../lib/adapters/prometheus/exposition.ts'
import type { MetricFamily } from '../lib/domain/metrics.ts'
import { closed, listening } from './http-listening.ts'

export interface MetricsServerOptions {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly read: () => Promise<readonly MetricFamily[]>
}

export interface MetricsServer {
  readonly url: string
  close(): Promise<void>
}

interface Page {
  readonly status: number
  readonly type: string
  readonly body: string
}

const plain = 'text/plain; charset=utf-8'

/**
 * Serves `/metrics` and `/healthz`.
 * @throws FaultlineError `refused` when it may not listen there
 */
export async function serveMetrics({ host, port, read }: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer(async (request, response) => {
    request.resume()
    const { status, type, body } = await pageOf(request.method ?? '', new URL(request.url ?? '/', 'http://localhost').pathname, read)
    response.writeHead(status, { 'content-type': type, ...(status === 405 ? { allow: 'GET, HEAD' } : {}) })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
  await listening(server, { host, port, what: 'metrics' })
  const { port: chosen, family, address } = server.address() as AddressInfo
  return { url: `http://${family === 'IPv6' ? `[${address}]` : address}:${chosen}`, close: () => closed(server) }
}

async function pageOf(method: string, path: string, read: MetricsServerOptions['read']): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plain, body: 'only GET\n' }
  if (path === '/healthz') return { status: 200, type: plain, body: 'ok\n' }
  if (path !== '/metrics') return { status: 404, type: plain, body: 'there is /metrics and /healthz\n' }
  try {
    return { status: 200, type: expositionType, body: await exposition(await read()) }
  } catch (error) {
    return { status: 503, type: plain, body: `${error instanceof Error ? error.message : String(error)}\n` }
  }
}
