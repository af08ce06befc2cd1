import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { licencesOf } from '../scripts/licences.ts'

describe('the package', () => {
  it('of a clone names no command, which npx would install into its cache, and links it where npx looks first', () => {
    expect(JSON.parse(readFileSync('package.json', 'utf8'))).not.toHaveProperty('bin')
    expect(realpathSync('node_modules/.bin/faultline')).toBe(realpathSync('bin/faultline.js'))
  })

  it('depends on nothing but what commands and functions load; what plays AWS is a tool of the clone', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
    const files = ['lib', 'cli', 'functions', 'sandbox'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    const loaded = files
      .filter((file) => file.endsWith('.ts') && !file.startsWith('sandbox/aws/'))
      .map((file) => readFileSync(file, 'utf8'))
    const peerOfExtraTypings = 'commander'
    const unused = Object.keys(dependencies).filter(
      (name) => name !== peerOfExtraTypings && !loaded.some((text) => text.includes(`'${name}`)),
    )
    expect(unused).toEqual([])
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
