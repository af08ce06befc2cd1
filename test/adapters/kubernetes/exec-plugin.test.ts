import { chmod, readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from '@jest/globals'
import { status } from './fake-api.ts'
import { connectBy, inDir, letInAs, node, ref, startSecure, trusted, withKubeconfigFolder } from './secure-api.ts'

withKubeconfigFolder()

describe('exec plugins', () => {
  test('are told the cluster where they want to know it', async () => {
    const api = await startSecure(letInAs('abc'))
    const script = inDir('wants-cluster.cjs')
    await writeFile(
      script,
      `#!${process.execPath}
const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
if (spec.cluster.server !== process.env.WANTED || spec.cluster.config.audience !== 'x' || !spec.cluster['certificate-authority-data']) {
  console.error('error: ExecCredential does not contain cluster information')
  process.exit(1)
}
console.log(JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status: { token: 'abc' } }))
`,
    )
    await chmod(script, 0o755)
    const command = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './wants-cluster.cjs',
      env: [{ name: 'WANTED', value: api.url }],
    }
    const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'x' } }]
    const cluster = await connectBy({ ...trusted(api), extensions }, { exec: { ...command, provideClusterInfo: true } })
    expect(await cluster.objects.get(ref)).toEqual(node.body)
  })

  test.each([
    ['exit 3 with several lines', 'echo "first\nlast \x1b[2Jline" >&2; exit 3', 'exit 3: first last \\u001b[2Jline'],
    ['no JSON', 'echo secret-token', 'what it printed is no JSON'],
    ['another kind', 'echo "{}"', 'what it printed is no ExecCredential'],
    [
      'another version',
      `echo '{"kind":"ExecCredential","apiVersion":"v9"}'`,
      'has apiVersion client.authentication.k8s.io/v1, it printed v9',
    ],
    [
      'nothing of use',
      `echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1"}'`,
      'neither token nor client certificate',
    ],
  ])('that end with %s are told on one clean line', async (_, script, words) => {
    const api = await startSecure(() => node)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/sh', args: ['-c', script] }
    const cluster = await connectBy(trusted(api), { exec })
    const asked = cluster.objects.get(ref)
    await expect(asked).rejects.toThrow(words)
    await expect(asked).rejects.not.toThrow(/secret-token|\n/)
  })

  test('that are not there tell where to get them', async () => {
    const api = await startSecure(() => node)
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: 'faultline-no-such-plugin',
      installHint: 'Get it at\nexample.com',
    }
    const cluster = await connectBy(trusted(api), { exec })
    await expect(cluster.objects.get(ref)).rejects.toThrow(/ENOENT\. Get it at example\.com$/)
  })

  /** Prints `token-1`, `token-2`, … and logs each run. */
  async function plugin(): Promise<{ exec: object; runs: () => Promise<number> }> {
    const log = inDir('runs')
    await writeFile(log, '')
    const script = inDir('plugin.cjs')
    await writeFile(
      script,
      `#!${process.execPath}
const fs = require('node:fs')
fs.appendFileSync(${JSON.stringify(log)}, 'x')
const info = JSON.parse(process.env.KUBERNETES_EXEC_INFO)
const token = 'token-' + fs.readFileSync(${JSON.stringify(log)}, 'utf8').length
console.log(JSON.stringify({ apiVersion: info.apiVersion, kind: 'ExecCredential', status: { token } }))
`,
    )
    await chmod(script, 0o755)
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin.cjs', interactiveMode: 'Never' }
    return { exec, runs: async () => (await readFile(log, 'utf8')).length }
  }

  test('run once for all calls that wait for a token', async () => {
    const { exec, runs } = await plugin()
    const api = await startSecure((seen) => (seen.headers.authorization === 'Bearer token-1' ? node : status(401, 'Unauthorized', 'no')))
    const cluster = await connectBy(trusted(api), { exec })
    await Promise.all(Array.from({ length: 20 }, () => cluster.objects.get(ref)))
    expect(await runs()).toBe(1)
  })

  test('run again when their token is not accepted any more', async () => {
    const { exec, runs } = await plugin()
    let valid = 'token-1'
    const api = await startSecure((seen) =>
      seen.headers.authorization === `Bearer ${valid}` ? node : status(401, 'Unauthorized', 'expired'),
    )
    const cluster = await connectBy(trusted(api), { exec })
    await cluster.objects.get(ref)
    valid = 'token-2'
    expect(await Promise.all([cluster.objects.get(ref), cluster.objects.get(ref), cluster.objects.get(ref)])).toHaveLength(3)
    await cluster.objects.get(ref)
    expect(await runs()).toBe(2)
  })

  test('that fail are named with their own words', async () => {
    const api = await startSecure(() => node)
    const cluster = await connectBy(trusted(api), {
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'faultline-no-such-plugin' },
    })
    await expect(cluster.objects.get(ref)).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await expect(cluster.objects.get(ref)).rejects.toThrow(
      "the kubeconfig's credentials could not be had: exec plugin faultline-no-such-plugin: spawn faultline-no-such-plugin ENOENT",
    )
    expect(api.seen).toHaveLength(0)
  })
})
