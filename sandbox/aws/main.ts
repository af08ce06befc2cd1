import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { Cron } from 'croner'
import { LocalAws } from './local-aws.ts'

const usage = `npm run aws:local [-- options]: the deployed form on this machine; needs what "npm run package" makes

  --suite FILE    suite to start (default sandbox/demo-suite.json)
  --cron FIELDS   when, in the six fields of AWS (default "0/2 * * * ? *": every second minute)
  --in SECONDS    once, so many seconds from now, instead of --cron
  --once          end with the first run: exit code 0 if it succeeded, 1 if not
  --timeout S     time of start and advance in seconds (default: the packaged 900); the less, the more hand-overs
`

const options = {
  suite: { type: 'string', default: 'sandbox/demo-suite.json' },
  cron: { type: 'string', default: '0/2 * * * ? *' },
  in: { type: 'string' },
  once: { type: 'boolean', default: false },
  timeout: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

/** EventBridge Scheduler counts in minutes; croner counts in seconds and names weekdays from 0 unless told otherwise. */
const cronOptions = { alternativeWeekdays: true, protect: false, timezone: 'UTC' } as const

const say = (line: string) => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`)

/** One line per event of a run; whatever else a function prints stays as it is. */
function sayLog(line: string): void {
  try {
    const { message, run } = JSON.parse(line) as { readonly message?: string; readonly run?: string }
    say(`  ${run === undefined ? '' : `${run}: `}${message ?? line}`)
  } catch {
    say(`  ${line}`)
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options })
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  const suite: unknown = JSON.parse(await readFile(values.suite, 'utf8'))
  const timeoutMs = values.timeout === undefined ? undefined : Number(values.timeout) * 1000
  const aws = await LocalAws.open({
    directory: '.serverless',
    sandbox: { backOffBaseMs: 1_000 },
    log: sayLog,
    ...(timeoutMs === undefined ? {} : { timeoutMs: { start: timeoutMs, advance: timeoutMs } }),
  })
  say(
    `functions, table and bus are ready${aws.moto === undefined ? ' (no moto_server on the PATH: only the bus is played here)' : ' on moto_server'}; cluster ${aws.sandbox.url}`,
  )
  try {
    return await play(aws, suite, values)
  } finally {
    await aws.close()
  }
}

type Values = { readonly cron: string; readonly in?: string | undefined; readonly once: boolean }

async function play(aws: LocalAws, suite: unknown, values: Values): Promise<number> {
  const when = values.in === undefined ? `0 ${values.cron}` : new Date(Date.now() + Number(values.in) * 1000)
  let finish: (code: number) => void = () => undefined
  const over = new Promise<number>((resolve) => {
    finish = resolve
  })
  const start = new Cron(when, cronOptions, async (self: Cron) => {
    const scheduledAt = `${(self.currentRun() ?? new Date()).toISOString().slice(0, 19)}Z`
    say(`the schedule fires: start (${scheduledAt})`)
    const state = await run(aws, { suite, scheduledAt })
    say(`the run is over: ${state}`)
    if (values.once || values.in !== undefined) finish(state === 'succeeded' ? 0 : 1)
  })
  const reaper = new Cron('0 * * * * *', async () => {
    const answer = await aws.invoke('reap', {}).catch((error: unknown) => ({ happened: String(error) }))
    say(`reap: ${(answer as { readonly happened: string }).happened}`)
  })
  const next = start.nextRun()
  say(`next start: ${next?.toISOString() ?? 'never'}; Ctrl-C ends it`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => finish(130))
  const code = await over
  start.stop()
  reaper.stop()
  await aws.idle()
  return code
}

/** Starts, and waits until the run is over, whoever drives it by then. */
async function run(aws: LocalAws, event: object): Promise<string> {
  const answer = (await aws.invoke('start', event).catch((error: unknown) => ({ state: String(error) }))) as {
    readonly run?: string
    readonly state: string
  }
  await aws.idle()
  return answer.run === undefined ? answer.state : ((await aws.store.runs.load(answer.run))?.status ?? answer.state)
}

process.exit(await main())
