import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job, Node, Pod } from '../../lib/domain/kube.ts'
import { refOf } from '../../lib/domain/kube.ts'
import { burnsAtAnnotation, cordonAnnotation, managedSelector, roleLabel } from '../../lib/domain/labels.ts'
import { parseIso } from '../../lib/time.ts'
import { roomForDrain } from './drain-room.ts'
import type { Options } from './options.ts'
import { readOptions } from './options.ts'
import { openPlace, type Place, until } from './place.ts'
import { type Scenario, scenarios } from './scenarios.ts'

/** One line of the table; seconds, null where it does not apply. */
interface Result {
  readonly name: string
  readonly ok: boolean
  readonly verdict: string
  readonly planToBite: number | null
  readonly endToUndone: number | null
  readonly fuseToGone: number | null
  readonly note: string
}

const bin = join(import.meta.dirname, '..', '..', 'bin', 'faultline.js')
const jobs = { apiVersion: 'batch/v1', kind: 'Job' }

/** The command's output, and a way to end it. */
interface Running {
  readonly output: () => string
  readonly done: Promise<number | null>
  readonly kill: () => void
}

function faultline(args: readonly string[], cwd: string): Running {
  const child = spawn(process.execPath, [bin, ...args], { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += String(chunk)
    })
  return { output: () => output, done: new Promise((resolve) => child.on('close', resolve)), kill: () => child.kill('SIGKILL') }
}

/** Of a scenario that went wrong: as much of the end of what its run printed. */
const outputTail = 2000

const families = ['network', 'node', 'resource', 'degradation', 'automated']

/** All tests in one call, with one JUnit file; what the nodes' kernel cannot do is skipped and said. */
async function playTests(place: Place, options: Options): Promise<Result> {
  await place.ready()
  const directory = mkdtempSync(join(tmpdir(), 'faultline-e2e-'))
  const images = ['--injector-image', options.injectorImage, '--injector-namespace', place.injectors]
  const pause = options.pauseImage === undefined ? [] : ['--pause-image', options.pauseImage]
  const where = ['--kubeconfig', place.account.kubeconfig, '-n', place.namespace, '--selector', 'app=e2e']
  const args = ['test', 'all', '--duration', '190', '--pause', '0', '--allow-unused', '--allow-skips', '--report', 'all.xml', '--json']
  const run = faultline([...args, ...where, ...images, ...pause], directory)
  const none = { name: 'test all', planToBite: null, endToUndone: null, fuseToGone: null }
  try {
    const code = await run.done
    const { verdict, tests } = JSON.parse(run.output()) as TestsAnswer
    const xml = readFileSync(join(directory, 'all.xml'), 'utf8')
    const left = await leftovers(place)
    const notes = [
      ...left.map((one) => `left: ${one}`),
      ...families
        .filter((family) => !xml.includes(`<testsuite name="${family}"`))
        .map((family) => `no suite of ${family} in the JUnit file`),
      ...tests.filter((test) => test.verdict !== 'passed').map((test) => `${test.name} ${test.verdict}: ${test.reasons.join('; ')}`),
    ]
    const isSaid = tests.every((test) => test.verdict === 'passed' || (test.verdict === 'skipped' && test.reasons.length > 0))
    return { ...none, ok: code === 0 && isSaid && left.length === 0, verdict, note: notes.join('; ') }
  } catch (error) {
    return { ...none, ok: false, verdict: 'error', note: `${String(error)} ${run.output().slice(-outputTail)}` }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The parts of `faultline test --json` that are judged. */
interface TestsAnswer {
  readonly verdict: string
  readonly tests: readonly { readonly name: string; readonly verdict: string; readonly reasons: readonly string[] }[]
}

async function play(place: Place, options: Options, scenario: Scenario): Promise<Result> {
  await place.ready()
  const isDrain = scenario.params.failure_type === 'node-drain'
  const room = isDrain ? await roomForDrain(place.cluster, { injectors: place.injectors, workload: await place.pods() }) : undefined
  if (room !== undefined && 'why' in room) return without(scenario, room.why)
  const directory = mkdtempSync(join(tmpdir(), 'faultline-e2e-'))
  const { name, type, params, duration } = scenario
  const targets = room === undefined ? scenario.targets : { node: room.node, count: 1 }
  const experiments = [{ name, type, params, duration, ...(targets === undefined ? {} : { targets }) }]
  const suite = { name: 'e2e', namespace: place.namespace, selector: 'app=e2e', gracePeriod: 0, experiments }
  writeFileSync(join(directory, 'suite.json'), JSON.stringify(suite))
  const context = options.context === undefined ? [] : ['--context', options.context]
  const where = scenario.asGiven ? ['--kubeconfig', options.kubeconfig, ...context] : ['--kubeconfig', place.account.kubeconfig]
  const images = ['--injector-image', options.injectorImage, '--injector-namespace', place.injectors, '--fuse-image', options.fuseImage]
  const pause = options.pauseImage === undefined ? [] : ['--pause-image', options.pauseImage]
  const report = join(directory, 'report.json')
  const allow = scenario.refused === undefined ? async () => undefined : await place.refuse(scenario.refused)
  const run = faultline(['run', 'suite.json', ...where, ...images, ...pause, '--report', report], directory)
  try {
    const fuseToGone = scenario.meanwhile === 'kill the runner' ? await killRunner(place, run) : null
    if (scenario.meanwhile === 'delete the injector') await deleteInjector(place, run)
    await run.done
    if (scenario.meanwhile === 'kill the runner') await faultline(['reap', ...where, ...images], directory).done
    const shown = faultline(['show', 'latest', '--json'], directory)
    await shown.done
    const result = judge(scenario, { document: JSON.parse(shown.output()) as Document, fuseToGone, left: await leftovers(place) })
    return result.ok ? result : { ...result, note: `${result.note} ${run.output().slice(-outputTail)}` }
  } catch (error) {
    return without(scenario, `${String(error)} ${run.output().slice(-outputTail)}`)
  } finally {
    await allow()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** A scenario that came to no verdict. */
function without({ name }: Scenario, note: string): Result {
  return { name, ok: false, verdict: 'error', planToBite: null, endToUndone: null, fuseToGone: null, note }
}

/** The parts of `faultline show --json` that the table is made of. */
interface Document {
  readonly verdict: string
  readonly reasons?: readonly string[]
  readonly steps: readonly {
    readonly plannedAt: string | null
    readonly activeAt: string | null
    readonly plannedEnd: string | null
    readonly revertedAt: string | null
  }[]
}

function judge(
  scenario: Scenario,
  seen: { readonly document: Document; readonly fuseToGone: number | null; readonly left: readonly string[] },
): Result {
  const { document, fuseToGone, left } = seen
  const [step] = document.steps
  const seconds = (from: string | null | undefined, to: string | null | undefined) => {
    const [a, b] = [parseIso(from ?? undefined), parseIso(to ?? undefined)]
    return a === undefined || b === undefined ? null : (b - a) / 1000
  }
  const reasons = document.reasons ?? []
  // Said at once and by name, with nothing left: that is all a node without the kernel module can do.
  const lacking = reasons.find((reason) => reason.includes('lacks a qdisc'))
  const unsaid = scenario.says !== undefined && !JSON.stringify(document).includes(JSON.stringify(scenario.says).slice(1, -1))
  const ok = (document.verdict === scenario.verdict || lacking !== undefined) && left.length === 0 && !unsaid
  const note = [
    ...left.map((l) => `left: ${l}`),
    ...(document.verdict === scenario.verdict ? [] : reasons),
    ...(unsaid ? [`not said: ${scenario.says}`] : []),
  ].join('; ')
  const endToUndone = scenario.meanwhile === undefined ? seconds(step?.plannedEnd, step?.revertedAt) : null
  return {
    name: scenario.name,
    ok,
    verdict: lacking === undefined ? document.verdict : 'not possible on this kernel',
    planToBite: seconds(step?.plannedAt, step?.activeAt),
    endToUndone,
    fuseToGone,
    note,
  }
}

async function bites(run: Running): Promise<void> {
  await until('the fault bites', async () => /it bites|NO EFFECT|REFUSED|FAILED/.test(run.output()), 50)
}

/** Seconds from the fuse's deadline until the objects it keeps are gone, with no process of ours alive. */
async function killRunner(place: Place, run: Running): Promise<number | null> {
  await bites(run)
  if (!run.output().includes('it bites')) return null
  run.kill()
  const list = async (namespace: string, role: string) =>
    place.cluster.objects.list<Job>(jobs, { namespace, labelSelector: `${managedSelector},${roleLabel}=${role}` })
  const fuses = async () => [...(await list(place.namespace, 'fuse')), ...(await list(place.injectors, 'fuse'))]
  const [fuse] = await fuses()
  const deadline = Number(fuse?.metadata.annotations?.[burnsAtAnnotation]) * 1000
  const gone = async () => {
    const policies = await place.cluster.objects.list(
      { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
      { namespace: place.namespace },
    )
    const nodes = await place.cluster.objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })
    const cordoned = nodes.filter((node) => node.metadata.annotations?.[cordonAnnotation] !== undefined)
    return policies.length + cordoned.length + (await fuses()).length + (await list(place.injectors, 'injector')).length === 0
  }
  await until('the fuse has ended the fault', gone)
  return (Date.now() - deadline) / 1000
}

async function deleteInjector(place: Place, run: Running): Promise<void> {
  await bites(run)
  const pods = await place.cluster.objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: place.injectors })
  for (const pod of pods) await place.cluster.objects.delete(refOf(pod), { graceSeconds: 0 })
}

async function leftovers(place: Place): Promise<readonly string[]> {
  const kinds = [jobs, { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }]
  const found = await Promise.all(kinds.map((kind) => place.cluster.objects.list(kind, { labelSelector: managedSelector })))
  const mine = found.flat().filter((o) => [place.namespace, place.injectors].includes(o.metadata.namespace ?? ''))
  return mine.map((o) => `${o.kind} ${o.metadata.namespace}/${o.metadata.name}`)
}

function table(results: readonly Result[]): string {
  const cell = (value: number | null) => (value === null ? '' : value.toFixed(1))
  const rows = results.map(
    (r) =>
      `| ${r.name} | ${r.verdict}${r.ok ? '' : ' (!)'} | ${cell(r.planToBite)} | ${cell(r.endToUndone)} | ${cell(r.fuseToGone)} | ${r.note} |`,
  )
  return [
    '| scenario | verdict | plan to bite, s | planned end to proven undone, s | fuse deadline to gone, s | note |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

const options = readOptions(process.argv.slice(2))
const chosen = scenarios.filter((s) => options.only.length === 0 || options.only.some((name) => s.name.includes(name)))
const place = await openPlace(options)
const results: Result[] = []
let rightsOk = false
try {
  const { asked, wrong } = await place.account.wrongRights()
  process.stderr.write(
    `${wrong.length === 0 ? 'ok  ' : 'FAIL'} rights of deploy/rbac.yaml: ${asked} asked of the API server, ${wrong.length} wrong ${wrong.join('; ')}\n`,
  )
  rightsOk = wrong.length === 0
  const plays = chosen.map((scenario) => () => play(place, options, scenario))
  const all = options.only.length === 0 || options.only.some((name) => 'test all'.includes(name))
  for (const one of [...plays, ...(all ? [() => playTests(place, options)] : [])]) {
    const result = await one()
    results.push(result)
    process.stderr.write(`${result.ok ? 'ok  ' : 'FAIL'} ${result.name}: ${result.verdict} ${result.note}\n`)
  }
} finally {
  await place.close()
}
process.stdout.write(`${table(results)}\n`)
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(results, null, 2))
const failed = results.filter((r) => !r.ok).length
process.stdout.write(`${results.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && rightsOk ? 0 : 1
