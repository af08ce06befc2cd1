import type { HistoryEvent } from './history-event.ts'
import type { Evidence, Injection } from './injection.ts'
import type { Run } from './run.ts'
import type { Suite } from './suite.ts'

/** DynamoDB's limit of one item (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html), kept by every store. */
export const recordLimitBytes = 400 * 1024

/** Key, version, save id and index attributes beside a record, with room to spare. */
const envelopeBytes = 2_048
const roomBytes = recordLimitBytes - envelopeBytes

/** What a text is cut to when a record is full: enough to name what happened and the first few of whom. */
const cutTextCharacters = 1_000

/**
 * Bytes of a value as DynamoDB counts them: UTF-8 of names and texts, numbers by two digits, lists and maps by 3 and 1 for each element
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
 */
export function storedBytes(value: unknown): number {
  if (typeof value === 'string') return utf8Bytes(value)
  if (typeof value === 'number') return numberBytes(value)
  if (typeof value !== 'object' || value === null) return 1
  let bytes = 3
  if (Array.isArray(value)) {
    for (const element of value as readonly unknown[]) bytes += 1 + storedBytes(element)
    return bytes
  }
  for (const [name, field] of Object.entries(value)) if (field !== undefined) bytes += 1 + utf8Bytes(name) + storedBytes(field)
  return bytes
}

/** Records are measured at each save, and are almost wholly of characters of one byte. */
function utf8Bytes(text: string): number {
  if (!beyondAscii.test(text)) return text.length
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

const beyondAscii = /[\u0080-\uffff]/

/** One byte for each two significant digits (zeros at both ends are trimmed), one more for the exponent, and one for a sign. */
function numberBytes(value: number): number {
  const digits = Number.isSafeInteger(value) ? digitsOfWhole(Math.abs(value)) : digitsOf(Math.abs(value))
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0)
}

function digitsOfWhole(value: number): number {
  let rest = value
  while (rest !== 0 && rest % 10 === 0) rest /= 10
  return rest === 0 ? 0 : String(rest).length
}

function digitsOf(value: number): number {
  return String(value)
    .replace(/e.*$/, '')
    .replace('.', '')
    .replace(/^0+|0+$/g, '').length
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

const fits = (record: object) => storedBytes(record) <= roomBytes

/** Evidence of the three phases that come after planning: a sentence, and one figure of each target. */
const phasesAfterPlanning = 3
/** Name of the figure, unit and value with their keys; and the longest sentence with names of targets that was seen, doubled. */
const figureBytes = 64
const sentenceBytes = 512
/** Fuse, reason, and what a last look before the revert adds to the undo data. */
const entryGrowthBytes = 2_048

/** How large a planned ledger entry will be at its end. */
export function finalEntryBytes(planned: Pick<Injection, 'targets' | 'undo' | 'fuse' | 'evidence'>): number {
  const figures = sum(planned.targets.map(({ name }) => utf8Bytes(name) + figureBytes))
  return envelopeBytes + storedBytes(planned) + phasesAfterPlanning * (sentenceBytes + figures) + entryGrowthBytes
}

/** One injection's reason in the record of its step. */
const reasonBytes = 512
/** Verdict, times and score of a step, and what one probe answered in it. */
const stepBytes = 512
const probeBytes = 384
/** Cluster, trigger, lease, beacon, abort; the outbox is cut when it does not fit. */
const runBytes = 4_096

/** How large the record of a run will be at its end; `injections` counts those of each step, as far as they are planned. */
export function finalRunBytes(suite: Suite, injections: readonly number[]): number {
  const steps = suite.steps.map(
    ({ name }, i) => stepBytes + utf8Bytes(name) + suite.probes.length * probeBytes + (injections[i] ?? 1) * reasonBytes,
  )
  return envelopeBytes + runBytes + storedBytes(suite) + sum(steps)
}

/** Of each target beside its name (which stands there twice): 36 characters of UID, the fields' own names, and its first figure. */
const leastTargetBytes = 100

/** How large the entry of a step will be at least, whatever the targets are called where only their number is known. */
export function leastEntryBytes(targets: readonly string[] | number): number {
  const names = typeof targets === 'number' ? targets : sum(targets.map(utf8Bytes))
  const count = typeof targets === 'number' ? targets : targets.length
  return envelopeBytes + count * leastTargetBytes + phasesAfterPlanning * (sentenceBytes + count * figureBytes + names) + 2 * names
}

/** Why a record of that size at its end forbids the run; null when it does not. */
export function tooLarge(what: string, bytes: number, instead: string): string | null {
  if (bytes <= recordLimitBytes) return null
  return `${what} would have ${Math.ceil(bytes / 1024)} KB at its end, more than the ${recordLimitBytes / 1024} KB that can be stored; ${instead}`
}

/**
 * The ledger entry as it can be stored. Where it is full, evidence loses its figures (the largest first) and says so, then texts and lists
 * are cut: no run that is undone stays unproven for want of space.
 */
export function fitInjection(injection: Injection): Injection {
  let fitted = injection
  while (!fits(fitted)) {
    const largest = fitted.evidence.filter(({ measurements }) => measurements.length > 0).sort((a, b) => storedBytes(b) - storedBytes(a))[0]
    if (largest === undefined) return firstThatFits(fitted, [cutTexts, withoutSightings, newestEvidence])
    fitted = { ...fitted, evidence: fitted.evidence.map((one) => (one === largest ? withoutFigures(one) : one)) }
  }
  return fitted
}

/** Each cut takes more than the one before; what only the last of them can take is worth the most. */
function firstThatFits<T extends object>(record: T, cuts: readonly ((record: T) => T)[]): T {
  let fitted = record
  for (const cut of cuts) {
    if (fits(fitted)) return fitted
    fitted = cut(fitted)
  }
  return fitted
}

function withoutFigures(evidence: Evidence): Evidence {
  const left = `(its ${evidence.measurements.length} figures are left out: the record is full)`
  return { ...evidence, measurements: [], summary: `${evidence.summary} ${left}` }
}

function cutTexts(injection: Injection): Injection {
  const evidence = injection.evidence.map((one) => ({ ...one, summary: cut(one.summary) }))
  return { ...injection, evidence, reason: injection.reason === null ? null : cut(injection.reason) }
}

/** What became of the targets; the history has it. */
function withoutSightings(injection: Injection): Injection {
  return { ...injection, evidence: injection.evidence.map(({ events, ...evidence }) => evidence) }
}

/** Of what was seen, the proof that counts last. */
function newestEvidence(injection: Injection): Injection {
  return { ...injection, evidence: injection.evidence.slice(-1) }
}

/** Keeps both ends: who is named first, and what was said of the rest or left out. */
function cut(text: string): string {
  if (text.length <= cutTextCharacters) return text
  const half = cutTextCharacters / 2
  return `${text.slice(0, half)} … ${text.slice(-half)}`
}

/**
 * The run as it can be stored. Where it is full, the outbox loses figures, then the steps' reasons and sightings, the refusals and what was
 * found are cut: the history has them whole. Suite, states and times stay as they are.
 */
export function fitRun<R extends Run>(run: R): R {
  return firstThatFits(run, [leanOutbox, cutReasons, fewSightings, fewOfEach, leastOutbox])
}

function leanOutbox<R extends Run>(run: R): R {
  return { ...run, events: run.events.map(leanEvent) }
}

function cutReasons<R extends Run>(run: R): R {
  const steps = run.steps.map((step) => ({ ...step, reasons: step.reasons.map((reason) => ({ ...reason, detail: cut(reason.detail) })) }))
  return { ...run, steps }
}

/** Of what became of a step's targets, its newest. */
function fewSightings<R extends Run>(run: R): R {
  return { ...run, steps: run.steps.map((step) => ({ ...step, changes: step.changes.slice(-fewElements) })) }
}

/** Without its owners a workload recovers when as many pods are Ready as before. */
function fewOfEach<R extends Run>(run: R): R {
  const steps = run.steps.map((step) => ({ ...step, reasons: step.reasons.slice(0, fewElements), changes: [] }))
  return {
    ...run,
    steps,
    abort: run.abort === null ? null : { ...run.abort, detail: cut(run.abort.detail) },
    baseline: run.baseline === null ? null : { ready: run.baseline.ready, total: run.baseline.total },
    ...('refusals' in run ? { refusals: run.refusals.slice(0, leanElements).map((one) => ({ ...one, message: cut(one.message) })) } : {}),
    ...('found' in run ? { found: run.found.slice(0, leanElements) } : {}),
  }
}

/** What happened, and no more of it. */
function leastOutbox<R extends Run>(run: R): R {
  const events = run.events.slice(-mostEvents).map(({ data, ...event }) => ({ ...event, message: event.message.slice(0, 200) }))
  return { ...run, events: events as typeof run.events }
}

/** One line of history as it can be stored. */
export function fitEvent(event: HistoryEvent): HistoryEvent {
  return fits(event) ? event : leanEvent(event)
}

/** Figures and lists of targets go; the ledger has them. */
function leanEvent(event: HistoryEvent): HistoryEvent {
  const { data } = event
  const lean =
    typeof data === 'object' && data !== null
      ? Object.fromEntries(Object.entries(data).map(([name, value]) => [name, leanValue(value)]))
      : data
  return { ...event, message: cut(event.message), ...(data === undefined ? {} : { data: lean }) } as HistoryEvent
}

/** How many elements of a list stay. */
const leanElements = 20
/** How many of a step's reasons or sightings stay in a record that is full. */
const fewElements = 3
/** Of an outbox that could not be copied for so long, the newest. */
const mostEvents = 50

function leanValue(value: unknown): unknown {
  if (typeof value === 'string') return cut(value)
  return Array.isArray(value) ? value.slice(0, leanElements) : value
}
