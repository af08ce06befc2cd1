import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { PrometheusSource } from '../../lib/domain/probe.ts'
import { probePresets } from '../../lib/suite/probe-presets.ts'
import { serve, type TestServer } from '../support/http-server.ts'
import { startPrometheus, type TestPrometheus } from '../support/prometheus.ts'
import { describeWith } from '../support/tools.ts'
import { ask, none } from './ask-prometheus.ts'

describeWith(['prometheus'], 'a probe of a real Prometheus', () => {
  let workload: TestServer
  let prometheus: TestPrometheus
  let requests = 0

  const exposition = () => {
    requests += 10
    const buckets = ['0.1', '1', '+Inf'].map((le, i) => `jadevectordb_request_duration_seconds_bucket{le="${le}"} ${requests * (i + 1)}`)
    return [
      `jadevectordb_requests_total{status="200"} ${requests * 3}`,
      `jadevectordb_requests_total{status="503"} ${requests}`,
      ...buckets,
      'up_since{pod="a"} 1',
      'up_since{pod="b"} 2',
      'level 7',
      '',
    ].join('\n')
  }

  beforeAll(async () => {
    workload = await serve((_, response) => response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(exposition()))
    prometheus = await startPrometheus(workload.url)
    await prometheus.until('rate(jadevectordb_requests_total[1m]) > 0')
  }, 60_000)

  afterAll(async () => {
    await prometheus?.close()
    await workload?.close()
  })

  const real = (query: string, change: Partial<PrometheusSource> = {}) => ask(query, { url: prometheus.url, auth: none }, change)

  it('reads a scalar and the one series of a vector', async () => {
    expect((await real('6 * 7')).value).toBe(42)
    expect((await real('scalar(vector(2))')).value).toBe(2)
    expect((await real('level')).value).toBe(7)
  })

  it('reads the presets for JadeVectorDB', async () => {
    const ratio = await real(probePresets['jadevectordb-error-ratio'].probe.query)
    expect(ratio.value).toBeCloseTo(0.25, 5)
    const p95 = await real(probePresets['jadevectordb-p95'].probe.query)
    expect(p95.value).toBeGreaterThan(0.1)
    expect(p95.value).toBeLessThanOrEqual(1)
  })

  it('reads an error ratio of 0 where no request ever failed', async () => {
    const query = probePresets['jadevectordb-error-ratio'].probe.query.replace('5..', '4..')
    expect((await real(query)).value).toBe(0)
  })

  it.each([
    ['last', 7],
    ['min', 7],
    ['max', 7],
    ['avg', 7],
  ] as const)('reduces a range to its %s', async (reduce, value) => {
    expect((await real('level', { range: { windowMs: 1_000, stepMs: 200, reduce } })).value).toBe(value)
  })

  it('reduces values that change', async () => {
    const range = (reduce: 'min' | 'max') =>
      real('jadevectordb_requests_total{status="503"}', { range: { windowMs: 2_000, stepMs: 200, reduce } })
    await prometheus.until('changes(level[10s]) >= 0 and on() count_over_time(level[3s]) > 10')
    const [min, max] = await Promise.all([range('min'), range('max')])
    expect(Number(max.value)).toBeGreaterThan(Number(min.value))
  })

  it('says what Prometheus says of a query it cannot read', async () => {
    await expect(real('sum(')).rejects.toMatchObject({ code: 'invalid', message: expect.stringMatching(/^Prometheus says: .*parse error/) })
  })

  it('does not choose between series', async () => {
    await expect(real('up_since')).rejects.toThrow('the query gives 2 series; make it one, e.g. with sum() or max()')
  })

  it('measures nothing of what is not there, unless told what that means', async () => {
    await expect(real('absent_metric')).rejects.toMatchObject({ code: 'not_found', message: 'the query has no result' })
    await expect(real('0 / 0')).rejects.toThrow('the result is NaN')
    expect(await real('absent_metric', { whenEmpty: 0 })).toEqual({ value: 0, message: 'no result' })
    await expect(real('"text"')).rejects.toThrow('the query gives a string, not a number')
  })
})
