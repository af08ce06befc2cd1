import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

/**
 * The package.json of a clone names no command: npx would link the project into npm's cache at every call instead of taking the link in
 * node_modules/.bin. The package.json that is packed names it, and no dependencies, because the bundle holds them. `write` puts the one
 * in the other's place for the time of packing, `restore` takes it back.
 */
const kept = 'package.json.clone'

interface Manifest {
  readonly dependencies: object
  readonly devDependencies: object
  readonly scripts: object
  readonly [key: string]: unknown
}

function restore(): void {
  if (existsSync(kept)) renameSync(kept, 'package.json')
}

function write(): void {
  const text = readFileSync('package.json', 'utf8')
  const {
    dependencies: _,
    devDependencies: __,
    scripts: ___,
    knip: ____,
    overrides: _____,
    allowScripts: ______,
    ...manifest
  } = JSON.parse(text) as Manifest
  writeFileSync(kept, text)
  writeFileSync('package.json', `${JSON.stringify({ ...manifest, bin: { faultline: 'bin/faultline.js' } }, null, 2)}\n`)
}

restore()
if (process.argv[2] === 'write') write()
else rmSync('dist', { recursive: true, force: true })
