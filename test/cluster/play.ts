import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job, Node, Pod } from '../../lib/domain/kube.ts'
import { refOf } from '../../lib/domain/kube.ts'
import { burnsAtAnnotation, cordonAnnotation, managedSelector, roleLabel } from '../../lib/domain/labels.ts'
import { parseIso } from '../../lib/time.ts'
import { bites, faultline, outputTail, type Running } from './command.ts'
import { roomForDrain } from './drain-room.ts'
import type { Options } from './options.ts'
import { type Place, until } from './place.ts'
import type { Scenario } from './scenarios.ts'

/** One line of the table; seconds, null where it does not apply. */
export interface Result {
  readonly name: string
  readonly ok: boolean
  readonly verdict: string
  readonly planToBite: number | null
  readonly endToUndone: number | null
  readonly fuseToGone: number | null
  readonly note: string
}

const jobs = { apiVersion: 'batch/v1', kind: 'Job' }

/** One step on the workload, disturbed as the scenario says, and what came of it. */
export async function play(place: Place, options: Options, scenario: Scenario): Promise<Result> {
  await place.ready()
  const isDrain = scenario.params.failure_type === 'node-drain'
  const room = isDrain ? await roomForDrain(place.cluster, { injectors: place.injectors, workload: await place.pods() }) : undefined
  if (room !== undefined && 'why' in room) return without(scenario, room.why)
  const directory = mkdtempSync(join(tmpdir(), 'faultline-e2e-'))
  const { name, type, params, duration, blastRadius, beside } = scenario
  const targets = room === undefined ? scenario.targets : { node: room.node, count: 1 }
  const together = beside === undefined ? {} : { together: 'both' }
  const experiments = [
    { name, type, params, duration, blastRadius, ...together, ...(targets === undefined ? {} : { targets }) },
    ...(beside === undefined ? [] : [{ name: 'beside', ...together, ...beside, blastRadius }]),
  ]
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
    const all = experiments.length
    const fuseToGone = scenario.meanwhile === 'kill the runner' ? await killRunner(place, run, all) : null
    if (scenario.meanwhile === 'abort the run') await abortRun(run, { all, directory })
    if (scenario.meanwhile === 'delete the injector') await deleteInjector(place, run)
    await run.done
    if (scenario.meanwhile === 'kill the runner') await faultline(['reap', ...where, ...images], directory).done
    const shown = faultline(['show', 'latest', '--json'], directory)
    await shown.done
    const document = JSON.parse(shown.output()) as Document
    const judged = judge(scenario, { document, fuseToGone, left: await leftovers(place) })
    const own = beside === undefined ? '' : whyNotOwnTimes(document, scenario)
    const result = own === '' ? judged : { ...judged, ok: false, note: `${judged.note} ${own}` }
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
  readonly abort?: { readonly askedAt?: number; readonly undoneAt: string | null } | null
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

/**
 * A driver sees an abort within 5 s. Added to that are the undos' own times, one after the other: the policy's (2 s until a CNI obeys) and the
 * injector's (its pod's end, up to 3 s, and a check's start and answer, up to 10 s on a busy node).
 */
const abortWithinSeconds = 5 + 2 + 13

/** What is wrong with the times of two steps that overlapped; '' for nothing. */
function whyNotOwnTimes({ steps: [first, second], abort }: Document, { meanwhile }: Scenario): string {
  const at = (time: string | null | undefined) => parseIso(time ?? undefined) ?? Number.NaN
  if (meanwhile === 'abort the run') {
    const seconds = (at(abort?.undoneAt) - (abort?.askedAt ?? Number.NaN)) / 1000
    return seconds <= abortWithinSeconds ? '' : `all was undone ${seconds} s after the abort was asked for`
  }
  // What a killed runner could not record any more, its lines have said.
  if (meanwhile !== undefined) return ''
  if (!(at(second?.activeAt) < at(first?.plannedEnd))) return 'they did not overlap'
  const late = [first, second].map((step) => at(step?.revertedAt) - at(step?.plannedEnd))
  const isOwn = at(second?.revertedAt) < at(first?.plannedEnd) && late.every((ms) => ms >= 0 && ms < 15_000)
  return isOwn ? '' : `they were undone ${late.join(' and ')} ms after their planned ends`
}

/** As a person does it from another terminal. */
async function abortRun(run: Running, { all, directory }: { readonly all: number; readonly directory: string }): Promise<void> {
  await bites(run, all)
  await faultline(['abort', 'latest', '--why', 'e2e'], directory).done
}

/** Seconds from the deadline of the last fuse until the objects that they keep are gone, with no process of ours alive. */
async function killRunner(place: Place, run: Running, all: number): Promise<number | null> {
  await bites(run, all)
  if (!run.output().includes('it bites')) return null
  run.kill()
  const list = async (namespace: string, role: string) =>
    place.cluster.objects.list<Job>(jobs, { namespace, labelSelector: `${managedSelector},${roleLabel}=${role}` })
  const fuses = async () => [...(await list(place.namespace, 'fuse')), ...(await list(place.injectors, 'fuse'))]
  const deadlines = (await fuses()).map(({ metadata }) => Number(metadata.annotations?.[burnsAtAnnotation]) * 1000)
  const deadline = Math.max(...deadlines)
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

/** Objects of ours that should not be there any more. */
export async function leftovers(place: Place): Promise<readonly string[]> {
  const kinds = [jobs, { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }]
  const found = await Promise.all(kinds.map((kind) => place.cluster.objects.list(kind, { labelSelector: managedSelector })))
  const mine = found.flat().filter((o) => [place.namespace, place.injectors].includes(o.metadata.namespace ?? ''))
  return mine.map((o) => `${o.kind} ${o.metadata.namespace}/${o.metadata.name}`)
}
