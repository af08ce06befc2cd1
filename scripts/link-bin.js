// Links the project's own command into node_modules/.bin. Without it npx links the project into its cache at every call, and two
// calls at once take each other's link away.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'node_modules', '.bin')
if (process.platform !== 'win32') {
  mkdirSync(folder, { recursive: true })
  rmSync(join(folder, 'faultline'), { force: true })
  symlinkSync('../../bin/faultline.js', join(folder, 'faultline'))
}
