import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CoreV1Api, KubeConfig, KubernetesObjectApi, PatchStrategy } from '@kubernetes/client-node'
import type { Node, Pod } from '../../../lib/domain/kube.ts'
import { roomForDrain } from '../drain-room.ts'
import { reapUntilProven, type Stage, untilNothingActs } from '../stage.ts'
import { seenFromOutside } from './outside.ts'
import { type Account, type HostileScenario, inShort, listed, says } from './scenario.ts'

const goneWithinMs = 20_000

/** What people do meanwhile: to the node, to credentials, to the runner. */
export const peopleScenarios: readonly HostileScenario[] = [
  { name: 'a person lifts the cordon and lays one', play: secondCordon },
  { name: 'a token file is rotated, and the old token ends', play: rotatedToken },
  { name: 'a dead run is reaped with new credentials', play: reapedWithNew },
]

async function secondCordon(stage: Stage): Promise<Account> {
  const { place, options, observer } = stage
  await place.ready()
  const room = await roomForDrain(place.cluster, { injectors: place.injectors, workload: await place.pods() })
  if ('why' in room) return { told: `NOT RUN: ${room.why}`, truth: '', agree: undefined }
  const node = { apiVersion: 'v1', kind: 'Node', name: room.node }
  const cordon = (unschedulable: boolean) => cordonAsPerson(options, room.node, unschedulable)
  const run = await stage.injected(
    ['node-failure', 'node-drain', '--blast-radius', 'all', '--node', room.node, '--duration', '20'],
    options.kubeconfig,
  )
  try {
    await cordon(false)
    await cordon(true)
    await run.done
    const told = await stage.told()
    await sleep(3000)
    const isCordoned = (await place.cluster.objects.get<Node>(node))?.spec.unschedulable === true
    const left = await untilNothingActs(observer, goneWithinMs)
    return {
      told: inShort(told),
      truth: `the person's cordon ${isCordoned ? 'stays' : 'was LIFTED'}; left: ${listed(left)}`,
      agree: isCordoned && left.length === 0 && told.verdict !== 'succeeded' && says(told, /lifted/),
    }
  } finally {
    await cordon(false)
  }
}

/** As kubectl does it: by the name under which it writes, Kubernetes tells a person's cordon from ours. */
async function cordonAsPerson(options: Stage['options'], name: string, unschedulable: boolean): Promise<void> {
  const api = KubernetesObjectApi.makeApiClient(admin(options))
  const patch = { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { unschedulable } }
  await api.patch(patch, undefined, undefined, 'kubectl-cordon', undefined, PatchStrategy.StrategicMergePatch)
}

/** A token of the driver's account that ends with a Secret. */
interface Token {
  readonly value: string
  end(): Promise<void>
}

async function makeToken({ options, place }: Stage, name: string): Promise<Token> {
  const api = admin(options).makeApiClient(CoreV1Api)
  const namespace = place.injectors
  const secret = await api.createNamespacedSecret({ namespace, body: { metadata: { name } } })
  const boundObjectRef = { apiVersion: 'v1', kind: 'Secret', name, uid: secret.metadata?.uid ?? '' }
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [], expirationSeconds: 3600, boundObjectRef },
  }
  const answer = await api.createNamespacedServiceAccountToken({ name: 'faultline', namespace, body })
  return { value: answer.status?.token ?? '', end: async () => void (await api.deleteNamespacedSecret({ name, namespace })) }
}

function admin(options: Stage['options']): KubeConfig {
  const config = new KubeConfig()
  config.loadFromFile(options.kubeconfig)
  if (options.context !== undefined) config.setCurrentContext(options.context)
  return config
}

/** A kubeconfig whose user's token lies in a file. */
function withTokenFile(stage: Stage, name: string): { readonly kubeconfig: string; readonly tokenFile: string } {
  const cluster = admin(stage.options).getCurrentCluster()
  if (cluster === null) throw new Error('the kubeconfig names no cluster')
  const tokenFile = join(stage.directory, `${name}.token`)
  const kubeconfig = join(stage.directory, `${name}.kubeconfig`)
  const text = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: cluster.server, 'certificate-authority-data': cluster.caData } }],
    users: [{ name: 'u', user: { tokenFile } }],
  }
  writeFileSync(kubeconfig, JSON.stringify(text), { mode: 0o600 })
  return { kubeconfig, tokenFile }
}

const cut = ['network-partition', 'specific', '--mechanism', 'netfilter', '--allow-unused'] as const

/** With a token that was refused for good the fuse would end it, ten seconds after its end. */
const mayBeLateSeconds = 5
/** How long the API server may take a token that has ended for one that holds: it keeps its answers for ten seconds. */
const cachedMs = 11_000

async function rotatedToken(stage: Stage): Promise<Account> {
  const { kubeconfig, tokenFile } = withTokenFile(stage, 'rotated')
  const old = await makeToken(stage, 'e2e-old')
  writeFileSync(tokenFile, old.value, { mode: 0o600 })
  const asked = 25
  const args = ['--mechanism', 'netfilter', '--duration', `${asked}`]
  const { run, cutFor } = await seenFromOutside(stage, args, kubeconfig)
  const fresh = await makeToken(stage, 'e2e-new')
  writeFileSync(tokenFile, fresh.value)
  await old.end()
  const code = await run.done
  const told = await stage.told()
  const late = (await cutFor()) - asked
  const left = await untilNothingActs(stage.observer, goneWithinMs)
  await fresh.end()
  return {
    told: `${inShort(told)}; exit ${code}`,
    truth: `cut off ${late.toFixed(1)} s longer than asked, seen from outside; left: ${listed(left)}`,
    agree: told.verdict === 'succeeded' && code === 0 && left.length === 0 && late < mayBeLateSeconds,
  }
}

async function reapedWithNew(stage: Stage): Promise<Account> {
  const gone = withTokenFile(stage, 'gone')
  const old = await makeToken(stage, 'e2e-gone')
  writeFileSync(gone.tokenFile, old.value, { mode: 0o600 })
  const target = await stage.target()
  const run = await stage.injected([...cut, '--targets', target.metadata.name, '--duration', '60'], gone.kubeconfig)
  run.kill()
  const killedAt = Date.now()
  await run.done
  await old.end()
  await sleep(cachedMs)
  const without = await stage.reap()
  const words = await reapUntilProven(stage, ['--kubeconfig', stage.place.account.kubeconfig])
  const seconds = ((Date.now() - killedAt) / 1000).toFixed(0)
  const told = await stage.told()
  const left = [...(await untilNothingActs(stage.observer, goneWithinMs)), ...(await labelled(stage))]
  const isNamed = without.output.includes('gone.kubeconfig') || without.output.includes('gone.token')
  return {
    told: `with the old ones exit ${without.code}, ${isNamed ? 'naming the file' : `not naming the file: ${without.output.slice(-500)}`}; with new ones: ${inShort(told)}`,
    truth: `undone ${seconds} s after the kill, ${words.includes('proven') ? 'with proof' : 'without proof'}; left: ${listed(left)}`,
    agree: told.verdict === 'aborted' && without.code === 3 && isNamed && left.length === 0,
  }
}

/** Labels of ours on pods: inert, and gone after a reap. */
async function labelled({ place }: Stage): Promise<readonly string[]> {
  const pods = await place.cluster.objects.list<Pod>(
    { apiVersion: 'v1', kind: 'Pod' },
    { namespace: place.namespace, labelSelector: 'faultline.dev/target' },
  )
  return pods.map(({ metadata }) => `label on ${metadata.name}`)
}
