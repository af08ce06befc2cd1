import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DOMParser } from '@xmldom/xmldom'
import { schemaErrors } from '../support/json-schema.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place
let run: string

beforeAll(async () => {
  place = await openPlace()
  const suite = await place.file('suite.json', partitionSuite(1))
  const extra = ['.html', '.xml', '.md', '.journal.json'].flatMap((end) => ['--report', join(place.directory, `out/extra${end}`)])
  const { code, out } = await place.faultline('run', suite, '--kubeconfig', place.kubeconfig, '--json', ...extra)
  if (code !== 0) throw new Error(out)
  run = (JSON.parse(out) as { readonly run: string }).run
}, 60_000)

afterAll(() => place.close())

const stored = (end: string) => readFileSync(join(place.state, 'reports', `${run}${end}`), 'utf8')
const json = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as object

describe('a run', () => {
  it('leaves its report as text, JSON that its schema describes, and a page', () => {
    expect(stored('.txt')).toContain(`Faultline run ${run}: SUCCEEDED`)
    expect(schemaErrors(json('docs/report.schema.json'), JSON.parse(stored('.json')))).toEqual([])
    expect(stored('.html')).toContain('<h1>Cut</h1>')
  })

  it('writes what --report asks for, by the end of the name', () => {
    const extra = (end: string) => readFileSync(join(place.directory, `out/extra${end}`), 'utf8')
    expect(extra('.html')).toBe(stored('.html'))
    expect(new DOMParser().parseFromString(extra('.xml'), 'application/xml').getElementsByTagName('testcase').length).toBe(1)
    expect(extra('.md')).toContain('# ✅ Cut: succeeded')
    expect(schemaErrors(json('test/report/journal.schema.json'), JSON.parse(extra('.journal.json')))).toEqual([])
  })
})

describe('faultline report', () => {
  it.each([
    ['text', 'Faultline run '],
    ['json', '{\n  "schemaVersion": 1,'],
    ['html', '<!doctype html>'],
    ['junit', '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="faultline" tests="1" failures="0"'],
    ['markdown', '# ✅ Cut: succeeded'],
    ['journal', '{\n  "chaoslib-version"'],
  ])('prints the report as %s', async (format, begin) => {
    const { code, out } = await place.faultline('report', 'latest', '--format', format)
    expect({ code, begin: out.slice(0, begin.length) }).toEqual({ code: 0, begin })
  })

  it('prints text when nothing else is asked for, and one line of JSON with --json', async () => {
    expect((await place.faultline('report', run)).out).toBe(stored('.txt'))
    const { out } = await place.faultline('report', run, '--json')
    expect(out.trimEnd().split('\n').length).toBe(1)
    expect(JSON.parse(out)).toEqual(JSON.parse(stored('.json')))
  })

  it('writes a file in the format that its name says, into folders that it makes', async () => {
    const file = join(place.directory, 'new', 'folder', 'day.html')
    const { code, out } = await place.faultline('report', 'latest', '-o', file)
    expect({ code, out }).toEqual({ code: 0, out: `html report of ${run}: ${file}\n` })
    expect(readFileSync(file, 'utf8')).toBe(stored('.html'))
  })

  it('writes nothing when the file cannot be written or the run is not known', async () => {
    const below = await place.file('plain', 'x')
    const { code, err } = await place.faultline('report', 'latest', '-o', join(below, 'a.html'))
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(`--output ${join(below, 'a.html')} cannot be written: `) })
    const unknown = await place.faultline('report', 'absent', '-o', join(place.directory, 'absent.html'))
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('there is no run "absent"') })
    expect(existsSync(join(place.directory, 'absent.html'))).toBe(false)
  })
})
