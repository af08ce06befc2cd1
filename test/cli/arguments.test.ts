import { spawnSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'
import { faultline } from './fake-terminal.ts'

const suite = 'experiments/quick-test-suite.json'
const commands = [
  'run',
  'inject',
  'test',
  'replay',
  'sweep',
  'plan',
  'validate',
  'runs',
  'trend',
  'diff',
  'prune',
  'audit',
  'show',
  'report',
  'abort',
  'halt',
  'resume',
  'pause',
  'unpause',
  'reap',
  'resolve',
  'sandbox',
]

describe('wrong use', () => {
  it.each([
    [['rnu', suite], "error: unknown command 'rnu'\n(Did you mean run?)"],
    [['run', suite, '--seeed', '3'], "error: unknown option '--seeed'\n(Did you mean --seed?)"],
    [['report'], "error: missing required argument 'run'"],
    [
      ['run', suite, '--duration', '0'],
      "error: option '--duration <seconds>' argument '0' is invalid. Expected a whole number from 1 to 604800.",
    ],
    [['run', suite, 'other.json'], "error: too many arguments for 'run'"],
    [['run', suite, '--seed', 'x'], "error: option '--seed <n>' argument 'x' is invalid. Expected a whole number from 0 to 4294967295."],
    [['run', suite, '--seed', '-1'], "error: option '--seed <n>' argument '-1' is invalid. Expected a whole number"],
    [['run', suite, '--report', 'a.pdf'], 'it must end in .txt, .json, .html, .xml, .md or .journal.json'],
    [['report', 'latest', '--format', 'pdf'], 'Allowed choices are text, json, html, junit, markdown, journal'],
    [['report', 'latest', '-o', 'a.pdf'], '--output a.pdf: the end of its name says no format, and no --format is given'],
    [['run', suite, '-n', 'Not_A_Name'], "error: option '-n, --namespace <name>' argument 'Not_A_Name' is invalid. Expected a namespace"],
    [['run', suite, '--sandbox', '--context', 'c'], "error: option '--sandbox' cannot be used with option '--context <name>'"],
    [['run', suite, '--max-in-flight', '0'], 'Expected a whole number from 1 to 1000.'],
    [['resolve', 'latest', '--by', 'me'], "error: required option '--why <text>' not specified"],
    [['runs', '--state', ''], 'error: --state (or FAULTLINE_STATE) is empty: it would be the working directory'],
    [['validate'], "error: missing required argument 'suite'"],
    [['sandbox', '--port', '70000'], 'Expected a whole number from 1 to 65535.'],
  ])('%j exits with 2 and says why', async (args, message) => {
    const { code, out, err } = await faultline(args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
  })

  it('without any command shows the help on stderr and exits with 2', async () => {
    const { code, out, err } = await faultline([])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('Usage: faultline')
  })

  it('with --json is one JSON document on stdout and nothing on stderr', async () => {
    const { code, out, err } = await faultline(['report', '--json'])
    expect({ code, err }).toEqual({ code: 2, err: '' })
    expect(JSON.parse(out)).toEqual({ error: { code: 'bad_input', message: "missing required argument 'run'" }, exitCode: 2 })
  })

  it('of a switch in the environment is told', async () => {
    const { code, err } = await faultline(['plan', suite], { FAULTLINE_SANDBOX: 'maybe' })
    expect(code).toBe(2)
    expect(err).toBe('error: environment variable FAULTLINE_SANDBOX: expected 1 or 0, found "maybe"\n')
  })
})

describe('help', () => {
  it.each(commands)('of %s has examples', async (command) => {
    const { code, out, err } = await faultline([command, '--help'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out).toMatch(/^Usage: faultline /)
    expect(out).toContain(`$ faultline ${command}`)
  })

  it('names every command and the exit codes', async () => {
    const { code, out } = await faultline(['--help'])
    expect(code).toBe(0)
    for (const command of commands) expect(out).toMatch(new RegExp(`^ {2}${command} `, 'm'))
    expect(out).toContain('3  something could not be proven undone')
  })

  it('of run names the variables that stand for options', async () => {
    const { out } = await faultline(['run', '--help'])
    const joined = out.replace(/\s+/g, ' ')
    for (const name of [
      'NAMESPACE',
      'SELECTOR',
      'SEED',
      'KUBECONFIG',
      'CONTEXT',
      'MAX_IN_FLIGHT',
      'ID',
      'STATE',
      'INJECTOR_IMAGE',
      'FUSE_IMAGE',
    ]) {
      expect(joined).toContain(`env: FAULTLINE_${name})`)
    }
    expect(joined).toContain('FAULTLINE_SANDBOX=1, FAULTLINE_ACCEPT_NO_FUSE=1')
  })

  it('prints the version of package.json', async () => {
    expect(await faultline(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' })
  })
})

describe('an old Node', () => {
  it('is told what to do, with exit code 2', () => {
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', pretend, 'bin/faultline.js', '--version'], {
      encoding: 'utf8',
    })
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(
      /^faultline needs Node 22(\.18)? or newer; this is 20\.20\.2\.\nRun npm ci, then npx faultline \(it brings its own Node\)\.\n$/,
    )
  })
})

describe('validate', () => {
  it('accepts the suites that come along', async () => {
    const { code, out, err } = await faultline([
      'validate',
      'experiments/default-test-suite.json',
      'experiments/stress-test-suite.json',
      suite,
    ])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.split('\n')).toEqual([
      'OK  experiments/default-test-suite.json: "Default test suite", 3 steps, about 4 min 45 s',
      'OK  experiments/stress-test-suite.json: "Stress test suite", 5 steps, about 12 min',
      'OK  experiments/quick-test-suite.json: "Quick test suite", 3 steps, about 2 min 40 s',
      '',
    ])
  })

  it('tells all problems of all files, and which files are right', async () => {
    const { code, out, err } = await faultline(['validate', 'nowhere.json', suite, 'package.json'])
    expect(code).toBe(2)
    expect(out).toMatch(/^OK {2}experiments\/quick-test-suite.json/)
    expect(err).toContain('nowhere.json: there is no such file')
    expect(err).toContain('package.json:1:1: experiments: missing')
  })

  it('answers in JSON', async () => {
    const { code, out } = await faultline(['validate', 'nowhere.json', suite, '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      files: [
        { file: 'nowhere.json', ok: false, problems: [{ message: 'there is no such file' }] },
        { file: suite, ok: true, name: 'Quick test suite', namespace: 'jadevectordb-system', steps: 3, plannedMs: 160_000 },
      ],
    })
  })
})

describe('a bad suite', () => {
  it.each(['run', 'plan'])('stops %s before anything is opened', async (command) => {
    const { code, out, err } = await faultline([command, 'package.json', '--state', '/nonexistent/state'])
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toMatch(/problems; nothing was touched\.\n$/)
  })

  it('is told as JSON with every problem', async () => {
    const { code, out } = await faultline(['run', 'nowhere.json', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      error: { code: 'bad_input', problems: [{ file: 'nowhere.json', message: 'there is no such file' }] },
    })
  })

  it('is told when the flag and not the file is wrong', async () => {
    const { code, err } = await faultline(['plan', suite, '--selector', 'a=b,,'])
    expect(code).toBe(2)
    expect(err).toMatch(/^error: --selector a=b,,: /)
  })
})
