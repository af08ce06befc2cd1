import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { describeWith } from '../support/tools.ts'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place
let run: string

beforeAll(async () => {
  place = await openPlace()
  const suite = await place.file('suite.json', partitionSuite(1))
  run = JSON.parse((await faultline(['run', suite, ...place.flags, '--json'])).out).run
  // As it lies on the PATH of an installation.
  mkdirSync(join(place.directory, 'bin'))
  symlinkSync(resolve('bin/faultline.js'), join(place.directory, 'bin', 'faultline'))
})

afterAll(() => place.close())

async function completed(...words: readonly string[]): Promise<readonly string[]> {
  const { code, out, err } = await faultline(['__complete', ...words])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return out.split('\n').filter((line) => line !== '')
}
const wordsOf = (lines: readonly string[]) => lines.map((line) => line.split('\t')[0])

describe('what fits at the cursor', () => {
  it('is a command, with what it does', async () => {
    expect(await completed('re')).toEqual([
      expect.stringMatching(/^replay\tthe same suite/),
      expect.stringMatching(/^report\twrite the report/),
      expect.stringMatching(/^reap\t/),
      expect.stringMatching(/^resolve\t/),
      expect.stringMatching(/^resume\t/),
    ])
  })

  it.each([
    [
      ['inject', ''],
      ['network-partition', 'node-failure', 'resource-exhaustion', 'network-degradation', 'dns-failure', 'http-fault'],
    ],
    [
      ['inject', 'node-failure', ''],
      ['pod-delete', 'pod-kill', 'crashloop', 'pod-pause', 'node-drain'],
    ],
    [
      ['inject', 'node-failure', 'pod-kill', '--rep'],
      ['--report', '--repeat-every'],
    ],
    [['test', 'de'], ['degradation']],
    [
      ['report', 'latest', '--format', 'j'],
      ['json', 'junit', 'journal'],
    ],
    [['run', '--namespac'], ['--namespace']],
    [['run', '--report', 'x'], [':files']],
    [['run', '--seed', ''], []],
    [['show', 'x', ''], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['nonsense', ''], expect.arrayContaining(['run', 'inject'])],
    [['run', '--version'], []],
  ])('after %j is %j', async (words, expected) => {
    expect(wordsOf(await completed(...words))).toEqual(expected)
  })

  it('is a suite that comes along, or a file', async () => {
    expect(wordsOf(await completed('run', ''))).toEqual(['default', 'quick', 'stress', ':files'])
    expect(wordsOf(await completed('validate', 'a.json', 'q'))).toEqual(['quick', ':files'])
  })

  it('is a run of the state directory that the words name, and makes none', async () => {
    expect(await completed('show', '--state', place.state, '')).toEqual(['latest\tthe newest', `${run}\tCut: succeeded`])
    const nowhere = join(place.directory, 'nowhere')
    expect(wordsOf(await completed('show', '--state', nowhere, ''))).toEqual(['latest'])
    expect(existsSync(nowhere)).toBe(false)
  })

  it('is a namespace of the cluster that the words name, and nothing where it cannot be reached', async () => {
    expect(wordsOf(await completed('run', '--kubeconfig', place.kubeconfig, '-n', 'jade'))).toEqual(['jadevectordb-system'])
    expect(wordsOf(await completed('run', '--kubeconfig', '/nonexistent', '-n', ''))).toEqual([])
  })
})

/** Asks the shell itself, with the script loaded; `words` is the line as it is typed. */
function inShell(shell: string, args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(shell, [...args], {
    encoding: 'utf8',
    env: {
      PATH: `${join(place.directory, 'bin')}:${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: place.directory,
      FAULTLINE_STATE: place.state,
    },
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.trim().split('\n')
}

describeWith(['bash'], 'bash', () => {
  it('completes as the command says, values of runs too', () => {
    const ask = (line: string) =>
      inShell('bash', [
        '-c',
        `source <(faultline completion bash); COMP_WORDS=(${line}); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _faultline; printf '%s\\n' "\${COMPREPLY[@]}"`,
      ])
    expect(ask('faultline inject network-p')).toEqual(['network-partition'])
    expect(ask("faultline show ''")).toEqual(['latest', run])
    expect(ask('faultline run --du')).toEqual(['--duration'])
  })
})

describeWith(['zsh'], 'zsh', () => {
  it('loads the script and completes as the command says', () => {
    const ask = `autoload -U compinit; compinit -D; source <(faultline completion zsh)
_describe() { print -l -- $found }; _files() { print files }
words=(faultline inject network-p) CURRENT=3; _faultline`
    expect(inShell('zsh', ['-f', '-c', ask])).toEqual([expect.stringMatching(/^network-partition:/)])
  })
})

describeWith(['fish'], 'fish', () => {
  it('completes as the command says', () => {
    expect(inShell('fish', ['-N', '-c', 'faultline completion fish | source; complete -C "faultline inject network-p"'])).toEqual([
      expect.stringMatching(/^network-partition/),
    ])
  })
})
