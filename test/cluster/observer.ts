import { Writable } from 'node:stream'
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node'
import type { Job, KubeObject, Node, Pod } from '../../lib/domain/kube.ts'
import { isReady } from '../../lib/domain/kube.ts'
import { cordonAnnotation, managedSelector, roleLabel } from '../../lib/domain/labels.ts'
import type { Options } from './options.ts'
import { type Manifest, type Place, until } from './place.ts'

/**
 * What is true, seen without the command under test: a privileged pod of the scenarios' own on every node (a DaemonSet's: it stays through
 * drains and reboots) looks at processes, network namespaces and files there; the API server is asked for objects.
 */
export interface Observer {
  /** Runs a shell script in the observer of a node; fails when it cannot be reached or the script fails. */
  onNode(node: string, script: string): Promise<string>
  /** Runs a shell script in a container of the workload. */
  inPod(pod: string, script: string): Promise<string>
  /** What acts on that node: stressors, keepers of files, rules, qdiscs. */
  effectsOn(node: string): Promise<readonly string[]>
  /** What acts anywhere: on the nodes, as policies, as cordons, and the Jobs that keep it. */
  effects(): Promise<readonly string[]>
  /** Resolves once the observer of the node answers (again). */
  answers(node: string): Promise<void>
  readonly nodes: readonly string[]
}

const app = 'observer'

/** What marks our own work on a node: environments of processes, chains of netfilter, handles of qdiscs, names of files. */
const look = `
for file in $(grep -lsaE '^FAULTLINE_STRESS=|[[:cntrl:]]FAULTLINE_STRESS=' /proc/[0-9]*/environ); do
  pid=\${file#/proc/} pid=\${pid%/*}
  ! read -r what <"/proc/$pid/comm" || echo "stressor $what"
done 2>/dev/null
for file in $(grep -lsaE 'FAULTLINE_ROLE=' /proc/[0-9]*/environ); do echo 'process of an injector'; done
for pid in $(lsns -t net -n -o PID); do
  nsenter -t "$pid" -n sh -c '{ iptables-save; ip6tables-save; iptables-legacy-save; } 2>/dev/null | grep -c "^-A FLT"; tc qdisc show' 2>/dev/null |
    awk 'NR == 1 && $1 > 0 { print "rules of netfilter" } $1 == "qdisc" && $3 ~ /^[9a-e][0-9a-f][0-9a-f][0-9a-f]:$/ { print "qdisc " $2 }'
done
find /proc/1/root/var/lib/kubelet/pods -name '.faultline*' 2>/dev/null`

/** Makes an observer on each node. */
export async function openObserver(place: Place, options: Options): Promise<Observer> {
  const config = new KubeConfig()
  config.loadFromFile(options.kubeconfig)
  if (options.context !== undefined) config.setCurrentContext(options.context)
  const exec = new Exec(config)
  const { objects } = place.cluster
  const nodes = (await objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })).map(({ metadata }) => metadata.name)
  await objects.create(observers(place, options))
  const podOn = async (node: string) =>
    (await objects.list<Pod>({ apiVersion: 'v1', kind: 'Pod' }, { namespace: place.injectors, labelSelector: `app=${app}` })).find(
      (pod) => pod.spec.nodeName === node && isReady(pod),
    )
  const onNode = async (node: string, script: string) => {
    const pod = await podOn(node)
    if (pod === undefined) throw new Error(`no observer on ${node} is Ready`)
    return runIn(exec, { namespace: place.injectors, pod: pod.metadata.name }, script)
  }
  const effectsOn = async (node: string) =>
    [...new Set((await onNode(node, look)).split('\n').filter((line) => line !== ''))].map((what) => `${what} on ${node}`)
  const answers = (node: string) =>
    until(`the observer of ${node} answers`, async () => (await onNode(node, 'echo here').catch(() => '')).includes('here'))
  for (const node of nodes) await answers(node)
  return {
    nodes,
    onNode,
    effectsOn,
    answers,
    inPod: (pod, script) => runIn(exec, { namespace: place.namespace, pod }, script),
    effects: async () => [...(await Promise.all(nodes.map(effectsOn))).flat(), ...(await objectsOfOurs(place))],
  }
}

async function objectsOfOurs({ cluster: { objects }, namespace, injectors }: Place): Promise<readonly string[]> {
  const ours = async (kind: { readonly apiVersion: string; readonly kind: string }) =>
    (await objects.list<KubeObject>(kind, { labelSelector: managedSelector })).filter(({ metadata }) =>
      [namespace, injectors].includes(metadata.namespace ?? ''),
    )
  const policies = await ours({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' })
  // Beacons and fuses have no effect of their own: what they own, and cordons, are looked at. A Job that is over does nothing more.
  const isKeeping = ({ metadata, status }: Job) =>
    !['beacon', 'fuse'].includes(metadata.labels?.[roleLabel] ?? '') &&
    !(status?.conditions ?? []).some(({ type, status: is }) => ['Complete', 'Failed'].includes(type) && is === 'True')
  const keepers = (await ours({ apiVersion: 'batch/v1', kind: 'Job' })).filter((job) => isKeeping(job as Job))
  const nodes = await objects.list<Node>({ apiVersion: 'v1', kind: 'Node' })
  const cordons = nodes.filter(({ metadata }) => metadata.annotations?.[cordonAnnotation] !== undefined)
  return [
    ...policies.map(({ metadata }) => `policy ${metadata.name}`),
    ...keepers.map(({ metadata }) => `Job ${metadata.name}`),
    ...cordons.map(({ metadata }) => `cordon of ${metadata.name}`),
  ]
}

function observers({ injectors: namespace }: Place, options: Options): Manifest {
  const container = {
    name: app,
    image: options.injectorImage,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 1000 & wait $!; done'],
    securityContext: { privileged: true },
  }
  const spec = { hostPID: true, terminationGracePeriodSeconds: 1, tolerations: [{ operator: 'Exists' }], containers: [container] }
  const labels = { app }
  const template = { metadata: { labels }, spec }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: app, namespace },
    spec: { selector: { matchLabels: labels }, template },
  }
}

/** The longest that a script may take, ms. */
const scriptMs = 240_000

function runIn(exec: Exec, at: { readonly namespace: string; readonly pod: string }, script: string): Promise<string> {
  let text = ''
  const sink = () =>
    new Writable({
      write(chunk, _encoding, next) {
        text += String(chunk)
        next()
      },
    })
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${at.pod}: no end of "${script}" within ${scriptMs / 1000} s`)), scriptMs)
    const ended = (status: V1Status) => {
      clearTimeout(timer)
      if (status.status === 'Success') resolve(text)
      else reject(new Error(`${at.pod}: ${status.message ?? 'failed'}: ${text.slice(-500)}`))
    }
    exec.exec(at.namespace, at.pod, '', ['sh', '-c', script], sink(), sink(), null, false, ended).then(
      (socket) => {
        socket.on('error', (error: Error) => reject(new Error(`${at.pod}: ${error.message}`)))
        socket.on('close', () => {
          clearTimeout(timer)
          // After the status, where there was one: then this changes nothing.
          setImmediate(() => reject(new Error(`${at.pod}: the connection was lost`)))
        })
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(new Error(`${at.pod}: ${error instanceof Error ? error.message : 'cannot be reached'}`))
      },
    )
  })
}
