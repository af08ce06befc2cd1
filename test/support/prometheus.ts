import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../sandbox/programs.ts'

/** A real Prometheus on a free port of this machine, which scrapes one address every 200 ms. */
export interface TestPrometheus {
  readonly url: string
  /** Resolves as soon as the query has a result. */
  until(query: string): Promise<void>
  close(): Promise<void>
}

/** Starts `prometheus` (Debian: package prometheus). */
export async function startPrometheus(target: string): Promise<TestPrometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'faultline-prometheus-'))
  const port = await freePort()
  const config = join(directory, 'prometheus.yml')
  await writeFile(
    config,
    `global: { scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms }
scrape_configs: [{ job_name: demo, static_configs: [{ targets: ['${new URL(target).host}'] }] }]
`,
  )
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const ended = new Promise<never>((_, reject) => {
    child.on('error', (error) =>
      reject(new Error(`prometheus could not be started (Debian: apt-get install prometheus): ${error.message}`)),
    )
    child.on('exit', (code) => reject(new Error(`prometheus ended with ${code}: ${said.slice(-2000)}`)))
  })
  ended.catch(() => undefined)
  const url = `http://127.0.0.1:${port}`
  const close = async () => {
    const gone = child.exitCode === null ? new Promise((resolve) => child.once('exit', resolve)) : Promise.resolve()
    child.kill('SIGKILL')
    await gone
    await rm(directory, { recursive: true, force: true })
  }
  return {
    url,
    until: (query) => Promise.race([hasResult(url, query), ended]),
    close,
  }
}

async function hasResult(url: string, query: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`)
      .then((response) => response.json() as Promise<{ data?: { result?: unknown[] } }>)
      .catch(() => ({ data: { result: [] } }))
    if ((answer.data?.result ?? []).length > 0) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
