import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type MetricsServer, serveMetrics } from '../../cli/metrics-server.ts'
import { StoreUnavailable } from '../../lib/domain/errors.ts'
import type { MetricFamily } from '../../lib/domain/metrics.ts'

const family: MetricFamily = {
  name: 'chaos_orphans_total',
  help: 'Left behind.',
  kind: 'counter',
  samples: [{ name: 'chaos_orphans_total', labels: { suite: 'a "b"' }, value: 2 }],
}

let answer: () => Promise<readonly MetricFamily[]>
let server: MetricsServer

beforeEach(async () => {
  answer = async () => [family]
  server = await serveMetrics({ host: '127.0.0.1', port: 0, read: () => answer() })
})

afterEach(() => server.close())

async function get(path: string, method = 'GET') {
  const response = await fetch(`${server.url}${path}`, { method })
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() }
}

describe('faultline metrics', () => {
  it('serves what Prometheus reads', async () => {
    expect(await get('/metrics')).toEqual({
      status: 200,
      type: 'text/plain; version=0.0.4; charset=utf-8',
      body: '# HELP chaos_orphans_total Left behind.\n# TYPE chaos_orphans_total counter\nchaos_orphans_total{suite="a \\"b\\""} 2\n',
    })
    expect((await get('/metrics?x=1', 'HEAD')).body).toBe('')
  })

  it('says that it lives, and what else there is', async () => {
    expect(await get('/healthz')).toMatchObject({ status: 200, body: 'ok\n' })
    expect(await get('/')).toMatchObject({ status: 404, body: 'there is /metrics and /healthz\n' })
    expect(await get('/metrics', 'POST')).toMatchObject({ status: 405 })
  })

  it('says why when the store does not answer, and goes on', async () => {
    answer = () => Promise.reject(new StoreUnavailable('query'))
    expect(await get('/metrics')).toMatchObject({ status: 503, body: 'the store did not answer: query\n' })
    answer = async () => []
    expect(await get('/metrics')).toMatchObject({ status: 200 })
  })

  it('says so when something else listens there', async () => {
    const port = Number(new URL(server.url).port)
    await expect(serveMetrics({ host: '127.0.0.1', port, read: answer })).rejects.toMatchObject({
      code: 'refused',
      message: `cannot serve metrics on 127.0.0.1 port ${port}: something listens there already; choose another --port`,
    })
  })
})
