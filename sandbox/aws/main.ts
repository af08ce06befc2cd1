import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Run } from '../../lib/domain/run.ts'
import { reportDocument } from '../../lib/report/document.ts'
import { htmlReport } from '../../lib/report/html/page.ts'
import { recordOf } from '../../lib/report/record.ts'
import { verdictSentence } from '../../lib/report/report-summary.ts'
import { LocalAws, localPerson } from './local-aws.ts'
import { playSchedule, type ScheduleSpec } from './scheduler.ts'

const usage = `npm run aws:local [-- options]: the deployed form on this machine; needs what "npm run package" makes

  --suite FILE    suite to start (default sandbox/demo-suite.json)
  --cron FIELDS   when, in the six fields of AWS (default "0/2 * * * ? *": every second minute)
  --in SECONDS    once, so many seconds from now, instead of --cron
  --forever       go on after the first run, until Ctrl-C; else it ends with it: exit code 0 if it succeeded, 1 if not
  --timeout S     time of start and advance in seconds (default: the packaged 900); the less, the more hand-overs
`

/** Where commands look for it. */
const usualState = '.faultline'

const options = {
  suite: { type: 'string', default: 'sandbox/demo-suite.json' },
  cron: { type: 'string', default: '0/2 * * * ? *' },
  in: { type: 'string' },
  forever: { type: 'boolean', default: false },
  timeout: { type: 'string' },
  state: { type: 'string', default: usualState },
  help: { type: 'boolean', default: false },
} as const

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
  say(
    `for "npx osls invoke local" in another terminal: export ${Object.entries(aws.environmentOf('control'))
      .map((pair) => pair.join('='))
      .join(' ')}`,
  )
  const record = await leaveRecord(aws, values.state)
  say(
    `for a command line in another terminal: npx faultline runs --aws local${values.state === usualState ? '' : ` --state ${values.state}`}`,
  )
  try {
    return await play(aws, suite, values)
  } finally {
    await rm(record, { force: true })
    await aws.close()
  }
}

/** What `--aws local` finds: where the functions are, and whose signature they take. */
async function leaveRecord(aws: LocalAws, state: string): Promise<string> {
  const file = join(state, 'aws-local.json')
  const { accessKeyId, secretAccessKey } = localPerson
  await mkdir(state, { recursive: true, mode: 0o700 })
  await writeFile(file, `${JSON.stringify({ ...aws.installation, keys: { accessKeyId, secretAccessKey } })}\n`, { mode: 0o600 })
  return file
}

type Values = {
  readonly suite: string
  readonly cron: string
  readonly in?: string | undefined
  readonly forever: boolean
  readonly state: string
}

/** Every enabled schedule of the template, and the one of the command line, until that one is over or Ctrl-C ends it. */
async function play(aws: LocalAws, suite: unknown, values: Values): Promise<number> {
  let finish: (code: number) => void = () => undefined
  const over = new Promise<number>((resolve) => {
    finish = resolve
  })
  const input = JSON.stringify({ suite, scheduledAt: '<aws.scheduler.scheduled-time>' })
  const asked: ScheduleSpec = { name: values.suite, expression: expressionOf(values), timezone: 'UTC', target: 'start', input }
  const crons = [asked, ...aws.stack.schedules].map((spec) => {
    const cron = playSchedule(spec, async (event, scheduledAt) => {
      if (spec.target === 'start') say(`schedule ${spec.name} fires (${scheduledAt})`)
      const state = await fire(aws, spec, { event, reports: join(values.state, 'reports') })
      if (spec === asked && !values.forever) finish(state === 'succeeded' ? 0 : 1)
    })
    say(`schedule ${spec.name}: ${spec.expression}, next at ${cron.nextRun()?.toISOString() ?? 'no time'}`)
    return cron
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      say('ends when nothing runs any more; once more to leave at once')
      finish(130)
    })
  const code = await over
  for (const cron of crons) cron.stop()
  await aws.idle()
  return code
}

function expressionOf(values: Values): string {
  if (values.in === undefined) return `cron(${values.cron})`
  return `at(${new Date(Date.now() + Number(values.in) * 1000).toISOString().slice(0, 19)}Z)`
}

/** Invokes the target, and after a start waits until the run is over, through every hand-over. */
async function fire(
  aws: LocalAws,
  spec: ScheduleSpec,
  { event, reports }: { readonly event: unknown; readonly reports: string },
): Promise<string> {
  const answer = (await aws.invoke(spec.target, event).catch((error: unknown) => ({ happened: String(error) }))) as Told
  if (spec.target === 'start') await aws.idle()
  const run = answer.run === undefined ? undefined : await aws.store.runs.load(answer.run)
  if (run === undefined) say(`${spec.target}: ${answer.happened}`)
  else await tell(aws, run, reports)
  return run?.status ?? 'none'
}

/** The verdict of a run, and where its report is. */
async function tell(aws: LocalAws, run: Run, reports: string): Promise<void> {
  const document = reportDocument(await recordOf(aws.store, run))
  const file = join(reports, `${run.id}.html`)
  await mkdir(reports, { recursive: true, mode: 0o700 })
  await writeFile(file, htmlReport(document))
  say(`run ${run.id} is over: ${run.status.toUpperCase()}. ${verdictSentence(document)}`)
  for (const reason of document.reasons) say(`  ${reason}`)
  say(`  report: ${file}`)
}

interface Told {
  readonly happened: string
  readonly run?: string
}

process.exit(await main())
