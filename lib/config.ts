import { type ApprovalRules, defaultApproval } from './domain/approval.ts'
import type { GuardRule } from './domain/guard-rules.ts'

/** Where PromQL is asked, and how one says who one is there. Credentials go to that server only. */
export interface PrometheusConfig {
  /** Base address, e.g. `http://prometheus.monitoring:9090` or an AMP workspace; null: probes must name their own. */
  readonly url: string | null
  readonly auth:
    | { readonly kind: 'none' }
    | { readonly kind: 'bearer'; readonly token: string }
    /** Read anew for each question. */
    | { readonly kind: 'bearer_file'; readonly path: string }
    | { readonly kind: 'basic'; readonly user: string; readonly password: string }
    /** Amazon Managed Service for Prometheus, with the SDK's chain of credentials. */
    | { readonly kind: 'sigv4'; readonly region: string }
}

/** Acts that may want a second person. */
export const secondPersonActs = ['resume', 'resolve', 'approve'] as const
export type SecondPersonAct = (typeof secondPersonActs)[number]

type Quantities = Readonly<Record<string, string>>

/** Everything that can be set, with its default; read from flags and environment in the composition root only. */
export interface Config {
  readonly injector: {
    /** Image with the injector's tools; null: faults that need it are refused. */
    readonly image: string | null
    readonly namespace: string
    readonly pullPolicy: 'IfNotPresent' | 'Always' | 'Never'
    /** Names of Secrets in that namespace. */
    readonly pullSecrets: readonly string[]
    /** Of each of its containers; a check, which proves an undo, requests nothing, so that a full node does not keep it out. */
    readonly resources: { readonly requests?: Quantities | undefined; readonly limits?: Quantities | undefined }
    readonly tolerations: readonly object[]
  }
  readonly fuse: {
    /** Named in the pod template of pod-less fuses; never pulled, but read by policy engines. */
    readonly image: string
    /** Image with `kubectl` or `curl` for the fuse of a cordon; null: drains are refused unless `acceptNoFuse`. */
    readonly cordonImage: string | null
    /** Service account of that pod: may only patch nodes. */
    readonly cordonServiceAccount: string
    /**
     * The fuse burns this much after the planned end: the driver's own undo takes 0.1 to 1.8 s, a call that is tried again 5 s more. A fuse that
     * burns during a slow revert harms nothing, it only undoes the same.
     */
    readonly marginMs: number
    readonly acceptNoFuse: boolean
  }
  /**
   * From a step's plan until its fuse is armed, whose own deadline counts from then on: the pod of a cordon's fuse takes up to 45 s. The
   * beacon lasts this much longer than the longest run.
   */
  readonly prepareMs: number
  readonly leaseMs: number
  /** How far two drivers' clocks may differ. */
  readonly skewMs: number
  /** Time between two looks at controls, beacon and fuse while a fault is held. */
  readonly sampleMs: number
  /** A call that no fuse can fence (delete, evict, cordon) is sent this long after it was made at the latest: the client's whole budget. */
  readonly unfencedCallMs: number
  /** When a driver whose own time is limited (a Lambda) asks another to go on, in ms before its end. */
  readonly handOver: {
    readonly firstMs: number
    /** Once more when no successor came. */
    readonly againMs: number
    /** The driver is gone by then, with or without a successor. */
    readonly leaveMs: number
  }
  readonly prometheus: PrometheusConfig
  /** What the owner allows; what no rule forbids is allowed. */
  readonly guards: readonly GuardRule[]
  /** What waits for a person before it is done. */
  readonly approval: ApprovalRules
  /** What only another person may do than the one who halted, or started the run. @default none */
  readonly secondPerson: readonly SecondPersonAct[]
}

export const defaultConfig: Config = {
  injector: {
    image: null,
    namespace: 'faultline-injectors',
    pullPolicy: 'IfNotPresent',
    pullSecrets: [],
    resources: { requests: { cpu: '50m', memory: '32Mi' } },
    tolerations: [{ operator: 'Exists' }],
  },
  fuse: {
    image: 'registry.k8s.io/pause:3.10',
    cordonImage: null,
    cordonServiceAccount: 'faultline-cordon-fuse',
    marginMs: 10_000,
    acceptNoFuse: false,
  },
  prepareMs: 60_000,
  leaseMs: 30_000,
  skewMs: 30_000,
  sampleMs: 3_000,
  unfencedCallMs: 20_000,
  handOver: { firstMs: 90_000, againMs: 30_000, leaveMs: 5_000 },
  prometheus: { url: null, auth: { kind: 'none' } },
  guards: [],
  approval: defaultApproval,
  secondPerson: [],
}
