import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from '@jest/globals'
import { scheduledSuites } from '../../deploy/aws/schedules.ts'
import { findSuite, packagedSuites } from '../../functions/shared/suites.ts'
import { loadSuite, readSuiteFrom } from '../../lib/suite/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'faultline-yaml-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const text = `name: In YAML
schedule: { rate: 7 days }
experiments:
  - { name: A, type: network_partition, params: { partition_type: random }, duration: 10 }
`
const json = JSON.stringify({
  name: 'In JSON',
  experiments: [{ name: 'B', type: 'node_failure', params: { failure_type: 'crashloop' }, duration: 10 }],
})

async function* stream(content: string) {
  yield Buffer.from(content)
}

describe('a file', () => {
  test.each(['suite.yaml', 'suite.yml', 'suite.YAML'])('%s is read as YAML, with the problems of its lines', async (name) => {
    const file = join(folder, name)
    writeFileSync(file, text)
    expect(await loadSuite(file)).toMatchObject({ ok: true, suite: { name: 'In YAML' } })
    writeFileSync(file, text.replace('duration', 'duraton'))
    expect(await loadSuite(file)).toMatchObject({
      problems: [
        { file, line: 4 },
        { file, line: 4, column: 77, path: 'experiments[0].duraton' },
      ],
    })
    rmSync(file)
  })

  test('from standard input shows by its beginning which form it has', async () => {
    for (const begin of ['', '# why\n', '---\n', '\n\n'])
      expect(await readSuiteFrom(stream(`${begin}${text}`), 'stdin')).toMatchObject({ ok: true, suite: { name: 'In YAML' } })
    expect(await readSuiteFrom(stream(json), 'stdin')).toMatchObject({ ok: true, suite: { name: 'In JSON' } })
    const strict = await readSuiteFrom(stream('{ name: S }'), 'stdin')
    expect(strict.ok ? [] : strict.problems.map(({ message }) => message)).toContainEqual(expect.stringContaining('double quotes'))
  })
})

describe('a packaged suite', () => {
  const packaged = mkdtempSync(join(folder, 'experiments'))
  writeFileSync(join(packaged, 'weekly.yaml'), text)
  writeFileSync(join(packaged, 'other.json'), json)
  writeFileSync(join(packaged, 'schema.json'), '{}')

  test('in YAML is found by its name, as one in JSON', async () => {
    expect(await packagedSuites(packaged)).toEqual(['other', 'weekly'])
    expect((await findSuite(packaged, 'weekly')).name).toBe('In YAML')
    expect((await findSuite(packaged, 'other')).name).toBe('In JSON')
    await expect(findSuite(packaged, 'weakly')).rejects.toThrow('did you mean `weekly`? Allowed: other, weekly')
  })

  test('in YAML has its schedule, and stops the packaging when something is wrong with it', () => {
    expect(scheduledSuites(packaged)).toMatchObject([{ name: 'weekly', schedule: { rate: '7 days' } }])
    writeFileSync(join(packaged, 'broken.yml'), 'name: *x')
    expect(() => scheduledSuites(packaged)).toThrow('broken.yml:1:7: `*x` is an alias')
    rmSync(join(packaged, 'broken.yml'))
  })

  test('is the only one of its name, in whichever form', () => {
    writeFileSync(join(packaged, 'other.yaml'), text)
    expect(() => scheduledSuites(packaged)).toThrow('other.yaml and other.json are two suites of one name; rename one of them')
    rmSync(join(packaged, 'other.yaml'))
  })
})
