import { writeFile } from 'node:fs/promises'
import { FaultlineError } from '../../lib/domain/errors.ts'
import { suiteJsonSchema } from '../../lib/suite/json-schema.ts'
import { errorText } from '../error-text.ts'
import { type ExitCode, exitCodes } from '../exit-codes.ts'
import { print, type Terminal } from '../terminal.ts'

export interface SchemaFlags {
  readonly output?: string
}

/** `faultline schema`: the JSON Schema of suites, for editors and other tools; to stdout, or into a file beside the suites. */
export async function printSchema({ output }: SchemaFlags, terminal: Terminal): Promise<ExitCode> {
  const text = `${JSON.stringify(suiteJsonSchema(), null, 2)}\n`
  if (output === undefined) {
    terminal.out.write(text)
    return exitCodes.succeeded
  }
  await writeFile(output, text).catch((error: unknown) => {
    throw new FaultlineError('bad_input', `--output ${output} cannot be written: ${errorText(error)}`, { cause: error })
  })
  print(terminal.out, `wrote ${output}; name it in a suite: "$schema": "./${output.split(/[/\\]/).at(-1)}"`)
  return exitCodes.succeeded
}
