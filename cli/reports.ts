import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { FaultlineError } from '../lib/domain/errors.ts'
import type { Injection } from '../lib/domain/injection.ts'
import type { Run } from '../lib/domain/run.ts'
import type { Store } from '../lib/ports.ts'
import type { RunRecord } from '../lib/report/document.ts'
import { formatOfFile } from '../lib/report/format-names.ts'
import { recordOf } from '../lib/report/record.ts'
import { errorText } from './error-text.ts'

/** A record without its history, for when the store is away. */
export function recordFromMemory(run: Run, injections: readonly Injection[]): RunRecord {
  return { run, injections, history: run.events, samples: [] }
}

/** In the order in which they are written: the last one is there when all are. */
const usualExtensions: readonly string[] = ['.txt', '.json', '.html']

/** Writes the reports of a run: three in the state directory, and those asked for. Says where; what cannot be written is told, not thrown. */
export async function writeReports(
  record: RunRecord,
  options: { readonly stateDir: string; readonly files?: readonly string[]; readonly warn: (line: string) => void },
): Promise<readonly string[]> {
  const usual = usualExtensions.map((extension) => join(options.stateDir, 'reports', `${record.run.id}${extension}`))
  const files = [...usual, ...(options.files ?? [])]
  const page = files.findLast((file) => formatOfFile(file) === 'html') ?? null
  const written: string[] = []
  for (const file of files) {
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, await contentFor(file, record, page === null ? null : shortPath(page)))
      written.push(shortPath(file))
    } catch (error) {
      options.warn(`report ${file} could not be written: ${errorText(error)}`)
    }
  }
  return written
}

/** The usual reports of a run that is over, unless its driver has written them. @throws FaultlineError when they cannot be written */
export async function leaveReports(
  { stateDir, store }: { readonly stateDir: string; readonly store: Pick<Store, 'ledger' | 'samples'> },
  run: Run,
): Promise<void> {
  const last = join(stateDir, 'reports', `${run.id}${usualExtensions.at(-1)}`)
  if (existsSync(last)) return
  const why: string[] = []
  await writeReports(await recordOf(store, run), { stateDir, warn: (line) => why.push(line) })
  if (why.length > 0) throw new FaultlineError('unavailable', why.join('; '))
}

/** Relative to the working directory when it lies below it. */
export function shortPath(file: string): string {
  const short = relative('', file)
  return short.startsWith('..') ? file : short
}

async function contentFor(file: string, record: RunRecord, page: string | null): Promise<string> {
  const { renderReport } = await import('../lib/report/formats.ts')
  return renderReport(formatOfFile(file) ?? 'text', record, page)
}
