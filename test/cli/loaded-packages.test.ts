import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
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

test('a command that reads the ledger loads neither the AWS SDK nor the Kubernetes client', () => {
  const state = mkdtempSync(join(tmpdir(), 'faultline-loaded-'))
  const preload = `data:text/javascript,${encodeURIComponent(watch)}`
  const ran = spawnSync('node_modules/.bin/node', ['--import', preload, 'cli/main.ts', 'runs', '--state', state], { encoding: 'utf8' })
  rmSync(state, { recursive: true, force: true })
  expect(ran.stdout).toContain('no runs yet')
  const loaded = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '') as string[]
  expect(loaded).toContain('commander')
  expect(loaded.filter((name) => /^@aws-sdk|^@smithy|^@kubernetes|^dynalite/.test(name))).toEqual([])
})
