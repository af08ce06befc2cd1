import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { readGuards } from '../../cli/guards.ts'
import { faultline } from './fake-terminal.ts'

describe("the owner's guards", () => {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-guards-'))
  const file = join(directory, 'faultline.config.json')
  const guards = [{ kinds: ['pod-delete'] }]
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const read = (text: string, stage?: string) => {
    writeFileSync(file, text)
    return readGuards({ FAULTLINE_CONFIG: file, ...(stage === undefined ? {} : { FAULTLINE_STAGE: stage }) })
  }

  it('are those of the configuration file, or of its stage, beside whatever else it says', async () => {
    const text = JSON.stringify({ clusters: {}, guards, stages: { prod: { guards: [], xray: true }, test: {} } })
    expect([await read(text), await read(text, 'prod'), await read(text, 'test')]).toEqual([guards, [], guards])
    expect(await readGuards({})).toEqual([])
  })

  it.each([
    ['{', / cannot be read: /],
    [JSON.stringify({ guards: [{ kinds: ['pod-kil'] }] }), /guards\.0\.kinds\.0/],
    [JSON.stringify({ guards: [{ cluster: 'prod' }] }), /`cluster`.*`clusters`/],
    [JSON.stringify({ guard: [{ kinds: ['pod-delete'] }] }), /guard: unknown key `guard`: did you mean `guards`\?/],
    [JSON.stringify({ stages: { prod: { gaurds: [] } } }), /stages\.prod\.gaurds: .* did you mean `guards`/],
  ])('that cannot be read are refused, named by file and path: %s', async (text, why) => {
    await expect(read(text)).rejects.toThrow(why)
    await expect(read(text)).rejects.toThrow(file)
  })

  it('that are named and not there are refused', async () => {
    await expect(readGuards({ FAULTLINE_CONFIG: join(directory, 'none.json') })).rejects.toThrow(/none\.json cannot be read/)
  })
})

it('a calendar of freezes that cannot be read ends a command with 2, by file and path, before anything is done', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-freezes-'))
  const file = join(directory, 'faultline.config.json')
  writeFileSync(file, JSON.stringify({ guards: [{ freezeCalendar: { file: 'none.ics' } }] }))
  const ran = await faultline(['run', '--sandbox', '--state', join(directory, 'state')], { FAULTLINE_CONFIG: file })
  rmSync(directory, { recursive: true, force: true })
  expect(ran).toMatchObject({ code: 2, out: '' })
  expect(ran.err).toContain(`${file}, guards.0.freezeCalendar: none.ics cannot be read`)
})
