import { cordonAnnotation, managedBy, managedByLabel, roleLabel, targetLabel } from '../../lib/domain/labels.ts'
import type { KubeObject } from '../../sandbox/wire.ts'
import { namespace, type Simulation } from './simulation.ts'

/** What may befall a world from outside. The same kind twice is as likely again. */
export const troubleKinds = [
  'driver dies',
  'driver stands still for long',
  'driver stands still for a while',
  'driver stands still before a call',
  'driver stands still before a call',
  'halt',
  'abort',
  'abort',
  'resume',
  'resolve',
  'resolve by force',
  'all Jobs of ours are deleted',
  'fuse is deleted',
  'beacon is deleted',
  'injector is deleted',
  'policies of ours are deleted',
  'pod is deleted',
  'pod loses its label',
  'pod loses our label',
  'scaled',
  'rolled out',
  'node is cordoned for a while',
  'node is cordoned',
  'node is uncordoned',
  'node is drained for a while',
  'node is lost',
  'namespace of the workload is deleted',
  'namespace of the injectors is deleted',
  'reaper comes early',
  'another driver tries',
] as const
export type TroubleKind = (typeof troubleKinds)[number]

/** Troubles that processes of ours or commands of people are; the scenario has them. */
export type OwnTrouble = Extract<
  TroubleKind,
  | 'driver dies'
  | 'driver stands still for long'
  | 'driver stands still for a while'
  | 'driver stands still before a call'
  | 'halt'
  | 'abort'
  | 'resume'
  | 'resolve'
  | 'resolve by force'
  | 'reaper comes early'
  | 'another driver tries'
>

type OutsideTrouble = Exclude<TroubleKind, OwnTrouble>

/** What people and machines do to the cluster, past all that is ours. */
export class Outsiders {
  readonly #simulation: Simulation
  readonly #random: () => number

  readonly #acts: Readonly<Record<OutsideTrouble, () => void>>

  constructor(simulation: Simulation, random: () => number) {
    const { sandbox, clock } = simulation
    this.#simulation = simulation
    this.#random = random
    this.#acts = {
      'all Jobs of ours are deleted': () => this.#deleteJobs(() => true),
      'fuse is deleted': () => this.#deleteJobs((role) => role === 'fuse'),
      'beacon is deleted': () => this.#deleteJobs((role) => role === 'beacon'),
      'injector is deleted': () => this.#deleteJobs((role) => role === 'injector'),
      'policies of ours are deleted': () => this.#deletePolicies(),
      'pod is deleted': () => this.#onPod((name) => sandbox.delete('pods', { name, namespace })),
      'pod loses its label': () => this.#onPod((name) => this.#label(name, { app: 'else' })),
      'pod loses our label': () => this.#unmarkPods(),
      scaled: () => this.#workload({ replicas: 2 + Math.floor(random() * 5) }),
      'rolled out': () => this.#workload({ template: { metadata: { annotations: { rolledOutAt: String(clock.now()) } } } }),
      'node is cordoned for a while': () => this.#forAWhile((name) => this.#cordon(name)),
      'node is cordoned': () => this.#onNode((name) => this.#cordon(name)),
      'node is uncordoned': () => this.#uncordonAll(),
      'node is drained for a while': () => this.#forAWhile((name) => this.#drain(name)),
      'node is lost': () => this.#onNode((name) => this.#lose(name)),
      'namespace of the workload is deleted': () => this.#deleteNamespace(namespace),
      'namespace of the injectors is deleted': () => this.#deleteNamespace('faultline-injectors'),
    }
  }

  do(kind: OutsideTrouble): void {
    this.#acts[kind]()
  }

  /** A run whose injectors' namespace is gone can prove nothing, and says so, until a person makes it again. */
  repair(): void {
    const { sandbox } = this.#simulation
    if (sandbox.get('namespaces', 'faultline-injectors') === undefined)
      sandbox.create('namespaces', { metadata: { name: 'faultline-injectors' } })
  }

  #all(kind: string): readonly KubeObject[] {
    return this.#simulation.sandbox.objects().filter((object) => object.kind === kind)
  }

  #pods(): readonly KubeObject[] {
    return this.#all('Pod').filter(({ metadata }) => metadata.namespace === namespace)
  }

  #onPod(act: (name: string) => void): void {
    const pods = this.#pods()
    const name = pods[Math.floor(this.#random() * pods.length)]?.metadata.name
    if (name !== undefined) act(name)
  }

  #label(name: string, labels: Readonly<Record<string, string | null>>): void {
    this.#simulation.sandbox.patch('pods', { name, namespace }, { metadata: { labels } })
  }

  #unmarkPods(): void {
    for (const { metadata } of this.#pods())
      if (metadata.labels?.[targetLabel] !== undefined) this.#label(metadata.name, { [targetLabel]: null })
  }

  #deletePolicies(): void {
    for (const { metadata } of this.#all('NetworkPolicy'))
      if (metadata.labels?.[managedByLabel] === managedBy) {
        this.#simulation.sandbox.delete('networkpolicies', { name: metadata.name, namespace })
        this.#simulation.deeds.policyWasDeleted(metadata.name)
      }
  }

  #deleteNamespace(name: string): void {
    if (name === namespace) this.#simulation.isWorkloadGone = true
    this.#simulation.isHaltedByHand = true
    if (this.#simulation.sandbox.get('namespaces', name) !== undefined) this.#simulation.sandbox.delete('namespaces', { name })
  }

  #uncordonAll(): void {
    for (const node of this.#all('Node')) if (isCordoned(node)) this.#uncordon(node.metadata.name)
  }

  #onNode(act: (name: string) => void): void {
    const nodes = this.#all('Node')
    const name = nodes[Math.floor(this.#random() * nodes.length)]?.metadata.name
    if (name !== undefined) act(name)
  }

  #forAWhile(act: (name: string) => void): void {
    const ms = this.#random() * 60_000
    this.#onNode((name) => {
      act(name)
      void this.#simulation.clock.sleep(ms).then(() => this.#uncordon(name))
    })
  }

  /** As `kubectl cordon` and `uncordon` do: nothing at all where the node is so already. */
  #cordon(name: string): void {
    const { sandbox, cordonedByPeople } = this.#simulation
    const node = sandbox.get('nodes', name)
    if (node === undefined || isCordoned(node)) return
    sandbox.patch('nodes', { name }, { spec: { unschedulable: true } })
    cordonedByPeople.add(name)
  }

  #uncordon(name: string): void {
    const { sandbox, cordonedByPeople } = this.#simulation
    cordonedByPeople.delete(name)
    const node = sandbox.get('nodes', name)
    if (node === undefined || !isCordoned(node)) return
    if (node.metadata.annotations?.[cordonAnnotation] !== undefined) this.#simulation.isHaltedByHand = true
    sandbox.patch('nodes', { name }, { spec: { unschedulable: null } })
  }

  #drain(node: string): void {
    this.#cordon(node)
    for (const { metadata, ...rest } of this.#pods())
      if (Object(rest.spec).nodeName === node) this.#simulation.sandbox.delete('pods', { name: metadata.name, namespace })
  }

  /** Its kubelet is gone with it, and all that ran there. */
  #lose(name: string): void {
    const { sandbox, cordonedByPeople } = this.#simulation
    if (this.#all('Node').length < 3) return
    cordonedByPeople.delete(name)
    this.#simulation.isHaltedByHand = true
    sandbox.delete('nodes', { name })
  }

  #workload(spec: object): void {
    const { sandbox } = this.#simulation
    if (sandbox.get('deployments', 'jadevectordb', namespace) === undefined) return
    sandbox.patch('deployments', { name: 'jadevectordb', namespace }, { spec })
  }

  #deleteJobs(isMeant: (role: string) => boolean): void {
    const { sandbox } = this.#simulation
    this.#simulation.isHaltedByHand = true
    for (const { metadata } of this.#all('Job')) {
      const { name, namespace: where = '', labels = {} } = metadata
      if (labels[managedByLabel] === managedBy && isMeant(labels[roleLabel] ?? ''))
        sandbox.delete('jobs', { name, namespace: where }, { propagationPolicy: 'Background' })
    }
  }
}

function isCordoned(node: KubeObject): boolean {
  return Object(node.spec).unschedulable === true
}
