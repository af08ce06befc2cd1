import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { runCli } from '../../cli/program.ts'
import type { InterruptSignal, Terminal } from '../../cli/terminal.ts'
import { isReady, type Pod } from '../../lib/domain/kube.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { type LocalAws, localPerson } from '../../sandbox/aws/local-aws.ts'
import type { Person } from '../../sandbox/aws/verify-signature.ts'
import { openWithRoles } from '../support/local-aws.ts'

const operator: Person = {
  accessKeyId: 'AKIAOPERATOR',
  secretAccessKey: 'secret',
  arn: 'arn:aws:sts::123456789012:assumed-role/Operator/bob',
}
const cut = { name: 'Cut', type: 'network_partition', params: { partition_type: 'random', mechanism: 'policy' } }
const suiteOf = (duration: number) => ({ name: 'From here', gracePeriod: 0, experiments: [{ ...cut, duration }] })

let aws: LocalAws
/** What the functions logged, told where a run never comes to what is waited for. */
const logged: string[] = []
let state: string
let short: string
let long: string

beforeAll(async () => {
  aws = await openWithRoles({
    log: (line) => logged.push(line),
    sandbox: { replicas: 6 },
    people: [localPerson, operator],
    authorizePerson: async ({ arn }, name) => (arn === operator.arn && !['look', 'halt'].includes(name) ? 'not allowed' : undefined),
  })
  state = await mkdtemp(join(tmpdir(), 'faultline-remote-'))
  short = join(state, 'short.json')
  long = join(state, 'long.json')
  await writeFile(short, JSON.stringify(suiteOf(2)))
  await writeFile(long, JSON.stringify(suiteOf(120)))
}, 60_000)

beforeEach(() => signIn(localPerson))

afterAll(async () => {
  await aws.close()
  await rm(state, { recursive: true, force: true })
  expect(aws.refused).toEqual([])
})

/** Whose keys `--aws local` signs with. */
async function signIn({ accessKeyId, secretAccessKey }: Person): Promise<void> {
  await writeFile(join(state, 'aws-local.json'), JSON.stringify({ ...aws.installation, keys: { accessKeyId, secretAccessKey } }))
}

/** A command line against the installation, as it goes on. */
class Started {
  out = ''
  err = ''
  readonly #listeners: ((signal: InterruptSignal) => void)[] = []
  readonly code: Promise<number>

  constructor(args: readonly string[]) {
    const output = (name: 'out' | 'err') => ({
      columns: 120,
      rows: 40,
      hasUnicode: true,
      write: (text: string) => {
        this[name] += text
      },
    })
    const terminal: Terminal = {
      out: output('out'),
      err: output('err'),
      env: { HOME: '/nonexistent' },
      stdin: async function* () {},
      isLive: false,
      hasColour: false,
      onInterrupt: (listener) => {
        this.#listeners.push(listener)
        return () => this.#listeners.splice(this.#listeners.indexOf(listener), 1)
      },
    }
    this.code = runCli([...args, '--aws', 'local', '--state', state], terminal)
  }

  interrupt(signal: InterruptSignal): void {
    for (const listener of this.#listeners) listener(signal)
  }

  async until(text: string): Promise<void> {
    for (let tries = 0; tries < 600 && !this.out.includes(text); tries++) await new Promise((resolve) => setTimeout(resolve, 100))
    if (!this.out.includes(text))
      throw new Error(`"${text}" never came; it said:\n${this.out}\n${this.err}\n${logged.slice(-20).join('\n')}`)
  }
}

async function faultline(...args: readonly string[]) {
  const started = new Started(args)
  const code = await started.code
  const json = args.includes('--json') ? JSON.parse(started.out) : undefined
  return { code, out: started.out, err: started.err, json }
}

/** All pods of the workload are Ready. */
async function isWhole(): Promise<boolean> {
  const pods = aws.sandbox.objects().filter(({ kind, metadata }) => kind === 'Pod' && metadata.labels?.app === 'jadevectordb') as Pod[]
  return pods.length === 6 && pods.every(isReady)
}

const left = () => aws.sandbox.objects().filter((object) => object.metadata.labels?.['faultline.dev/run'] !== undefined)

describe('--aws', () => {
  it('plans, runs with what happens told as it happens, and ends with the local codes, reports and documents', async () => {
    expect((await faultline('runs')).out).toBe('no runs yet of local\n')
    const plan = await faultline('plan', short, '--json')
    expect([plan.code, plan.json]).toMatchObject([0, { verdict: 'ready', suite: 'From here', refusals: [], steps: [{ name: 'Cut' }] }])
    expect((await faultline('plan', 'quick')).out).toContain('Plan of Quick test suite (quick of local)')

    const run = await faultline('run', short, '--seed', '7')
    expect(run.code).toBe(0)
    expect(run.out).toMatch(/run \S+ of local: From here on embedded \(simulated\), namespace jadevectordb-system, seed 7/)
    expect(run.out).toMatch(/\[1\/1 Cut\] .*it bites: /)
    expect(run.out).toMatch(/SUCCEEDED \(simulated\) /)
    const id = /run (\S+) of local/.exec(run.out)?.[1] ?? ''
    expect(JSON.parse(await readFile(join(state, 'reports', `${id}.json`), 'utf8'))).toMatchObject({ run: id, verdict: 'succeeded' })

    const listed = await faultline('runs', '--json')
    expect(listed.json.runs).toMatchObject([{ run: id, state: 'succeeded', driverLost: false }])
    expect((await faultline('runs')).out).toContain('succeeded')
    const shown = await faultline('show', 'latest', '--json')
    expect([shown.json.run, shown.json.verdict, shown.err]).toEqual([id, 'succeeded', `latest is ${id} (succeeded)\n`])
    expect(shown.json.trigger.by).toBe(localPerson.arn)
    const report = await faultline('report', id, '--format', 'junit')
    expect([report.code, report.out]).toEqual([0, expect.stringContaining('<testsuite')])
    expect((await faultline('reap', '--json')).json).toEqual({ reaped: [], alive: [], errors: [], orphans: [], inert: [] })
  })

  it('halts a run that is followed, in the name of who signed, and resumes', async () => {
    expect(await until(isWhole)).toBe(true)
    const run = new Started(['run', long, '--json'])
    const end = await until(async () => (await aws.store.runs.list()).some(({ status }) => status === 'holding'))
    expect(end).toBe(true)
    await signIn(operator)
    const halted = await faultline('halt', '--why', 'incident', '--json')
    expect([halted.code, halted.json]).toMatchObject([
      0,
      { halted: true, by: operator.arn, why: 'incident', live: [{ state: expect.stringMatching(/^(?:holding|reverting)$/) }] },
    ])
    const forbidden = await faultline('resume', '--json')
    expect([forbidden.code, forbidden.json.error]).toMatchObject([
      2,
      { code: 'forbidden', message: expect.stringContaining('ask resume of local') },
    ])
    await signIn(localPerson)
    expect(await run.code).toBe(1)
    expect(JSON.parse(run.out)).toMatchObject({ verdict: 'aborted', abort: { reason: 'halted', by: operator.arn } })
    expect(left()).toEqual([])
    const refused = await faultline('run', short, '--json')
    expect([refused.code, refused.json]).toMatchObject([2, { verdict: 'refused', refusals: [{ code: 'halted' }] }])
    expect((await faultline('resume', '--json')).json).toMatchObject({ halted: false, lifted: { by: operator.arn, why: 'incident' } })
  })

  it('aborts what was started and left, and undoes what Ctrl-C interrupts', async () => {
    expect(await until(isWhole)).toBe(true)
    const detached = await faultline('run', long, '--detach', '--json')
    expect([detached.code, detached.json]).toMatchObject([0, { state: 'requested', detached: true }])
    expect(await until(async () => (await aws.store.runs.load(detached.json.run))?.status === 'holding')).toBe(true)
    const aborted = await faultline('abort', detached.json.run, '--why', 'enough', '--json')
    expect([aborted.code, aborted.json]).toEqual([0, { run: detached.json.run, state: 'aborted', driven: 'elsewhere', over: true }])
    // A pod that was cut off is Ready again a while after; until then no run begins.
    expect(await until(isWhole)).toBe(true)
    const run = new Started(['run', long])
    await run.until('it bites')
    run.interrupt('SIGINT')
    expect(await run.code).toBe(1)
    expect(run.out).toContain('Interrupted: undoing everything now.')
    expect(run.out).toMatch(/^ABORTED .*/m)
    expect(run.out).toContain('interrupted from the keyboard')
    expect(left()).toEqual([])
  })

  it('leaves a run to AWS when its terminal goes away', async () => {
    expect(await until(isWhole)).toBe(true)
    const run = new Started(['run', long])
    await run.until('it bites')
    run.interrupt('SIGHUP')
    expect(await run.code).toBe(3)
    const [newest] = await aws.store.runs.list()
    expect(newest === undefined || isEnded(newest)).toBe(false)
    expect(run.out).toContain(`left run ${newest?.id}: it goes on on local`)
    expect((await faultline('abort', newest?.id ?? '')).code).toBe(0)
  })

  it('pauses and unpauses a deployed suite, and once says why a start of it is refused', async () => {
    expect((await faultline('pause', 'quick', '--why', 'release', '--json')).json).toEqual({
      suite: 'quick',
      paused: true,
      by: localPerson.arn,
      why: 'release',
    })
    const refused = await faultline('run', 'quick', '--json')
    expect([refused.code, refused.json.refusals.map(({ code }: { readonly code: string }) => code)]).toEqual([
      2,
      expect.arrayContaining(['paused']),
    ])
    expect((await faultline('unpause', 'quick')).code).toBe(0)
  })

  it('looks at a cluster with the rights of the functions, as doctor does here', async () => {
    const looked = await faultline('doctor', '--only', 'permissions,ttl-controller', '--json')
    expect(looked.json).toMatchObject({
      cluster: { name: 'embedded', simulated: true },
      namespace: 'jadevectordb-system',
      exitCode: looked.code,
    })
    expect(looked.json.checks.map(({ check }: { readonly check: string }) => check)).toEqual(
      expect.arrayContaining(['permissions', 'ttl-controller']),
    )
    expect(left()).toEqual([])
    const named = await faultline('doctor', '--only', 'permisions')
    expect([named.code, named.err]).toEqual([2, expect.stringContaining('did you mean `permissions`?')])
  })

  it.each([
    [['show', 'nope'], 2, /there is no run "nope"; there are: /],
    [['resolve', 'latest', '--by', 'ann', '--why', 'x'], 2, /is over already/],
    [['plan', 'quik'], 2, /`quik` is not packaged|did you mean/],
    [['run', 'quick', '--context', 'staging'], 2, /--context means nothing with --aws/],
  ])('tells of %j what is wrong', async (args, code, message) => {
    const answer = await faultline(...args)
    expect([answer.code, answer.err]).toEqual([code, expect.stringMatching(message)])
  })
})

async function until(done: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 300; tries++) {
    if (await done()) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}
