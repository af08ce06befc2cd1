import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { freePort, untilAnswering } from '../../../sandbox/programs.ts'
import type { Sandbox } from '../../../sandbox/start.ts'

/** An alert as Alertmanager posts it (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config). */
export interface Alert {
  readonly status: 'firing' | 'resolved'
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Prometheus, Pushgateway and Alertmanager as they would stand beside a cluster, with the project's own rules and short times. */
export interface Stack {
  readonly prometheusUrl: string
  readonly pushgatewayUrl: string
  /** All that Alertmanager has told, oldest first. */
  readonly told: readonly Alert[]
  /** Value of an instant query with one result; undefined when it has none. */
  query(promql: string): Promise<number | undefined>
  close(): Promise<void>
}

const namespace = 'jadevectordb-system'

/** Starts all three in the directory, on free ports, scraping the pods of the cluster. */
export async function startStack(directory: string, sandbox: Sandbox): Promise<Stack> {
  const [prometheus, pushgateway, alertmanager] = [await freePort(), await freePort(), await freePort()]
  const told: Alert[] = []
  const side = await serveSide(sandbox, told)
  const write = (name: string, content: object | string) => {
    writeFileSync(join(directory, name), typeof content === 'string' ? content : JSON.stringify(content))
    return join(directory, name)
  }
  const config = write(
    'prometheus.yml',
    prometheusConfig({ sandbox, side: side.address, pushgateway, alertmanager, rules: write('rules.yml', quickRules()) }),
  )
  const routes = write('alertmanager.yml', alertmanagerConfig(side.address))
  const processes = [
    start('prometheus-pushgateway', [
      `--web.listen-address=127.0.0.1:${pushgateway}`,
      // Debian's keeps what it was told in /var/lib unless told otherwise.
      `--persistence.file=${join(directory, 'pushgateway')}`,
    ]),
    start('prometheus-alertmanager', [
      `--config.file=${routes}`,
      `--web.listen-address=127.0.0.1:${alertmanager}`,
      `--storage.path=${join(directory, 'alertmanager')}`,
      '--cluster.listen-address=',
    ]),
    start('prometheus', [
      `--config.file=${config}`,
      `--web.listen-address=127.0.0.1:${prometheus}`,
      `--storage.tsdb.path=${join(directory, 'tsdb')}`,
    ]),
  ]
  const urls = [prometheus, pushgateway, alertmanager].map((port) => `http://127.0.0.1:${port}`)
  await Promise.all(urls.map((url) => untilAnswering(`${url}/-/ready`)))
  const [prometheusUrl = '', pushgatewayUrl = ''] = urls
  return {
    prometheusUrl,
    pushgatewayUrl,
    told,
    query: (promql) => query(prometheusUrl, promql),
    close: async () => {
      await Promise.all(processes.map(ended))
      side.server.closeAllConnections()
      await new Promise((resolve) => side.server.close(resolve))
    },
  }
}

/** The rules as they are, but for the times: seconds instead of minutes. */
function quickRules(): string {
  const rules = readFileSync('monitoring/prometheus-rules.yaml', 'utf8')
  return rules.replaceAll('[1m]', '[8s]').replace(/\bfor: \d+[sm]$/gm, 'for: 1s')
}

function prometheusConfig(parts: {
  readonly sandbox: Sandbox
  readonly side: string
  readonly pushgateway: number
  readonly alertmanager: number
  readonly rules: string
}): object {
  return {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [parts.rules],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${parts.alertmanager}`] }] }] },
    scrape_configs: [
      { job_name: 'jadevectordb', http_sd_configs: [{ url: `http://${parts.side}/pods`, refresh_interval: '1s' }] },
      { job_name: 'pushgateway', honor_labels: true, static_configs: [{ targets: [`127.0.0.1:${parts.pushgateway}`] }] },
    ],
  }
}

function alertmanagerConfig(side: string): object {
  return {
    route: { receiver: 'test', group_by: ['...'], group_wait: '0s', group_interval: '1s', repeat_interval: '1h' },
    receivers: [{ name: 'test', webhook_configs: [{ url: `http://${side}/alerts`, send_resolved: true }] }],
  }
}

/** Tells Prometheus which pods there are (each is scraped through the API server's proxy), and hears Alertmanager. */
async function serveSide(sandbox: Sandbox, told: Alert[]): Promise<{ readonly server: Server; readonly address: string }> {
  const server = createServer(async (request, response) => {
    if (request.url === '/alerts') {
      const { alerts } = (await json(request)) as { readonly alerts: readonly Alert[] }
      told.push(...alerts)
      return response.end()
    }
    const { host } = new URL(sandbox.url)
    const pods = sandbox.objects().filter(({ kind, metadata }) => kind === 'Pod' && metadata.labels?.app === 'jadevectordb')
    const targets = pods.map(({ metadata: { name } }) => ({
      targets: [host],
      labels: { __metrics_path__: `/api/v1/namespaces/${namespace}/pods/${name}:8080/proxy/metrics`, namespace, pod: name },
    }))
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(targets))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function query(prometheusUrl: string, promql: string): Promise<number | undefined> {
  const answer = await fetch(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(promql)}`)
  const { data } = (await answer.json()) as {
    readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] }
  }
  const value = data?.result[0]?.value[1]
  return value === undefined ? undefined : Number(value)
}

function start(program: string, args: readonly string[]): ChildProcess {
  return spawn(program, args, { stdio: 'ignore' })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
}
