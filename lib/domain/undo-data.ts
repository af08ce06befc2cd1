import { FaultlineError } from './errors.ts'
import type { LabelSelector } from './kube.ts'
import type { OwnerBefore } from './owner-before.ts'
import type { FaultName } from './suite.ts'

/** All that a fault needs to undo itself, stored before it is injected. Plain JSON; one form per way of carrying a fault. */
export type UndoData = DeletionUndo | CordonUndo | PolicyUndo | InjectorUndo

/** Pods were deleted: their controllers bring others, and what is kept is what these must have again. */
export interface DeletionUndo {
  readonly kind: 'deletion'
  readonly owners: readonly OwnerBefore[]
  /** Names of targets without a controller, which nothing brings back. */
  readonly bare: readonly string[]
  /** Null: each pod's own. */
  readonly graceSeconds: number | null
}

export interface CordonUndo {
  readonly kind: 'cordon'
  /** Value of our annotation on the node, without which a cordon is not ours. */
  readonly tag: string
  readonly allowBarePods: boolean
  readonly allowEmptyDir: boolean
}

export interface PolicyUndo {
  readonly kind: 'policy'
  /** Read by versions from before there was `kind`. */
  readonly mechanism: 'policy'
  /** Name of the NetworkPolicy. */
  readonly policy: string
  /** Value of our label on the targets. */
  readonly value: string
  readonly policyTypes: readonly string[]
  /** What the policy selects by instead of our label, where pods that join are to be cut off, too. */
  readonly selector?: LabelSelector
  /** Container restarts before the fault, by the pod's UID. */
  readonly restarts: Readonly<Record<string, number>>
  /** With one node only the API server dials from the target's own, where policies do not bind. */
  readonly singleNode: boolean
}

/** Each is one branch of the injector's script. */
export type InjectorFaultAction =
  | 'kill'
  | 'crashloop'
  | 'freeze'
  | 'stress-cpu'
  | 'stress-memory'
  | 'fill-disk'
  | 'limit-network'
  | 'load-network'
  | 'cut-network'
  | 'degrade-network'
  | 'fail-dns'
  | 'fault-http'

/** What the ledger keeps of an injector, so that a process without its configuration and memory can end it. */
export interface InjectorUndo {
  readonly kind: 'injector'
  /** Read by versions from before there was `kind`; only of a partition. */
  readonly mechanism?: 'netfilter'
  readonly source: StoredInjectorSource
  readonly node: string
  /** The node's `status.nodeInfo.bootID` when the step was planned; empty where nodes may not be read. */
  readonly bootId: string
  readonly job: string
  readonly action: InjectorFaultAction
  readonly env: Readonly<Record<string, string>>
  /** How long the step holds its fault; absent in records of earlier versions. */
  readonly lastsMs?: number
  /** Addresses that concern one target only, by its UID. */
  readonly peers: Readonly<Record<string, readonly string[]>>
  /** Why the injector never did anything; found out just before its Job is taken away. */
  readonly neverStarted?: string
  /** How its pod had ended by itself, and what that said; read just before its Job is taken away. */
  readonly died?: string
}

/** The configuration that the injector was made by; earlier versions stored less of it. */
export interface StoredInjectorSource {
  readonly image: string
  readonly namespace: string
  readonly pullPolicy?: 'IfNotPresent' | 'Always' | 'Never'
  readonly pullSecrets?: readonly string[]
  readonly resources?: object
  readonly tolerations?: readonly object[]
}

/**
 * The undo data of one kind, for the fault that stored it.
 * @throws TypeError for another kind: a fault was asked to undo what is not its own
 */
export function undoOf<Kind extends UndoData['kind']>(
  injection: { readonly undo: UndoData },
  kind: Kind,
): Extract<UndoData, { kind: Kind }> {
  const { undo } = injection
  if (!isOfKind(undo, kind)) throw new TypeError(`undo data of kind ${undo.kind}, where ${kind} was expected`)
  return undo
}

function isOfKind<Kind extends UndoData['kind']>(undo: UndoData, kind: Kind): undo is Extract<UndoData, { kind: Kind }> {
  return undo.kind === kind
}

/**
 * As the ledger has it. Entries from before there was `kind` are known by their fault, and get what their version did not store as its
 * default.
 * @throws FaultlineError `bad_input` for a kind of a later version: nothing is undone by guess
 */
export function readUndoData(stored: object, fault: FaultName): UndoData {
  const kind = 'kind' in stored ? stored.kind : kindOf(fault, stored)
  switch (kind) {
    case 'deletion':
      return { ...noDeletion, ...stored, kind }
    case 'cordon':
      return { ...noCordon, ...stored, kind }
    case 'policy':
      return { ...noPolicy, ...stored, kind }
    case 'injector':
      return { ...noInjector, ...stored, kind }
    default:
      throw new FaultlineError('bad_input', `a ledger entry has undo data of a kind that this version does not know: ${String(kind)}`)
  }
}

function kindOf(fault: FaultName, stored: object): UndoData['kind'] {
  switch (fault) {
    case 'pod-delete':
      return 'deletion'
    case 'node-drain':
      return 'cordon'
    case 'network-partition':
      return 'job' in stored ? 'injector' : 'policy'
    default:
      return 'injector'
  }
}

const noDeletion: Omit<DeletionUndo, 'kind'> = { owners: [], bare: [], graceSeconds: null }
const noCordon: Omit<CordonUndo, 'kind'> = { tag: '', allowBarePods: false, allowEmptyDir: false }
const noPolicy: Omit<PolicyUndo, 'kind'> = {
  mechanism: 'policy',
  policy: '',
  value: '',
  policyTypes: ['Ingress', 'Egress'],
  restarts: {},
  singleNode: false,
}
const noInjector: Omit<InjectorUndo, 'kind'> = {
  source: { image: '', namespace: '' },
  node: '',
  bootId: '',
  job: '',
  action: 'kill',
  env: {},
  peers: {},
}
