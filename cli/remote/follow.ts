import { systemClock } from '../../lib/adapters/system-clock.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { HistoryEvent } from '../../lib/domain/history-event.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { clusterText } from '../../lib/report/cluster-text.ts'
import type { RunRecord } from '../../lib/report/document.ts'
import { printJson, sayer } from '../command.ts'
import { tellDriven } from '../commands/run.ts'
import type { DrivenRun } from '../drive-run.ts'
import { errorText } from '../error-text.ts'
import { type ExitCode, exitCodeOf, exitCodes } from '../exit-codes.ts'
import type { Interrupts } from '../interrupts.ts'
import { writeReports } from '../reports.ts'
import { createScreen, type Screen } from '../screen.ts'
import { openStateDir } from '../state-dir.ts'
import type { Terminal } from '../terminal.ts'
import type { Installation } from './installation.ts'
import { fetchRecord, RecordReader } from './looking.ts'

export interface Following {
  readonly installation: Installation
  /** Id of the run. */
  readonly run: string
  readonly flags: {
    readonly state: string
    readonly json?: boolean
    readonly verbose?: boolean
    readonly report?: readonly string[]
    readonly minScore?: number
  }
  readonly terminal: Terminal
  readonly interrupts: Interrupts
}

/** A second behind is near enough for a person, and one small read of the table. */
const pollMs = 1_000
/** An installation that answers nothing for so long is told; the run goes on without its onlooker. */
const patienceMs = 300_000
/** What a driver says last reaches the history this much after its run's end. */
const settleMs = 10_000

/**
 * Shows a run that AWS drives as one that is driven here, until it is over. Ctrl-C (and SIGTERM) asks for its abort and goes on looking, as a
 * run of this machine is undone; a third one leaves. A terminal that goes away (SIGHUP) only leaves: the run goes on.
 */
export async function followRun(following: Following): Promise<ExitCode> {
  const { installation, run, flags, terminal, interrupts } = following
  const say = sayer(flags, terminal)
  const reader = new RecordReader(installation, run)
  const first = await reader.next()
  const kind = flags.json === true ? (flags.verbose === true ? 'lines' : 'silent') : terminal.isLive ? 'live' : 'lines'
  if (kind === 'lines') say(headline(first, installation))
  const screen = createScreen({ terminal, run: first.run, clock: systemClock, kind, sayLine: say })
  const onlooker = new Onlooker(screen)
  const left = new AbortController()
  listen(following, screen, left)
  try {
    onlooker.show(first)
    await untilOver({ reader, onlooker, first, left: left.signal, say })
  } catch (error) {
    screen.end()
    return tellLeft(following, error)
  }
  screen.end()
  if (left.signal.aborted) return tellLeft(following, null)
  const record = await fetchRecord(installation, run)
  screen.observe({ kind: 'injection', run: record.run, injections: record.injections })
  const reports = await writeReports(record, { stateDir: openStateDir(flags.state), files: flags.report ?? [], warn: say })
  const code = isEnded(record.run) ? exitCodeOf(record.run) : exitCodes.unproven
  const driven: DrivenRun = { state: { ...screen.state(), run: record.run }, record, reports, code, lost: null }
  interrupts.onFirst = () => undefined
  return tellDriven({ terminal, say, composition: { clock: systemClock } }, driven, flags)
}

function headline({ run }: RunRecord, { name }: Installation): string {
  return `run ${run.id} of ${name}: ${run.suite.name} on ${clusterText(run.cluster)}, namespace ${run.namespace}, seed ${run.seed}`
}

interface Watching {
  readonly reader: RecordReader
  readonly onlooker: Onlooker
  readonly first: RunRecord
  readonly left: AbortSignal
  readonly say: (line: string) => void
}

async function untilOver({ reader, onlooker, first, left, say }: Watching): Promise<void> {
  let record = first
  let answeredAt = systemClock.now()
  let overAt: number | null = null
  while (!left.aborted) {
    const now = systemClock.now()
    if (isEnded(record.run)) overAt ??= now
    if (overAt !== null && (record.run.events.length === 0 || now - overAt > settleMs)) return
    await systemClock.sleep(pollMs, left)
    if (left.aborted) return
    try {
      record = await reader.next()
      answeredAt = systemClock.now()
      onlooker.show(record)
    } catch (error) {
      if (!(error instanceof FaultlineError && error.retryable) || systemClock.now() - answeredAt > patienceMs) throw error
      onlooker.note(record, `${error.message}; asked again every second`)
    }
  }
  say('')
}

/** The first signal asks for an abort, the second says what leaving means, the third leaves. */
function listen({ installation, run, interrupts }: Following, screen: Screen, left: AbortController): void {
  const stop = () => {
    if (interrupts.first.reason === 'SIGHUP') return left.abort()
    screen.interrupted(1)
    const why = interrupts.first.reason === 'SIGTERM' ? 'the onlooking process was asked to end' : 'interrupted from the keyboard'
    installation.ask('control', { action: 'abort', run, why }).catch((error: unknown) => {
      screen.say([`the abort could not be asked for: ${errorText(error)}`, `Stop everything: faultline halt --aws ${installation.name}`])
    })
  }
  interrupts.onFirst = stop
  interrupts.onSecond = () => {
    screen.interrupted(2)
    screen.say([
      `If you leave now, AWS goes on undoing run ${run}: "faultline show ${run} --aws ${installation.name}" says how far it is.`,
      'A third Ctrl-C leaves at once, with exit code 3.',
    ])
  }
  void interrupts.third.then(() => left.abort())
  if (interrupts.first.aborted) stop()
}

/** Nothing was seen of how it ends. */
function tellLeft({ installation, run, flags, terminal }: Following, error: unknown): ExitCode {
  const message = error === null ? `left run ${run}: it goes on on ${installation.name}` : errorText(error)
  const code = error === null ? 'unavailable' : error instanceof FaultlineError ? error.code : 'unexpected'
  if (flags.json === true) printJson(terminal, { error: { code, message, run }, exitCode: exitCodes.unproven })
  else {
    const say = sayer(flags, terminal)
    say(message)
    if (error !== null) say(`run ${run} goes on on ${installation.name}`)
    say(`look again with "faultline show ${run} --aws ${installation.name}"`)
  }
  return exitCodes.unproven
}

/** Brings to the screen what is new in a record, as the engine would have told it. */
class Onlooker {
  readonly #screen: Screen
  readonly #told = new Set<string>()
  #samples = 0

  constructor(screen: Screen) {
    this.#screen = screen
  }

  show({ run, injections, history, samples }: RunRecord): void {
    this.#screen.observe({ kind: 'injection', run, injections })
    // What the driver has not yet put into the history stands in the run itself.
    for (const events of byVersion([...history, ...run.events].filter((event) => this.#isNew(event)))) {
      const [{ version }] = events
      const then = { ...run, version, events }
      this.#screen.observe({ kind: 'event', run: then, injections, event: { type: 'lease_renewed', lease: { owner: '', until: 0 } } })
    }
    for (const sample of samples.slice(this.#samples)) this.#screen.observe({ kind: 'sample', run, sample })
    this.#samples = samples.length
  }

  note({ run }: RunRecord, message: string): void {
    this.#screen.observe({ kind: 'note', run, message })
  }

  #isNew({ version, n }: HistoryEvent): boolean {
    const key = `${version}/${n}`
    const isNew = !this.#told.has(key)
    this.#told.add(key)
    return isNew
  }
}

function byVersion(events: readonly HistoryEvent[]): readonly (readonly [HistoryEvent, ...HistoryEvent[]])[] {
  const groups = new Map<number, [HistoryEvent, ...HistoryEvent[]]>()
  for (const event of events) {
    const group = groups.get(event.version)
    if (group === undefined) groups.set(event.version, [event])
    else group.push(event)
  }
  return [...groups.values()]
}
