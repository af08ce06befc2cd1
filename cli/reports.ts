import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import type { Injection } from '../lib/domain/injection.ts'
import type { Run } from '../lib/domain/run.ts'
import type { RunRecord } from '../lib/report/document.ts'
import { formatOfFile } from '../lib/report/format-names.ts'
import { errorText } from './error-text.ts'

/** A record without its history, for when the store is away. */
export function recordFromMemory(run: Run, injections: readonly Injection[]): RunRecord {
  return { run, injections, history: run.events, samples: [] }
}

/** Writes the reports of a run: three in the state directory, and those asked for. Says where; what cannot be written is told, not thrown. */
export async function writeReports(
  record: RunRecord,
  options: { readonly stateDir: string; readonly files?: readonly string[]; readonly warn: (line: string) => void },
): Promise<readonly string[]> {
  const usual = ['.txt', '.json', '.html'].map((extension) => join(options.stateDir, 'reports', `${record.run.id}${extension}`))
  const written: string[] = []
  for (const file of [...usual, ...(options.files ?? [])]) {
    try {
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, await contentFor(file, record))
      written.push(shortPath(file))
    } catch (error) {
      options.warn(`report ${file} could not be written: ${errorText(error)}`)
    }
  }
  return written
}

/** Relative to the working directory when it lies below it. */
export function shortPath(file: string): string {
  const short = relative('', file)
  return short.startsWith('..') ? file : short
}

async function contentFor(file: string, record: RunRecord): Promise<string> {
  const { renderReport } = await import('../lib/report/formats.ts')
  return renderReport(formatOfFile(file) ?? 'text', record)
}
