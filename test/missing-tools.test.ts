import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

/** Runs test/monitoring/rules.test.ts, which needs promtool and amtool, where neither is. */
function runWithoutTools(env: Readonly<Record<string, string>>): { readonly code: number | null; readonly said: string } {
  const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--config', 'test/jest.config.js']
  const { status, stdout, stderr } = spawnSync(process.execPath, [...jest, '-i', 'test/monitoring/rules.test.ts'], {
    env: { PATH: '/nonexistent', ...env },
    encoding: 'utf8',
  })
  return { code: status, said: `${stdout}${stderr}` }
}

describe('a tool that is not on the machine', () => {
  it('skips the tests that need it, and is named at the end with what installs it', () => {
    const { code, said } = runWithoutTools({})
    expect(said).toMatch(/\d+ skipped, \d+ passed/)
    const end = said.slice(said.indexOf('Skipped, as these tools are not on this machine:'))
    expect(end.trimEnd().split('\n')).toEqual([
      'Skipped, as these tools are not on this machine:',
      '  promtool (apt-get install prometheus): promtool',
      '  amtool (apt-get install prometheus-alertmanager): the Alertmanager example',
    ])
    expect(code).toBe(0)
  })

  it('fails the run where it should have been installed', () => {
    const { code, said } = runWithoutTools({ FAULTLINE_TESTS_MAY_LACK: 'amtool' })
    expect(said).toContain('promtool needs promtool, which must not be missing here: apt-get install prometheus')
    expect(code).toBe(1)
  })
})

/** Stores that are tried without promises of atomicity skip what would need it; the helper itself skips. */
const maySkip = [/^test\/contracts\/.*-contract\.ts$/, /^test\/support\/tools\.ts$/, /^test\/linux\/degrade-network\.test\.ts$/]

describe('tests', () => {
  it('are skipped by describeWith and itWith only', () => {
    const files = readdirSync('test', { recursive: true, encoding: 'utf8' }).map((name) => join('test', name))
    const skipping = files.filter(
      (file) => file.endsWith('.ts') && /\b(?:describe|it|test)\.(?:skip|todo)\b/.test(readFileSync(file, 'utf8')),
    )
    expect(skipping.filter((file) => !maySkip.some((pattern) => pattern.test(file)))).toEqual([])
  })
})
