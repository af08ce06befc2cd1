import { createReadStream } from 'node:fs'
import { readJson } from './json-text.ts'
import { largestFile, type ParsedSuite, parseSuite, type ReadText, tooLarge } from './parse.ts'
import { isYamlName } from './suite-names.ts'
import { type GivenValues, noValues } from './variables.ts'

/** Reads and checks a suite file; a file that cannot be read is a problem like any other, so the caller has one way to answer. */
export function loadSuite(file: string, given: GivenValues = noValues): Promise<ParsedSuite> {
  return readSuite(() => createReadStream(file, { end: largestFile }), file, given)
}

/** As `loadSuite`, from a stream; `file` names it in problems. Without a name's ending the text shows which form it has. */
export function readSuiteFrom(stream: AsyncIterable<Buffer>, file: string, given: GivenValues = noValues): Promise<ParsedSuite> {
  return readSuite(() => stream, file, given)
}

async function readSuite(open: () => AsyncIterable<Buffer>, file: string, given: GivenValues): Promise<ParsedSuite> {
  try {
    const bytes = await readUpTo(open(), largestFile + 1)
    if (bytes.length > largestFile) return tooLarge(file)
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return parseSuite(text, file, { read: await readerOf(text, file), given })
  } catch (error) {
    const { code = '', message = '' } = Object(error) as { readonly code?: string; readonly message?: string }
    if (code === '') throw error
    return { ok: false, problems: [{ file, line: 0, column: 0, path: '', message: unreadable[code] ?? `cannot be read: ${message}` }] }
  }
}

/** The reader of YAML takes as long to load as all else that `validate` needs: only a file that is YAML waits for it. */
async function readerOf(text: string, file: string): Promise<ReadText> {
  const isYaml = isYamlName(file) || (!file.includes('.') && beginsAsYaml.test(text))
  return isYaml ? (await import('./yaml-text.ts')).readYaml : readJson
}

/** A comment, a document's beginning, or a key: JSON begins with none of them. */
const beginsAsYaml = /^\s*(?:#|---|%|[A-Za-z_$][\w$-]*\s*:)/

/** What Node's error codes mean for a person who named a file. */
const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file: a part of the path is not a directory',
  EISDIR: 'this is a directory; expected a suite file, e.g. experiments/default-test-suite.json',
  EACCES: 'cannot be read: permission denied',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'not UTF-8 text: save it as UTF-8',
}

/** A device or a pipe does not tell its size, so only so much is read of anything. */
async function readUpTo(stream: AsyncIterable<Buffer>, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of stream) {
    parts.push(part)
    length += part.length
    if (length >= bytes) break
  }
  return Buffer.concat(parts)
}
