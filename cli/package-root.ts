import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where package.json and bin/ are, whether this file runs from cli/ or from dist/cli/. */
export function packageRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(directory, 'bin', 'faultline.js'))) {
    const parent = dirname(directory)
    if (parent === directory) throw new Error('bin/faultline.js is missing: the installation is incomplete')
    directory = parent
  }
  return directory
}

/** The version that `--version` prints. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { readonly version: string }
  return version
}
