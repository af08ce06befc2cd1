import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { cordonAnnotation } from '../../../lib/domain/labels.ts'
import { cordonFusePod } from '../../../lib/faults/node-drain/cordon-fuse.ts'
import { onPath } from '../../../sandbox/programs.ts'
import type { Sandbox } from '../../../sandbox/start.ts'
import { startSandbox } from '../../../sandbox/start.ts'
import { describeWith } from '../../support/tools.ts'

const namespace = 'faultline-injectors'
const name = 'faultline-run-0-n0'
const jobs = { name, namespace }
const node = { name: 'sandbox-node-1' }
const mark = { [cordonAnnotation]: name }

let sandbox: Sandbox
let folder = ''
const begun: ChildProcess[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'faultline-cordon-fuse-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

beforeEach(async () => {
  sandbox = await startSandbox({ workload: false })
  burnIn(3600)
  await cordonAs('faultline')
})

afterEach(async () => {
  for (const process of begun.splice(0)) process.kill('SIGKILL')
  await sandbox.close()
})

/** Makes the fuse's Job, or moves its end. */
function burnIn(seconds: number): void {
  const annotations = { 'faultline.dev/burns-at': String(Math.floor(Date.now() / 1000) + seconds) }
  if (sandbox.get('jobs', name, namespace) !== undefined) {
    sandbox.patch('jobs', jobs, { metadata: { annotations } })
    return
  }
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'x', image: 'x' }] } }
  if (sandbox.get('namespaces', namespace) === undefined) sandbox.create('namespaces', { metadata: { name: namespace } })
  sandbox.create('jobs', { metadata: { ...jobs, annotations }, spec: { parallelism: 0, template } })
}

async function cordonAs(manager: string, annotations: object = mark): Promise<void> {
  const body = JSON.stringify({ metadata: { annotations }, spec: { unschedulable: true } })
  const headers = { 'content-type': 'application/merge-patch+json' }
  const answer = await fetch(`${sandbox.url}/api/v1/nodes/${node.name}?fieldManager=${manager}`, { method: 'PATCH', headers, body })
  expect(answer.status).toBe(200)
}

/** A folder that holds only what the script may use, with or without kubectl. */
function tools(withKubectl: boolean): string {
  const bin = mkdtempSync(join(folder, 'bin-'))
  for (const tool of ['sh', 'cat', 'date', 'grep', 'sed', 'sleep', 'touch', 'tr', ...(withKubectl ? ['kubectl'] : [])])
    symlinkSync(onPath(tool) ?? '', join(bin, tool))
  const toSandbox = `#!/bin/sh
for part; do
  shift
  case $part in
    --cacert) skip=1; continue ;;
    https://10.0.0.1:443/*) part="${sandbox.url}\${part#https://10.0.0.1:443}" ;;
  esac
  [ -n "$skip" ] && { skip=; continue; }
  set -- "$@" "$part"
done
exec ${onPath('curl')} "$@"
`
  if (!withKubectl) {
    writeFileSync(join(bin, 'curl'), toSandbox)
    chmodSync(join(bin, 'curl'), 0o755)
  }
  return bin
}

interface Container {
  readonly command: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
}

/** Runs the fuse's container as the kubelet would, and waits until it says that it is armed. */
async function light(withKubectl: boolean): Promise<{ readonly ended: Promise<string>; readonly process: ChildProcess }> {
  const pod = cordonFusePod({ image: 'x', serviceAccount: 'x', awayFrom: node.name }, jobs) as { containers: [Container] }
  const [{ command, env }] = pod.containers
  const armed = join(folder, `armed-${begun.length}-${Date.now()}`)
  const kubeconfig = join(folder, 'kubeconfig')
  writeFileSync(kubeconfig, sandbox.kubeconfig())
  const [file = '', ...args] = command.map((part) => part.replaceAll('/tmp/armed', armed))
  const process = spawn(file, args, {
    env: {
      ...Object.fromEntries(env.map((one) => [one.name, one.value])),
      PATH: tools(withKubectl),
      KUBECONFIG: kubeconfig,
      HOME: folder,
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '443',
    },
  })
  begun.push(process)
  let said = ''
  process.stdout?.on('data', (text) => {
    said += String(text)
  })
  process.stderr?.on('data', (text) => {
    said += String(text)
  })
  const ended = once(process, 'close').then(([code]) => `${said.trim().split('\n').at(-1)} (${code})`)
  while (!existsSync(armed) && process.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 20))
  return { ended, process }
}

const isCordoned = () => (sandbox.get('nodes', node.name) as { spec: { unschedulable?: boolean } } | undefined)?.spec.unschedulable === true
const marks = () => sandbox.get('nodes', node.name)?.metadata.annotations?.[cordonAnnotation]

describeWith(['kubectl', 'curl'], "the cordon's fuse", () => {
  const both = [
    ['kubectl', true],
    ['curl, by the address in its environment', false],
  ] as const

  it.each(both)('uncordons at the time that its Job says, moved meanwhile: %s', async (_, withKubectl) => {
    const { ended } = await light(withKubectl)
    expect(isCordoned()).toBe(true)
    burnIn(1)
    expect(await ended).toMatch(/uncordoned \(0\)$/)
    expect([isCordoned(), marks()]).toEqual([false, undefined])
  })

  it.each(both)('uncordons when it is stopped because its Job was deleted: %s', async (_, withKubectl) => {
    const { ended, process } = await light(withKubectl)
    sandbox.delete('jobs', jobs)
    process.kill('SIGTERM')
    expect(await ended).toMatch(/uncordoned \(0\)$/)
    expect(isCordoned()).toBe(false)
  })

  it.each(both)('fails, so that another pod goes on, when it is stopped while its Job lives: %s', async (_, withKubectl) => {
    const { ended, process } = await light(withKubectl)
    process.kill('SIGTERM')
    expect(await ended).toBe('stopped before its time: another pod goes on (1)')
    expect(isCordoned()).toBe(true)
  })

  it.each(both)('leaves a cordon that another client laid since, and takes only our name off: %s', async (_, withKubectl) => {
    const { ended } = await light(withKubectl)
    sandbox.patch('nodes', node, { spec: { unschedulable: null } })
    await cordonAs('kubectl', {})
    burnIn(0)
    expect(await ended).toBe('cordoned anew by another client: left so (0)')
    expect([isCordoned(), marks()]).toEqual([true, undefined])
  })

  it.each(both)('touches no node that does not bear its name: %s', async (_, withKubectl) => {
    const { ended } = await light(withKubectl)
    await cordonAs('kubectl', { [cordonAnnotation]: 'faultline-other-0-n0' })
    burnIn(0)
    expect(await ended).toBe('not our cordon: nothing to undo (0)')
    expect([isCordoned(), marks()]).toEqual([true, 'faultline-other-0-n0'])
  })

  it.each(both)('is never armed where it cannot read its Job, and says so: %s', async (_, withKubectl) => {
    sandbox.forbid({ namespace, resource: 'jobs', verb: 'get' })
    const { ended } = await light(withKubectl)
    expect(await ended).toBe('its Job cannot be read (1)')
    expect(isCordoned()).toBe(true)
  })
})
