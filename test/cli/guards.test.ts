import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { readGuards } from '../../cli/guards.ts'
import { readCalendars } from '../../lib/owner-guards.ts'
import { faultline } from './fake-terminal.ts'

describe("the owner's guards", () => {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-guards-'))
  const file = join(directory, 'faultline.config.json')
  const guards = [{ kinds: ['pod-delete'] }]
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  const forStart = async (env: Parameters<typeof readGuards>[0]) => {
    const rules = await readGuards(env)
    readCalendars(rules)
    return rules
  }
  const read = (text: string, stage?: string) => {
    writeFileSync(file, text)
    return forStart({ FAULTLINE_CONFIG: file, ...(stage === undefined ? {} : { FAULTLINE_STAGE: stage }) })
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
    await expect(forStart({ FAULTLINE_CONFIG: join(directory, 'none.json') })).rejects.toThrow(/none\.json cannot be read/)
  })
})

describe('a configuration that cannot be read', () => {
  const directory = mkdtempSync(join(tmpdir(), 'faultline-freezes-'))
  const file = join(directory, 'faultline.config.json')
  const state = ['--state', join(directory, 'state')]
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  const configurations = [
    [JSON.stringify({ guards: [{ freezeCalendar: { file: 'none.ics' } }] }), ', guards.0.freezeCalendar: none.ics cannot be read'],
    ['{ "guards": [', ' cannot be read: '],
  ] as const

  it.each(configurations)('ends a start and a plan with 2, by file and path, before anything is done: %s', async (text, why) => {
    writeFileSync(file, text)
    for (const command of ['run', 'plan']) {
      const ran = await faultline([command, '--sandbox', ...state], { FAULTLINE_CONFIG: file })
      expect(ran).toMatchObject({ code: 2, out: '' })
      expect(ran.err).toContain(`${file}${why}`)
    }
  })

  it.each(configurations.map(([text]) => text))('keeps no one from halting, undoing and looking: %s', async (text) => {
    writeFileSync(file, text)
    for (const command of ['halt', 'resume', 'reap', 'runs']) {
      const { code, err } = await faultline([command, ...state], { FAULTLINE_CONFIG: file })
      expect({ command, code, err }).toEqual({ command, code: 0, err: '' })
    }
  })
})
