import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isAbsolute, relative } from 'node:path'
import { describe, expect, it } from '@jest/globals'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { readonly scripts: Readonly<Record<string, string>> }

/** The test files that a script of package.json runs. */
function testsOf(script: string): readonly string[] {
  const [, ...args] = (scripts[script] ?? '').split(' ')
  const listed = execFileSync(process.execPath, [...args, '--listTests'], { encoding: 'utf8' })
  return listed
    .trim()
    .split('\n')
    .filter(isAbsolute)
    .map((file) => relative('.', file))
    .sort()
}

const special = /^test\/(?:linux|aws|monitoring\/live)\//

describe('the test scripts', () => {
  it('leave to npm test what needs no root, no packages and no monitoring stack', () => {
    const tests = testsOf('test')
    expect(tests).toContain('test/test-projects.test.ts')
    expect(tests.filter((file) => special.test(file))).toEqual([])
  })

  it.each([
    ['test:linux', /^test\/linux\//],
    ['test:aws', /^test\/aws\//],
    ['test:monitoring', /^test\/monitoring\/live\//],
  ])('run by %s one folder, and nothing else', (script, folder) => {
    const tests = testsOf(script)
    expect(tests.length).toBeGreaterThan(0)
    expect(tests.filter((file) => !folder.test(file))).toEqual([])
  })

  it.each([
    ['test', 30_000],
    ['test:linux', 60_000],
    ['test:aws', 120_000],
    ['test:monitoring', 30_000],
  ])('give a test of %s %s ms', (script, testTimeout) => {
    const [, ...args] = (scripts[script] ?? '').split(' ')
    const env = { ...process.env, FAULTLINE_TEST_SLOWNESS: '1' }
    const shown = execFileSync(process.execPath, [...args, '--showConfig'], { env, encoding: 'utf8' })
    expect(JSON.parse(shown.slice(shown.indexOf('{'))).globalConfig).toMatchObject({ testTimeout })
  })
})
