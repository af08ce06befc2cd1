import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

/** Source files below a folder, as paths. */
function sources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name))
}

const code = (file: string) => readFileSync(file, 'utf8')

const rooms = ['lib', 'cli', 'functions', 'sandbox']

/** Every import of a file of ours, those of types included, as the path of the file that it names. */
function importsOf(file: string): readonly string[] {
  return [...code(file).matchAll(/(?:\bfrom|\bimport)[\s(]*'(\.[^']+)'/g)].map(([, path = '']) => join(dirname(file), path))
}

/** Circles of imports, each told once as `a.ts → b.ts → a.ts`, found by following imports from every file. */
function circlesAmong(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const circles: string[] = []
  const done = new Set<string>()
  const follow = (file: string, trail: readonly string[]): void => {
    const before = trail.indexOf(file)
    if (before >= 0) circles.push([...trail.slice(before), file].join(' → '))
    if (before >= 0 || done.has(file)) return
    for (const next of imports.get(file) ?? []) follow(next, [...trail, file])
    done.add(file)
  }
  for (const file of imports.keys()) follow(file, [])
  return circles
}

describe('the rooms', () => {
  it('keep chance out of lib/domain: it comes from a stored seed', () => {
    expect(sources('lib/domain').filter((file) => /\bMath\.random\b/.test(code(file)))).toEqual([])
  })

  it('keep the embedded cluster out of whatever a Lambda bundles', () => {
    expect(sources('lib').filter((file) => /from '(?:dynalite|(?:\.\.\/)+sandbox)/.test(code(file)))).toEqual([])
  })

  it('import one another in one direction only', () => {
    expect(
      circlesAmong(
        new Map([
          ['a', ['b', 'd']],
          ['b', ['c']],
          ['c', ['b']],
          ['d', ['d']],
        ]),
      ),
    ).toEqual(['b → c → b', 'd → d'])
    expect(importsOf('test/architecture.test.ts')).toEqual([])
    expect(importsOf('sandbox/world.ts')).toContain('sandbox/workload/traffic.ts')
    expect(circlesAmong(new Map(rooms.flatMap(sources).map((file) => [file, importsOf(file)])))).toEqual([])
  })

  it('keep files short enough to be read at one go', () => {
    const long = rooms.flatMap(sources).filter((file) => code(file).split('\n').length > 300)
    expect(long).toEqual([])
  })

  it('let only adapters and the command line read the environment or the wall clock', () => {
    const readers = [...sources('lib/engine'), ...sources('lib/faults'), ...sources('lib/report'), ...sources('lib/domain')]
    expect(readers.filter((file) => /\bprocess\.|\bDate\.now\(/.test(code(file)))).toEqual([])
  })
})
