import type { ErrorCode } from '../../domain/errors.ts'
import { FaultlineError } from '../../domain/errors.ts'
import { keptValue } from '../../domain/kept-value.ts'
import type { ProbeSample, ProbeSpec, Tolerance } from '../../domain/probe.ts'
import { cutTo } from '../../domain/text.ts'
import { isWithin } from '../../domain/tolerance.ts'
import type { Clock, ProbePort, ProbeReading } from '../../ports.ts'
import { withinTime } from '../../probes/regex-time-limit.ts'
import { late, withDeadline } from '../../with-deadline.ts'

/** Wait before another try of a probe that measured nothing. */
const retryPauseMs = 500
/** A port keeps the timeout by itself, and may say what a timeout means; this is for one that does not. */
const portGraceMs = 500
/** Longer messages are cut: an answer is stored many times over. */
const longestMessage = 300

/** What came of asking a probe; `code` says why nothing was measured. */
export interface Answer extends Pick<ProbeSample, 'at' | 'value' | 'within' | 'message' | 'tookMs'> {
  readonly code: ErrorCode | null
}

export interface Asking {
  readonly port: ProbePort
  readonly clock: Clock
  /** Ends the asking: the answer then says that nothing was measured. */
  readonly signal: AbortSignal
  /** What the probe remembers from one look to the next. */
  readonly memory: Map<string, unknown>
}

/** Asks until something is measured, at most `retries` times more. Never throws, and never lasts longer than its timeouts allow, whatever the port does. */
export async function ask(probe: ProbeSpec, asking: Asking): Promise<Answer> {
  for (let left = probe.retries; ; left--) {
    const answer = await askOnce(probe, asking)
    if (answer.within !== null || left <= 0 || asking.signal.aborted || answer.code === 'invalid') return answer
    await asking.clock.sleep(retryPauseMs, asking.signal)
    if (asking.signal.aborted) return answer
  }
}

async function askOnce(probe: ProbeSpec, { port, clock, signal, memory }: Asking): Promise<Answer> {
  const at = clock.now()
  const over = new AbortController()
  const stop = AbortSignal.any([signal, over.signal])
  const asked = measure(probe, () => port.ask(probe, { signal: stop, memory })).then(
    (seen): Answer => ({ at, tookMs: clock.now() - at, ...seen }),
  )
  try {
    const answer = await withDeadline(clock, probe.timeoutMs + portGraceMs, asked, signal)
    if (answer !== late) return answer
    const message = signal.aborted ? 'no longer waited for' : `no answer within ${probe.timeoutMs / 1000} s`
    return { at, value: null, within: null, message, tookMs: clock.now() - at, code: 'unavailable' }
  } finally {
    over.abort()
  }
}

type Seen = Omit<Answer, 'at' | 'tookMs'>

/** What goes wrong with a probe is an answer too; a bug in one must not end the asking of the others. */
async function measure(probe: ProbeSpec, read: () => Promise<ProbeReading>): Promise<Seen> {
  try {
    const { value, message } = await read()
    if (typeof value === 'number' && !Number.isFinite(value)) return nothing(`${value} is no measurement: ${message}`, 'unavailable')
    const within = judge(probe.tolerance, value)
    return { value: keptValue(probe, value), within, message: cutTo(message, longestMessage), code: null }
  } catch (error) {
    return nothing(error instanceof Error ? error.message : String(error), error instanceof FaultlineError ? error.code : 'unavailable')
  }
}

/** A pattern may take for ever on a short text, too. */
function judge(tolerance: Tolerance, value: number | string): boolean {
  if (tolerance.kind !== 'regex') return isWithin(tolerance, value)
  return withinTime(`/${tolerance.pattern}/`, () => isWithin(tolerance, value))
}

function nothing(message: string, code: ErrorCode): Seen {
  return { value: null, within: null, message: cutTo(message, longestMessage), code }
}
