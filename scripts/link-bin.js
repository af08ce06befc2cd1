// Links the project's own command into node_modules/.bin, where npx looks first for a command that package.json does not name
// (scripts/pack-manifest.ts says why it does not).
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'node_modules', '.bin')
if (process.platform !== 'win32') {
  mkdirSync(folder, { recursive: true })
  rmSync(join(folder, 'faultline'), { force: true })
  symlinkSync('../../bin/faultline.js', join(folder, 'faultline'))
}
