import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

/** Source files below a folder, as paths. */
function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

const code = (file: string) => readFileSync(file, 'utf8')

describe('the rooms', () => {
  it('keep chance out of lib/domain: it comes from a stored seed', () => {
    expect(sources('lib/domain').filter((file) => /\bMath\.random\b/.test(code(file)))).toEqual([])
  })

  it('keep the embedded cluster and store out of whatever a Lambda bundles', () => {
    expect(sources('lib').filter((file) => /from '(?:dynalite|(?:\.\.\/)+sandbox)/.test(code(file)))).toEqual([])
  })

  it('keep files short enough to be read at one go', () => {
    const long = ['lib', 'cli', 'sandbox'].flatMap(sources).filter((file) => code(file).split('\n').length > 300)
    expect(long).toEqual([])
  })

  it('let only adapters and the command line read the environment or the wall clock', () => {
    const readers = [...sources('lib/engine'), ...sources('lib/faults'), ...sources('lib/report'), ...sources('lib/domain')]
    expect(readers.filter((file) => /\bprocess\.|\bDate\.now\(/.test(code(file)))).toEqual([])
  })
})
