import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { unzipSync } from 'fflate'

const run = promisify(execFile)
const rounds = 15
const largestZip = 1.5 * 1024 * 1024
const mostTimes = 2

/** What `start` is compared with: the clients that it needs on its way, and nothing else. */
const threeClients = `
export { DynamoDBClient } from '@aws-sdk/client-dynamodb'
export { EventBridgeClient } from '@aws-sdk/client-eventbridge'
export { SNSClient } from '@aws-sdk/client-sns'
`

/** Prints how long the import took; with an event, the handler is called too. */
const probe = `
const [file, event] = process.argv.slice(2)
const from = performance.now()
const { handler } = await import(file)
process.stdout.write(String(performance.now() - from))
if (event) handler(JSON.parse(event), { awsRequestId: 'bench', functionName: 'bench', getRemainingTimeInMillis: () => 900000 }).catch(() => {}).finally(() => process.exit())
`

/**
 * Size of the zip, import time of `start` beside that of three AWS clients bundled the same way (median of fresh processes, taken in
 * turns), and the time from process start to the first request sent. Needs what \`npm run package\` makes.
 */
export async function coldstart() {
  const folder = await mkdtemp(join(tmpdir(), 'faultline-bench-'))
  try {
    const { zipBytes, start, clients, script } = await prepare(folder)
    const imports: { start: number[]; clients: number[] } = { start: [], clients: [] }
    for (let round = 0; round <= rounds; round++) {
      const [ours, theirs] = [await importMs(script, start), await importMs(script, clients)]
      // The first round fills the file cache.
      if (round === 0) continue
      imports.start.push(ours)
      imports.clients.push(theirs)
    }
    const [startMs, clientsMs] = [median(imports.start), median(imports.clients)]
    const firstRequestMs = median(await firstRequests(folder, script, start))
    const times = startMs / clientsMs
    const ok = times <= mostTimes && zipBytes <= largestZip
    const limits = { zipBytes: largestZip, timesThreeClients: mostTimes }
    return {
      ok,
      node: process.version,
      rounds,
      zipBytes,
      importMs: { start: startMs, threeClients: clientsMs, times },
      firstRequestMs,
      limits,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function prepare(folder: string) {
  const zip = new Uint8Array(await readFile('.serverless/faultline.zip'))
  const files = unzipSync(zip)
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, dirname(name)), { recursive: true })
    await writeFile(join(folder, name), content)
  }
  const clients = join(folder, 'clients.mjs')
  const stdin = { contents: threeClients, resolveDir: process.cwd() }
  await build({
    stdin,
    outfile: clients,
    bundle: true,
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  })
  const script = join(folder, 'probe.mjs')
  await writeFile(script, probe)
  return { zipBytes: zip.length, start: join(folder, 'functions/start.mjs'), clients, script }
}

async function importMs(script: string, file: string): Promise<number> {
  return Number((await run(process.execPath, [script, file])).stdout)
}

/** From the start of the process, Node's own included, to the first byte that reaches the table or the cluster. */
async function firstRequests(folder: string, script: string, file: string): Promise<readonly number[]> {
  let arrived: () => void = () => undefined
  const server = createServer((_, response) => {
    arrived()
    response.writeHead(401).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${Object(server.address()).port}`
  const config = join(folder, 'bench.config.json')
  await writeFile(config, JSON.stringify({ clusters: { bench: { url } } }))
  const own = {
    FAULTLINE_STAGE: 'bench',
    FAULTLINE_TABLE: 'bench',
    FAULTLINE_BUS: 'bench',
    FAULTLINE_TOPIC: 'bench',
    FAULTLINE_CONFIG: config,
  }
  const aws = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', AWS_ENDPOINT_URL: url }
  const env = { ...own, ...aws, LAMBDA_TASK_ROOT: folder }
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const from = performance.now()
    const first = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const child = run(process.execPath, [script, file, JSON.stringify({ suite: 'quick-test-suite' })], { env })
    await first
    times.push(performance.now() - from)
    child.child.kill('SIGKILL')
    await child.catch(() => undefined)
  }
  server.closeAllConnections()
  server.close()
  return times
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN) * 10) / 10
}
