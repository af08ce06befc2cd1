import { printable } from '../../lib/domain/text.ts'
import type { Progress } from '../../lib/engine/engine.ts'

/** One line of JSON per event, as CloudWatch Logs Insights reads it; nothing in it acts on the terminal of a person who tails it. */
export function log(level: 'info' | 'error', message: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${printable(JSON.stringify({ level, message, ...fields }))}\n`)
}

/** What happens to a run, for readers of the log, a step by its name, too; lease renewals are left out. */
export function logProgress(progress: Progress): void {
  const { run } = progress
  if (progress.kind === 'note') log('info', progress.message, { run: run.id })
  if (progress.kind !== 'event') return
  for (const { type, message, step, version } of run.events.filter((event) => event.version === run.version)) {
    const name = step === null ? {} : { name: run.steps[step]?.name }
    log('info', message, { run: run.id, status: run.status, event: type, step, ...name, version })
  }
}
