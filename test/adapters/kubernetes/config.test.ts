import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type FoundCluster, type LoadOptions, loadKubeConfig } from '../../../lib/adapters/kubernetes/config.ts'
import { FaultlineError } from '../../../lib/domain/errors.ts'

let dir = ''

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'faultline-config-'))
})

afterEach(() => rm(dir, { recursive: true }))

/** Nothing of the machine's own configuration is seen. */
const load = (options: LoadOptions) => loadKubeConfig({ env: {}, home: join(dir, 'home'), serviceAccountDir: join(dir, 'sa'), ...options })

function found(options: LoadOptions): FoundCluster {
  const result = load(options)
  if (result === 'none') throw new Error('no cluster was found')
  return result
}

async function file(name: string, text: string): Promise<string> {
  const path = join(dir, name)
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, text)
  return path
}

function kubeconfig(contexts: readonly string[], current = ''): string {
  return `apiVersion: v1
kind: Config
current-context: "${current}"
clusters: [${contexts.map((name) => `{name: c-${name}, cluster: {server: "https://${name}.example:6443/"}}`).join(', ')}]
users: [${contexts.map((name) => `{name: u-${name}, user: {token: t-${name}}}`).join(', ')}]
contexts: [${contexts.map((name) => `{name: ${name}, context: {cluster: c-${name}, user: u-${name}}}`).join(', ')}]
`
}

const serverOf = ({ config }: FoundCluster) => config.cluster.server

describe('where the cluster is looked for', () => {
  test('a file that is named comes before all else', async () => {
    const path = await file('mine', kubeconfig(['a', 'b'], 'b'))
    await file('home/.kube/config', kubeconfig(['home'], 'home'))
    const result = found({ kubeconfig: path, env: { KUBECONFIG: '/nowhere' } })
    expect(result).toMatchObject({ name: 'b', source: { kind: 'kubeconfig', path, context: 'b' } })
    expect(serverOf(result)).toBe('https://b.example:6443')
    expect(result.config.user?.token).toBe('t-b')
  })

  test('a context that is named comes before the current one', async () => {
    const path = await file('mine', kubeconfig(['a', 'b'], 'b'))
    expect(found({ kubeconfig: path, context: 'a' })).toMatchObject({ name: 'a', source: { path, context: 'a' } })
  })

  test('$KUBECONFIG may name several files: the first entry of a name counts, missing files do not', async () => {
    const first = await file('first', kubeconfig(['a'], ''))
    const second = await file('second', kubeconfig(['b', 'a'], 'b').replaceAll('a.example', 'other.example'))
    const paths = [first, join(dir, 'missing'), second].join(delimiter)
    const result = found({ env: { KUBECONFIG: paths } })
    expect(result.source).toEqual({ kind: 'kubeconfig', path: [first, second].join(delimiter), context: 'b' })
    expect(serverOf(found({ env: { KUBECONFIG: paths }, context: 'a' }))).toBe('https://a.example:6443')
  })

  test('a source that was recorded leads to the same cluster again', async () => {
    const paths = [await file('first', kubeconfig(['a'], 'a')), await file('second', kubeconfig(['b'], 'b'))].join(delimiter)
    const { source } = found({ env: { KUBECONFIG: paths }, context: 'b' })
    if (source.kind !== 'kubeconfig') throw new Error('not a kubeconfig')
    expect(serverOf(found({ kubeconfig: source.path, context: source.context }))).toBe('https://b.example:6443')
  })

  test('then ~/.kube/config', async () => {
    const path = await file('home/.kube/config', kubeconfig(['home'], 'home'))
    expect(found({}).source).toEqual({ kind: 'kubeconfig', path, context: 'home' })
  })

  test('then the service account of the pod it runs in, an empty ~/.kube/config notwithstanding', async () => {
    await file('home/.kube/config', '')
    await file('sa/token', 'in-pod')
    await file('sa/ca.crt', 'CA')
    const result = found({ env: { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '6443' } })
    expect(result).toMatchObject({ name: 'in-cluster', source: { kind: 'in-cluster' } })
    expect(serverOf(result)).toBe('https://[fd00::1]:6443')
    expect(result.config.cluster.caFile).toBe(join(dir, 'sa/ca.crt'))
  })

  test('then nowhere: localhost:8080 is not guessed', () => {
    expect(load({})).toBe('none')
    expect(load({ env: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } })).toBe('none')
  })
})

describe('what cannot be followed is bad input', () => {
  const cases: readonly (readonly [string, string | null, LoadOptions, RegExp])[] = [
    ['a file that is missing', null, {}, /kubeconfig \S+: there is no such file/],
    ['a file that is not YAML', 'clusters: [', {}, /is not YAML: unexpected end of the stream/],
    ['a text', 'hello', {}, /is YAML, but not a kubeconfig/],
    ['a list', '- a', {}, /is YAML, but not a kubeconfig/],
    ['an empty file', '', {}, /there is no context in it/],
    ['no current context', kubeconfig(['dev', 'prod']), {}, /no current-context is set; choose one with --context: dev, prod/],
    [
      'a near miss',
      kubeconfig(['staging', 'production'], 'staging'),
      { context: 'producton' },
      /there is no context "producton" \(did you mean "production"\?\); there are: staging, production/,
    ],
    ['a wide miss', kubeconfig(['staging'], 'staging'), { context: 'kind' }, /there is no context "kind"; there are: staging/],
    [
      'a context without its cluster',
      kubeconfig(['a'], 'a').replace('name: c-a', 'name: x'),
      {},
      /context "a" names cluster "c-a", which is not there or has no server/,
    ],
    [
      'a cluster without a server',
      kubeconfig(['a'], 'a').replace('server:', 'sever:'),
      {},
      /context "a" names cluster "c-a", which is not there or has no server/,
    ],
    [
      'a context without its user',
      kubeconfig(['a'], 'a').replace('name: u-a', 'name: x'),
      {},
      /context "a" names user "u-a", which is not there/,
    ],
  ]

  test.each(cases)('%s', async (_, text, options, words) => {
    const path = text === null ? join(dir, 'missing') : await file('config', text)
    expect(() => load({ kubeconfig: path, ...options })).toThrow(FaultlineError)
    expect(() => load({ kubeconfig: path, ...options })).toThrow(words)
  })

  test('a $KUBECONFIG without one file that exists', () => {
    expect(() => load({ env: { KUBECONFIG: '/a/b' } })).toThrow('$KUBECONFIG names no file that exists: /a/b')
  })

  test('a context when there is no kubeconfig at all', () => {
    expect(() => load({ context: 'prod' })).toThrow(/context "prod": there is no kubeconfig/)
  })
})
