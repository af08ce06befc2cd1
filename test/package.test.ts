import { readFileSync, realpathSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { licencesOf } from '../scripts/licences.ts'

describe('the package', () => {
  it('of a clone names no command, which npx would install into its cache, and links it where npx looks first', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8'))).not.toHaveProperty('bin')
    expect(realpathSync('node_modules/.bin/faultline')).toBe(realpathSync('bin/faultline.js'))
  })

  it('tells each package in the bundle once, with its version and licence', async () => {
    const text = await licencesOf([
      'cli/main.ts',
      'node_modules/undici/index.js',
      'node_modules/undici/lib/api/index.js',
      'node_modules/@middy/core/index.js',
    ])
    expect(text.match(/^\S+ \d+\.\d+\.\d+ \(MIT\)$/gm)).toEqual([
      expect.stringMatching(/^@middy\/core /),
      expect.stringMatching(/^undici /),
    ])
    expect(text).toContain('Permission is hereby granted')
  })
})
