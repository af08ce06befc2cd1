import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'

/** Files below a folder, as paths. */
function filesOf(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name))
}

const sources = (folder: string) => filesOf(folder, /\.ts$/)

const code = (file: string) => readFileSync(file, 'utf8')

const rooms = ['lib', 'cli', 'functions', 'sandbox', 'browser']

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

/** Words that hide who does something. Comments, messages and titles name the driver, the reaper, a person, a process. */
const vagueWords = /\b(?:nobody|whoever|somebody|anybody|the word of|last words)\b/i

describe('the words', () => {
  it('name who does something, in code, texts and documents', () => {
    const folders = [...rooms, 'bench', 'bin', 'deploy', 'docs', 'experiments', 'monitoring', 'scripts', 'test']
    const written = folders.flatMap((folder) => filesOf(folder, /\.(?:ts|js|cjs|sh|md|json|ya?ml)$|Dockerfile$/))
    const vague = [...written, 'README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'serverless.yml']
      .filter((file) => file !== 'test/architecture.test.ts')
      .flatMap((file) =>
        code(file)
          .split('\n')
          .flatMap((line, at) => (vagueWords.test(line) ? [`${file}:${at + 1}: ${vagueWords.exec(line)?.[0]}`] : [])),
      )
    expect(vague).toEqual([])
  })
})

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
    const long = [...rooms, 'bench', 'scripts', 'test'].flatMap(sources).filter((file) => code(file).split('\n').length > 300)
    expect(long).toEqual([])
  })

  it('let only adapters and the command line read the environment or the wall clock', () => {
    const readers = [
      ...sources('lib/engine'),
      ...sources('lib/faults'),
      ...sources('lib/doctor'),
      ...sources('lib/report'),
      ...sources('lib/domain'),
    ]
    expect(readers.filter((file) => /\bprocess\.|\bDate\.now\(/.test(code(file)))).toEqual([])
  })
})
