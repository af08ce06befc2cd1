import { type JsonValue, query } from 'jsonpath-rfc9535'
import { FaultlineError } from '../domain/errors.ts'
import { lastLine } from '../domain/load-figures.ts'
import type { OutputRead } from '../domain/probe.ts'
import type { ProbeReading } from '../ports.ts'
import { withinTime } from './regex-time-limit.ts'

/**
 * The answer of a program that ended: its exit code, the last line of its output (a number where it is one), or a value in the JSON that its
 * last line, or all of its output, is. @throws FaultlineError where a failed program was to say more than that it failed
 */
export function readOutput(read: OutputRead, { exitCode, output }: { readonly exitCode: number; readonly output: string }): ProbeReading {
  const line = lastLine(output)
  const message = line === '' ? `exit code ${exitCode}` : `exit code ${exitCode}: ${line}`
  if (read.what === 'exit_code') return { value: exitCode, message }
  if (exitCode !== 0) throw new FaultlineError('unavailable', `it failed with ${message}`)
  if (line === '') throw new FaultlineError('not_found', 'it ended with exit code 0 and wrote nothing')
  if (read.what === 'last_line') return { value: numeric(line), message }
  const found = withinTime(`JSONPath ${read.path}`, () => query(jsonOf(line, output), read.path))
  const [first] = found
  if (found.length !== 1) throw new FaultlineError('not_found', `${read.path} matches ${found.length} values of its output; one is needed`)
  return { value: typeof first === 'number' || typeof first === 'string' ? first : JSON.stringify(first), message }
}

function numeric(line: string): number | string {
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(line.trim()) ? Number(line) : line
}

function jsonOf(line: string, output: string): JsonValue {
  for (const text of [line, output]) {
    try {
      return JSON.parse(text)
    } catch {}
  }
  throw new FaultlineError('unavailable', 'neither its last line nor all of its output is JSON')
}
