import { execFile } from 'node:child_process'
import { describe, test } from '@jest/globals'
import { onPath } from '../../sandbox/programs.ts'

/** May be missing in CI, too: it comes from PyPI, which not every CI can reach. The skip is told there as everywhere. */
const optional: readonly string[] = ['moto_server']

/** Tests that need programs of the machine: skipped aloud where one is missing, except in CI, where they fail. */
export function describeWith(programs: readonly string[], title: string, body: () => void): void {
  const missing = programs.filter((name) => onPath(name) === undefined)
  if (missing.length === 0 || (process.env.CI === 'true' && missing.some((name) => !optional.includes(name)))) {
    describe(title, body)
    return
  }
  process.stderr.write(`skipped: ${title}: not on the PATH: ${missing.join(', ')}\n`)
  describe.skip(`${title} (not on the PATH: ${missing.join(', ')})`, () => {
    test.todo('holds')
  })
}

export interface Ended {
  readonly code: number
  readonly out: string
}

/** Runs a program to its end; what it printed on stdout and stderr is one text. */
export function runTool(name: string, args: readonly string[], options: { readonly cwd?: string } = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    execFile(name, args, { cwd: options.cwd, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, out: `${stdout}${stderr}` })
      else reject(error)
    })
  })
}
