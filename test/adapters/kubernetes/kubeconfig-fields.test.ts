import { describe, expect, test } from '@jest/globals'
import { configFromText } from '../../../lib/adapters/kubernetes/config.ts'
import { environmentProxy } from '../../../lib/adapters/kubernetes/environment-proxy.ts'
import type { KubeConnection } from '../../../lib/adapters/kubernetes/kubeconfig.ts'
import { clusterOf, userOf } from '../../../lib/adapters/kubernetes/kubeconfig-entries.ts'

const v1 = 'client.authentication.k8s.io/v1'
const cluster = (fields: object) => clusterOf({ name: 'c', fields: { server: 'https://a:6443/', ...fields } }, 'FILE')
const user = (fields: object) => userOf({ name: 'u', fields: fields as Readonly<Record<string, unknown>> }, 'FILE')

/** Every field of https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ that says how a cluster is reached or who asks. */
describe('a field that kubectl obeys is obeyed', () => {
  test.each([
    ['server', {}, { server: 'https://a:6443' }],
    ['tls-server-name', { 'tls-server-name': 'b' }, { tlsServerName: 'b' }],
    ['insecure-skip-tls-verify', { 'insecure-skip-tls-verify': true }, { skipTLSVerify: true }],
    ['certificate-authority', { 'certificate-authority': '/ca' }, { caFile: '/ca' }],
    ['certificate-authority-data', { 'certificate-authority-data': 'Q0E=' }, { caData: 'Q0E=' }],
    ['proxy-url', { 'proxy-url': 'http://p:1' }, { proxyUrl: 'http://p:1' }],
    ['disable-compression', { 'disable-compression': true }, { disableCompression: true }],
    [
      'extensions',
      { extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }] },
      { execConfig: { audience: 'x' } },
    ],
  ])('of a cluster: %s', (_, fields, read) => expect(cluster(fields)).toMatchObject(read))

  test.each([
    ['token', { token: 't' }, { token: 't' }],
    ['tokenFile, beside token', { token: 't', tokenFile: '/t' }, { token: 't', tokenFile: '/t' }],
    ['client certificate and key', { 'client-certificate': '/c', 'client-key-data': 'aw==' }, { certFile: '/c', keyData: 'aw==' }],
    ['username and password', { username: 'ann', password: 'p' }, { username: 'ann', password: 'p' }],
    [
      'as, as-uid, as-groups, as-user-extra',
      { as: 'eve', 'as-uid': '7', 'as-groups': ['a', 'b'], 'as-user-extra': { 'example.com/Scope': ['x', 'y'] } },
      { impersonation: { user: 'eve', uid: '7', groups: ['a', 'b'], extra: { 'example.com/Scope': ['x', 'y'] } } },
    ],
    [
      'exec',
      {
        exec: {
          apiVersion: v1,
          command: 'login',
          args: ['a'],
          env: [{ name: 'B', value: 'c' }],
          installHint: 'get it',
          provideClusterInfo: true,
          interactiveMode: 'Never',
        },
      },
      {
        exec: {
          apiVersion: v1,
          command: 'login',
          args: ['a'],
          env: [{ name: 'B', value: 'c' }],
          installHint: 'get it',
          provideClusterInfo: true,
        },
      },
    ],
    ['exec, its lists null', { exec: { apiVersion: v1, command: 'login', args: null, env: null } }, { exec: { args: [], env: [] } }],
    ['auth-provider', { 'auth-provider': { name: 'oidc', config: { 'id-token': 'x' } } }, { authProvider: { name: 'oidc' } }],
  ])('of a user: %s', (_, fields, read) => expect(user(fields)).toMatchObject(read))
})

describe('a field that cannot be obeyed is refused by name', () => {
  test.each([
    [
      'a CA beside skipping it',
      { 'certificate-authority-data': 'Q0E=', 'insecure-skip-tls-verify': true },
      /certificate authority and insecure/,
    ],
    ['a CA twice', { 'certificate-authority-data': 'Q0E=', 'certificate-authority': '/ca' }, /both certificate-authority and certificate-/],
    ['a flag that is none', { 'insecure-skip-tls-verify': 'true' }, /insecure-skip-tls-verify that is neither true nor false/],
  ])('of a cluster: %s', (_, fields, words) => expect(() => cluster(fields)).toThrow(words))

  test.each([
    ['token and username', { token: 't', username: 'u' }, /token and a username/],
    ['a token that is a number', { token: 12345 }, /^kubeconfig FILE: user "u" has a token that is no text; write it in quotes$/],
    ['a certificate twice', { 'client-certificate': '/c', 'client-certificate-data': 'x', 'client-key': '/k' }, /both client-certificate/],
    ['a certificate without its key', { 'client-certificate': '/c' }, /certificate without its key/],
    ['a key without its certificate', { 'client-key': '/k' }, /key without its certificate/],
    ['groups without a user', { 'as-groups': ['system:masters'] }, /without "as"/],
    ['extra that is no list', { as: 'eve', 'as-user-extra': { scope: 'x' } }, /as-user-extra\.scope is not a list/],
    ['exec without a command', { exec: { apiVersion: v1 } }, /exec has no command/],
    ['exec of an old version', { exec: { apiVersion: 'client.authentication.k8s.io/v1alpha1', command: 'x' } }, /v1alpha1"; known are/],
    ['exec without a version', { exec: { command: 'x' } }, /apiVersion is ""; known are/],
    ['exec that must ask', { exec: { apiVersion: v1, command: 'x', interactiveMode: 'Always' } }, /interactiveMode "Always": it would ask/],
    ['exec of no known mode', { exec: { apiVersion: v1, command: 'x', interactiveMode: 'Often' } }, /"Often"; known are Never/],
    ['extra that is no text', { as: 'eve', 'as-user-extra': { scope: [{}] } }, /as-user-extra\.scope is not a list of texts/],
    [
      'an environment whose value is no text',
      { exec: { apiVersion: v1, command: 'x', env: [{ name: 'A', value: { toString: 1 } }] } },
      /env A has \(an object\) for a value/,
    ],
    ['an environment without a name', { exec: { apiVersion: v1, command: 'x', env: [{ value: 'y' }] } }, /env has an entry without a name/],
    [
      'exec beside auth-provider',
      { exec: { apiVersion: v1, command: 'x' }, 'auth-provider': { name: 'oidc' } },
      /exec plugin and an auth-/,
    ],
    ['an unknown auth-provider', { 'auth-provider': { name: 'keystone' } }, /no auth-provider "keystone"; known are oidc, gcp, azure/],
  ])('of a user: %s', (_, fields, words) => expect(() => user(fields)).toThrow(words))
})

describe('a kubeconfig out of a secret', () => {
  const text = (fields: object, clusterFields: object = {}) =>
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://a', ...clusterFields } }],
      users: [{ name: 'u', user: fields }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    })
  const read = (...fields: Parameters<typeof text>): KubeConnection => configFromText(text(...fields), 'secrets-manager s', null)

  test('brings its credentials with it', () => {
    expect(read({ token: 't' })).toMatchObject({ cluster: { server: 'https://a' }, user: { token: 't' }, from: 'secrets-manager s' })
  })

  test.each([
    ['exec', { exec: { apiVersion: v1, command: '/bin/sh', args: ['-c', 'env'] } }, {}],
    ['auth-provider', { 'auth-provider': { name: 'gcp', config: { 'cmd-path': '/bin/sh' } } }, {}],
    ['tokenFile', { tokenFile: '/proc/self/environ' }, {}],
    ['client-certificate', { 'client-certificate': '/c', 'client-key': '/k' }, {}],
    ['client-key', { 'client-certificate-data': 'x', 'client-key': '/k' }, {}],
    ['certificate-authority', { token: 't' }, { 'certificate-authority': '/etc/passwd' }],
  ])('has no program run and no file read: %s', (key, fields, clusterFields) => {
    expect(() => read(fields, clusterFields)).toThrow(new RegExp(`^kubeconfig secrets-manager s: "[cu]" has ${key}[,:]`))
  })
})

test('two entries of one name in one file are refused', () => {
  const twice = { clusters: [], users: [{ name: 'u' }, { name: 'u' }], contexts: [] }
  expect(() => configFromText(JSON.stringify(twice), 'FILE', null)).toThrow('kubeconfig FILE: users has two entries named "u"')
})

describe('a proxy of the environment', () => {
  const HTTPS_PROXY = 'http://proxy:3128'

  test.each([
    ['https://api.example:6443', { HTTPS_PROXY }, HTTPS_PROXY],
    ['https://api.example:6443', { https_proxy: 'proxy:3128' }, 'http://proxy:3128'],
    ['http://api.example', { HTTPS_PROXY }, undefined],
    ['http://api.example', { HTTP_PROXY: 'http://plain:1' }, 'http://plain:1'],
    ['https://127.0.0.1:6443', { HTTPS_PROXY }, undefined],
    ['https://localhost', { HTTPS_PROXY }, undefined],
    ['https://[::1]:6443', { HTTPS_PROXY }, undefined],
    ['https://api.example', { HTTPS_PROXY, NO_PROXY: '*' }, undefined],
    ['https://api.example', { HTTPS_PROXY, NO_PROXY: 'other, example' }, undefined],
    ['https://api.example', { HTTPS_PROXY, no_proxy: 'API.example' }, undefined],
    ['https://api.example', { HTTPS_PROXY, NO_PROXY: 'xample' }, HTTPS_PROXY],
    ['https://example', { HTTPS_PROXY, NO_PROXY: '.example' }, HTTPS_PROXY],
    ['https://api.example', { HTTPS_PROXY, NO_PROXY: '.example' }, undefined],
    ['https://api.example:6443', { HTTPS_PROXY, NO_PROXY: 'api.example:443' }, HTTPS_PROXY],
    ['https://api.example:6443', { HTTPS_PROXY, NO_PROXY: 'api.example:6443' }, undefined],
    ['https://10.1.2.3', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8' }, undefined],
    ['https://11.1.2.3', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8,bad/x' }, HTTPS_PROXY],
    ['https://[fd00::1]:6443', { HTTPS_PROXY, NO_PROXY: 'fd00::/8' }, undefined],
    ['https://[fd00::1]:6443', { HTTPS_PROXY, NO_PROXY: 'fd00::1' }, undefined],
    ['https://[fd00::1]:6443', { HTTPS_PROXY, NO_PROXY: '[fd00::1]:6443' }, undefined],
  ])('for %s with %j is %s', (server, env, proxy) => expect(environmentProxy(server, env)).toBe(proxy))
})
