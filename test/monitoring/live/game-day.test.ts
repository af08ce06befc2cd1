import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { KubeObject } from '../../../lib/domain/kube.ts'
import type { ReportDocument } from '../../../lib/report/document.ts'
import { freePort } from '../../../sandbox/programs.ts'
import type { Sandbox } from '../../../sandbox/start.ts'
import { startSandbox } from '../../../sandbox/start.ts'
import { cli, startCli } from '../../e2e/cli.ts'
import type { Stack } from './stack.ts'
import { startStack } from './stack.ts'

const intervalSeconds = 2
const thresholdSeconds = 8

const errorRatio = {
  name: 'error-ratio',
  type: 'prometheus',
  query: '(sum(rate(jadevectordb_requests_total{status=~"5.."}[8s])) or vector(0)) / sum(rate(jadevectordb_requests_total[8s]))',
  tolerance: '<= 0.1',
  interval: intervalSeconds,
  unit: 'ratio',
}
const cut = { name: 'Cut', type: 'network_partition', params: { partition_type: 'random', mechanism: 'policy' } }

const harmful = {
  name: 'Harmful',
  gracePeriod: 0,
  probes: [errorRatio],
  thresholds: [{ name: 'errors', probe: 'error-ratio', when: '> 0.1', for: thresholdSeconds, severity: 'critical', action: 'abort' }],
  experiments: [{ ...cut, duration: 120 }],
}
const killed = { name: 'Killed', gracePeriod: 0, experiments: [{ ...cut, duration: 300 }] }
const short = {
  name: 'Short',
  gracePeriod: 0,
  probes: [{ ...errorRatio, mode: 'during', interval: 1, timeout: 30 }],
  experiments: [
    { ...cut, duration: 2 },
    { ...cut, name: 'Again', duration: 2 },
  ],
}

const secondsToWait = 60

interface PodStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[]
}

let directory: string
let sandbox: Sandbox
let stack: Stack

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'faultline-'))
  sandbox = await startSandbox({ startDelayMs: 200, stopDelayMs: 200 })
  await sandbox.ready()
  stack = await startStack(directory, sandbox)
  writeFileSync(join(directory, 'kubeconfig'), sandbox.kubeconfig())
  for (const suite of [harmful, killed, short]) writeFileSync(join(directory, `${suite.name}.json`), JSON.stringify(suite))
  await until('the workload is scraped', async () => (await stack.query(errorRatio.query)) === 0)
}, 90_000)

afterAll(async () => {
  await stack?.close()
  await sandbox?.close()
  rmSync(directory, { recursive: true, force: true })
})

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < secondsToWait * 5; tries++) {
    if (await holds()) return
    await sleep(200)
  }
  throw new Error(`not within ${secondsToWait} s: ${what}`)
}

const heard = (alertname: string, status: 'firing' | 'resolved', labels: Readonly<Record<string, string>> = {}) =>
  stack.told.some(
    (alert) =>
      alert.labels.alertname === alertname &&
      alert.status === status &&
      Object.entries(labels).every(([name, value]) => alert.labels[name] === value),
  )

const atCluster = ['--kubeconfig', 'kubeconfig', '--state', 'state']

async function report(run: string): Promise<ReportDocument> {
  const { stdout } = await cli(['show', run, '--state', 'state', '--json'], directory)
  return JSON.parse(stdout) as ReportDocument
}

describe('a game day under the eyes of Prometheus and Alertmanager', () => {
  it('is aborted by a threshold on a PromQL probe, undone within one interval and 3 s; the alerts fire and resolve', async () => {
    const flags = [...atCluster, '--prometheus-url', stack.prometheusUrl, '--pushgateway-url', stack.pushgatewayUrl, '--json']
    const { code, stdout, stderr } = await cli(['run', 'Harmful.json', ...flags], directory)
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    const { run, verdict, abort } = JSON.parse(stdout) as ReportDocument
    expect({ verdict, reason: abort?.reason, by: abort?.by }).toEqual({ verdict: 'aborted', reason: 'threshold', by: 'probe error-ratio' })
    const { history } = await report(run)
    const at = (type: string) => history.find((event) => event.type === type)
    const crossed = at('threshold_crossed')
    const due = Number(crossed?.data?.since) + thresholdSeconds * 1_000
    const undoneMs = Date.parse(at('reverted')?.at ?? '') - due
    process.stdout.write(`undone ${undoneMs} ms after the threshold was due (allowed: ${intervalSeconds} s + 3 s)\n`)
    expect(undoneMs).toBeLessThanOrEqual((intervalSeconds + 3) * 1_000)
    const own = { run, suite: 'Harmful', experiment_type: 'network_partition', namespace: 'jadevectordb-system' }
    await until(
      'ChaosExperimentActive fires and resolves',
      () => heard('ChaosExperimentActive', 'firing', own) && heard('ChaosExperimentActive', 'resolved', own),
    )
    await until(
      'the error rate alert fires and resolves',
      () => heard('JadeVectorDBHighErrorRate', 'firing') && heard('JadeVectorDBHighErrorRate', 'resolved'),
    )
    expect(await stack.query('sum(chaos_experiments_total{suite="Harmful",verdict="aborted"})')).toBe(1)
    expect(await stack.query('sum(chaos_experiment_active)')).toBe(0)
  }, 120_000)

  it('that is killed hard leaves no stale "active" after the reaper', async () => {
    const pushed = ['--pushgateway-url', stack.pushgatewayUrl]
    const child = startCli(['run', 'Killed.json', ...atCluster, ...pushed], directory)
    const isActive = 'max(chaos_experiment_active{suite="Killed"})'
    await until('the fault is active for Prometheus', async () => (await stack.query(isActive)) === 1)
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    await until('the alert fires', () => heard('ChaosExperimentActive', 'firing', { suite: 'Killed' }))
    expect(await stack.query(isActive)).toBe(1)
    const reaped = await cli(['reap', ...atCluster, ...pushed, '--json'], directory)
    expect(reaped).toMatchObject({ code: 0 })
    await until('Prometheus sees that it is over', async () => (await stack.query(isActive)) === 0)
    await until('the alert resolves', () => heard('ChaosExperimentActive', 'resolved', { suite: 'Killed' }))
    expect(await stack.query('max(chaos_run_deadline_timestamp_seconds{suite="Killed"})')).toBe(0)
  }, 120_000)

  it('is as punctual when Prometheus, Pushgateway and SNS hang, and when they refuse', async () => {
    const isReady = (pod: KubeObject) =>
      ((pod as { readonly status?: PodStatus }).status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')
    const workload = () => sandbox.objects().filter(({ kind, metadata }) => kind === 'Pod' && metadata.labels?.app === 'jadevectordb')
    await until('the workload is whole after the test before', () => workload().length > 0 && workload().every(isReady))
    const silent = await silentServer()
    const closed = `http://127.0.0.1:${await freePort()}`
    const late = async (prometheusUrl: string, others: string) => {
      const aws = { AWS_ENDPOINT_URL: others, AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' }
      const topic = 'arn:aws:sns:eu-central-1:123456789012:alerts'
      const flags = ['--prometheus-url', prometheusUrl, '--pushgateway-url', others, '--sns-topic', topic, '--json', '--seed', '1']
      const { stdout } = await cli(['run', 'Short.json', ...atCluster, ...flags], directory, aws)
      const { steps, refusals } = JSON.parse(stdout) as ReportDocument
      expect(refusals).toEqual([])
      return steps.map(({ undoneAfterMs }) => undoneAfterMs ?? Number.NaN)
    }
    const lateness = {
      working: await late(stack.prometheusUrl, stack.pushgatewayUrl),
      hanging: await late(silent.url, silent.url),
      refusing: await late(closed, closed),
    }
    await silent.close()
    process.stdout.write(`undone after the planned end, ms: ${JSON.stringify(lateness)}\n`)
    for (const each of [...lateness.working, ...lateness.hanging, ...lateness.refusing]) expect(each).toBeLessThan(2_000)
  }, 120_000)
})

/** Takes every connection and never answers. */
async function silentServer(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
