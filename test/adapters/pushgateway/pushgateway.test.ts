import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { exposition } from '../../../lib/adapters/prometheus/exposition.ts'
import { createPushgatewaySink } from '../../../lib/adapters/pushgateway/sink.ts'
import type { Total } from '../../../lib/domain/metrics.ts'
import { familiesOf, observation } from '../../../lib/domain/metrics.ts'
import { freePort, untilAnswering } from '../../../sandbox/programs.ts'
import { describeWith, runTool } from '../../support/tools.ts'

const labels = (clusterUid: string, namespace: string) => ({ cluster_uid: clusterUid, namespace })
const families = (clusterUid: string, namespace: string, suite: string, value: number) => {
  const at = labels(clusterUid, namespace)
  const totals: Total[] = [
    {
      metric: 'chaos_experiment_active',
      labels: { ...at, suite, cluster: 'c', run: 'r1', experiment_type: 'node_failure' },
      amounts: { value },
    },
    { metric: 'chaos_experiments_total', labels: { ...at, suite, verdict: 'failed' }, amounts: { value: 7 } },
    observation('chaos_recovery_seconds', { ...at, experiment_type: 'node_failure' }, 3),
  ]
  return familiesOf(totals)
}

interface Group {
  readonly labels: Readonly<Record<string, string>>
  readonly chaos_experiment_active?: {
    readonly metrics: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: string }[]
  }
}

describeWith(['prometheus-pushgateway'], 'a real Pushgateway', () => {
  let gateway: ChildProcess
  let directory = ''
  let url = ''

  beforeAll(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}`
    directory = mkdtempSync(join(tmpdir(), 'faultline-'))
    const flags = [`--web.listen-address=127.0.0.1:${port}`, `--persistence.file=${join(directory, 'metrics')}`]
    gateway = spawn('prometheus-pushgateway', flags, { stdio: 'ignore' })
    await untilAnswering(`${url}/-/ready`)
  })

  afterAll(async () => {
    const exited = once(gateway, 'exit')
    gateway.kill('SIGTERM')
    await exited
    rmSync(directory, { recursive: true, force: true })
  })

  const groups = async () => ((await (await fetch(`${url}/api/v1/metrics`)).json()) as { data: readonly Group[] }).data

  it.each([
    ['c0ffee', 'jadevectordb-system', 'Quick'],
    ['../../x', 'a/b?c#d', 'Suite "1" \\ 測試\n🔥'],
    ['', '', ''],
  ])('keeps one group per place, whatever its name (%j, %j, suite %j)', async (clusterUid, namespace, suite) => {
    const sink = createPushgatewaySink({ url: `${url}/` })
    const place = { clusterUid, namespace }
    await sink.push(place, families(clusterUid, namespace, suite, 1))
    await sink.push(place, families(clusterUid, namespace, suite, 0))
    const own = (await groups()).filter(
      (group) => (group.labels.cluster_uid ?? '') === clusterUid && (group.labels.namespace ?? '') === namespace,
    )
    expect(own).toHaveLength(1)
    expect(own[0]?.labels.job).toBe('faultline')
    expect(own[0]?.chaos_experiment_active?.metrics).toMatchObject([{ labels: { run: 'r1', experiment_type: 'node_failure' }, value: '0' }])
    expect(own[0]?.chaos_experiment_active?.metrics[0]?.labels.suite ?? '').toBe(suite)
  })

  it('forgets what the next push to the place does not have', async () => {
    const sink = createPushgatewaySink({ url })
    const place = { clusterUid: 'c1', namespace: 'n1' }
    await sink.push(place, families('c1', 'n1', 'Quick', 1))
    await sink.push(place, [])
    const own = (await groups()).filter((group) => group.labels.cluster_uid === 'c1')
    expect(own.filter((group) => group.chaos_experiment_active !== undefined)).toEqual([])
  })

  it('says what it does not take', async () => {
    const sink = createPushgatewaySink({ url: `${url}/nowhere` })
    await expect(sink.push({ clusterUid: 'c', namespace: 'n' }, [])).rejects.toThrow(/^the Pushgateway at http.*\/nowhere answered 404: /)
  })
})

describeWith(['promtool'], 'the exposition', () => {
  let directory = ''
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it('is what promtool accepts', async () => {
    directory = mkdtempSync(join(tmpdir(), 'faultline-'))
    const file = join(directory, 'metrics')
    writeFileSync(file, await exposition(families('c', 'n', 'Suite "1" \\ 測試\nx', 0.5)))
    expect(await runTool('sh', ['-c', 'promtool check metrics < "$0"', file])).toEqual({ code: 0, out: '' })
  })
})

describe('a Pushgateway', () => {
  const closing: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const close of closing.splice(0)) await close()
  })

  it('that never answers is given up', async () => {
    const sockets: { destroy(): unknown }[] = []
    const silent = createTcpServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    closing.push(async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => silent.close(resolve))
    })
    const sink = createPushgatewaySink({ url: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`, timeoutMs: 100 })
    await expect(sink.push({ clusterUid: 'c', namespace: 'n' }, [])).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })

  it('that is not there is named, without the password', async () => {
    const port = await freePort()
    const sink = createPushgatewaySink({ url: `http://ada:secret@127.0.0.1:${port}` })
    const error = await sink.push({ clusterUid: 'c', namespace: 'n' }, []).catch((thrown: unknown) => String(thrown))
    expect(error).toContain(`no answer from the Pushgateway at http://127.0.0.1:${port}: `)
    expect(error).not.toContain('secret')
  })

  it('gets the user and password of its URL as basic authentication', async () => {
    const seen: (string | undefined)[] = []
    const server = createServer((request, response) => {
      seen.push(request.method, request.url, request.headers.authorization)
      request.resume()
      response.end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => new Promise((resolve) => server.close(resolve)))
    const sink = createPushgatewaySink({ url: `http://ada:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}/push/` })
    await sink.push({ clusterUid: 'c/1', namespace: 'shop' }, [])
    expect(seen).toEqual(['PUT', '/push/metrics/job/faultline/cluster_uid@base64/Yy8x/namespace@base64/c2hvcA', 'Basic YWRhOnBAc3M='])
  })

  it.each(['pushgateway:9091', 'ftp://x', 'http://u:secret@x?y=1', ''])('must be a URL: %j', (url) => {
    expect(() => createPushgatewaySink({ url })).toThrow(/^Pushgateway: expected a URL like http:\/\/pushgateway:9091, found "(?!.*secret)/)
  })
})
