import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'

/** Tells on stderr, at its end, which of the watched packages the process loaded. */
const watch = `
import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({ load(url, context, next) {
  const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]
  if (name !== undefined) loaded.add(name)
  return next(url, context)
} })
process.on('exit', () => console.error(JSON.stringify([...loaded])))
`

/** Runs the command from its sources; the packages that it loaded, and what it said. */
function loadedBy(...words: readonly string[]): { readonly loaded: readonly string[]; readonly stdout: string } {
  const preload = `data:text/javascript,${encodeURIComponent(watch)}`
  const ran = spawnSync('node_modules/.bin/node', ['--import', preload, 'cli/main.ts', ...words], { encoding: 'utf8' })
  return { loaded: JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '') as string[], stdout: ran.stdout }
}

test('a command that reads the ledger loads neither the AWS SDK nor the Kubernetes client', () => {
  const state = mkdtempSync(join(tmpdir(), 'faultline-loaded-'))
  const { loaded, stdout } = loadedBy('runs', '--state', state)
  rmSync(state, { recursive: true, force: true })
  expect(stdout).toContain('no runs yet')
  expect(loaded).toContain('commander')
  expect(loaded.filter((name) => /^@aws-sdk|^@smithy|^@kubernetes|^dynalite/.test(name))).toEqual([])
})

test('the reader of YAML is loaded for a file that is YAML, and for no other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-loaded-'))
  const file = join(folder, 'suite.yaml')
  writeFileSync(file, 'name: S\nexperiments: [{ name: A, type: node_failure, params: { failure_type: crashloop }, duration: 9 }]\n')
  const inJson = loadedBy('validate', 'quick')
  const inYaml = loadedBy('validate', file)
  rmSync(folder, { recursive: true, force: true })
  expect([inJson.stdout, inYaml.stdout]).toEqual([expect.stringContaining('OK'), expect.stringContaining('OK')])
  expect(inJson.loaded).toContain('jsonc-parser')
  expect(inJson.loaded).not.toContain('yaml')
  expect(inYaml.loaded).toContain('yaml')
})
