import * as z from 'zod'
import { degradationKinds } from '../domain/degradation-spec.ts'
import { dnsKinds } from '../domain/dns-spec.ts'
import {
  directions,
  intensities,
  networkModes,
  partitionKinds,
  partitionMechanisms,
  partitionScopes,
  resourceKinds,
} from '../domain/suite.ts'
import { quote } from './did-you-mean.ts'
import { diskPath } from './disk-path.ts'
import { addresses, domains } from './dns-schema.ts'
import { httpShape } from './http-schema.ts'
import { type Elsewhere, strict, textOf } from './strict-object.ts'
import { podNames, selectorText } from './targets-schema.ts'
import { cidrs, ports } from './traffic-schema.ts'

const paramTargets = podNames.optional().describe('Same as `targets` of the step; only one of the two.')

const container = textOf(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'the name of a container')
  .optional()
  .describe("Container to hit; default: the pod's first.")
const allowBarePods = z.boolean().default(false).describe('Also pods without a controller, which nothing brings back.')
const allowNodePods = z
  .boolean()
  .default(false)
  .describe("Also pods of DaemonSets and on the host's network: what is done to them does not touch their node.")
const against = selectorText.optional().describe('Label selector of the far side, e.g. `role=replica`; default: the workload.')
const allowEmptyDir = z.boolean().default(false).describe('Also pods with emptyDir volumes, whose data is lost.')
const graceSeconds = z.int().min(0).max(3600)
const milliseconds = z.int().min(0).max(60_000)
const percentage = z
  .number()
  .min(0)
  .max(100)
  .refine((value) => value <= 0 || /^\d+(?:\.\d{1,4})?$/.test(String(value)), {
    error: (issue) => `found ${quote(issue.input)}; allowed: at most 4 decimals`,
  })

const share = z.number().min(0.01).max(100).default(100)

const allowUnused = z
  .boolean()
  .describe("What none of the workload's own traffic meets counts as a bite, too: the rules work, and that is enough.")

/** Which params mean something for another kind than the one at hand. */
export const paramHomes: Elsewhere = {
  ...Object.fromEntries(Object.keys(httpShape).map((key) => [key, 'type http_fault'])),
  resource_type: 'type resource_exhaustion',
  intensity: 'type resource_exhaustion',
  amount: 'type resource_exhaustion',
  path: 'type resource_exhaustion with resource_type disk, or to type http_fault',
  mode: 'type resource_exhaustion with resource_type network',
  partition_type: 'type network_partition',
  mechanism: 'type network_partition',
  scope: 'type network_partition',
  direction: 'type network_partition or http_fault',
  keepProbes: 'type network_partition or http_fault',
  coverNew: 'type network_partition',
  against: 'type network_partition with scope peers or split, or to network_degradation with peersOnly',
  ports: 'type network_partition, network_degradation or http_fault',
  cidrs: 'type network_partition or network_degradation',
  degradation_type: 'type network_degradation',
  ...Object.fromEntries(degradationKinds.map((amount) => [amount, 'type network_degradation'])),
  peersOnly: 'type network_degradation',
  dns_type: 'type dns_failure',
  domains: 'type dns_failure',
  addresses: 'type dns_failure with dns_type wrong',
  share: 'type dns_failure or http_fault',
  allowUnused: 'type network_partition, network_degradation, dns_failure or http_fault, or to resource_type network',
  failure_type: 'type node_failure',
  graceSeconds: 'failure_type pod-delete or pod-kill',
  signal: 'failure_type pod-kill',
  repeatEvery: 'failure_type pod-kill',
  every: 'failure_type pod-pause',
  for: 'failure_type pod-pause',
  container: 'failure_type pod-kill, crashloop or pod-pause, or to type resource_exhaustion',
  allowBarePods: 'failure_type pod-delete or node-drain',
  allowNodePods: 'failure_type pod-delete, pod-kill or crashloop',
  allowEmptyDir: 'failure_type node-drain',
  duration: 'the step',
  interval: 'the step',
}

/** Parameters of a resource_exhaustion. */
export const resourceParams = strict(
  {
    resource_type: z.enum(resourceKinds).describe('What is used up.'),
    intensity: z
      .enum(intensities)
      .optional()
      .describe('How much of it, and in how many pods by default: low 1 pod, medium 30 %, high 60 %. Either this or `amount`.'),
    amount: z
      .string()
      .min(1)
      .max(40)
      .optional()
      .describe('Exactly how much, in 1 pod by default: `80%` of the limit, `512Mi`, `1.5 cores`; of a network `5 Mbit/s`.'),
    container,
    path: diskPath.optional().describe('Folder of the container in which a disk is filled; default: its /tmp. Only for disk.'),
    mode: z
      .enum(networkModes)
      .optional()
      .describe(
        'rate: little is left of what the pod may send and receive; load: traffic between pod and injector; default: rate. Only for network.',
      ),
    allowUnused: allowUnused.optional(),
    targets: paramTargets,
  },
  paramHomes,
)

/** Parameters of a network_partition. */
export const partitionParams = strict(
  {
    partition_type: z
      .enum(partitionKinds)
      .describe('random: some candidates (default 20 %); specific: those named in `targets`; all: every candidate.'),
    mechanism: z
      .enum(partitionMechanisms)
      .default('auto')
      .describe(
        'policy: a NetworkPolicy; netfilter: an injector drops packets inside the pod; auto: netfilter where an injector is configured, else policy.',
      ),
    scope: z
      .enum(partitionScopes)
      .default('isolate')
      .describe('isolate: from everything; peers: from the other pods of the workload; split: the targets together from the rest of it.'),
    against,
    direction: z.enum(directions).default('both').describe('Which traffic is cut, as the target sees it.'),
    ports,
    cidrs,
    keepProbes: z
      .boolean()
      .default(true)
      .describe("The kubelet's probes still pass, so that the pod is not restarted for being unreachable."),
    coverNew: z
      .boolean()
      .default(false)
      .describe('Pods that join the selection while the fault is held are cut off, too; with partition_type all and mechanism policy.'),
    allowUnused: allowUnused.default(false),
    targets: paramTargets,
  },
  paramHomes,
)

/** Parameters of a network_degradation; which amounts have a default depends on `degradation_type`. */
export const degradationParams = strict(
  {
    degradation_type: z
      .enum(degradationKinds)
      .describe('What gets worse, by its default unless its amount is given; other amounts may be given beside it.'),
    latency: milliseconds.optional().describe('Milliseconds added to every packet; default 100 for latency, 50 for jitter.'),
    jitter: milliseconds
      .optional()
      .describe('Milliseconds by which `latency` varies, at most `latency`; default for jitter: 50, at most `latency`.'),
    loss: percentage.optional().describe('Percent of the packets that are lost; default 10 for loss.'),
    corruption: percentage.optional().describe('Percent of the packets that are damaged; default 5 for corruption.'),
    duplication: percentage.optional().describe('Percent of the packets that come twice; default 5 for duplication.'),
    rate: z.int().min(1).max(100_000_000).optional().describe('kbit/s that are left; default 1000 for rate.'),
    ports,
    cidrs,
    peersOnly: z.boolean().default(false).describe('Only traffic with the other pods of the workload; not together with `cidrs`.'),
    against,
    allowUnused: allowUnused.default(false),
    targets: paramTargets,
  },
  paramHomes,
)

/** Parameters of a dns_failure. */
export const dnsParams = strict(
  {
    dns_type: z
      .enum(dnsKinds)
      .describe('What these names are answered with: no such name, a failure of the server, nothing at all, or a wrong address.'),
    domains,
    share: share.describe(
      'Percent of the queries that fail, each by its own chance; a look-up of a name is mostly two of them, A and AAAA.',
    ),
    addresses,
    allowUnused: allowUnused.default(false),
    targets: paramTargets,
  },
  paramHomes,
)

/** Parameters of an http_fault. */
export const httpParams = strict(
  {
    ...httpShape,
    share: share.describe('Percent of the requests that are met, each by its own chance.'),
    allowUnused: allowUnused.default(false),
    targets: paramTargets,
  },
  paramHomes,
)

/** Parameters of a node_failure, told apart by `failure_type`. */
export const failureParams = z.discriminatedUnion('failure_type', [
  strict(
    {
      failure_type: z.literal('pod-delete').describe('Deletes pods (default 30 %).'),
      graceSeconds: graceSeconds.optional().describe("Grace of the deletion in seconds; default: the pod's own."),
      allowBarePods,
      allowNodePods,
      targets: paramTargets,
    },
    paramHomes,
  ),
  strict(
    {
      failure_type: z.literal('pod-kill').describe("Signals the container's main process (default 30 % of the pods)."),
      signal: z.enum(['TERM', 'KILL']).default('TERM').describe('TERM is followed by KILL after `graceSeconds`.'),
      graceSeconds: graceSeconds
        .optional()
        .describe('Seconds from TERM to KILL; default 5, at most half of the duration and of `repeatEvery`.'),
      repeatEvery: z.int().min(1).max(3600).optional().describe('Seconds between kills, through the whole duration; default: one kill.'),
      container,
      allowNodePods,
      targets: paramTargets,
    },
    paramHomes,
  ),
  strict(
    {
      failure_type: z.literal('crashloop').describe('Kills the container at every start, for the duration (default 20 %).'),
      container,
      allowNodePods,
      targets: paramTargets,
    },
    paramHomes,
  ),
  strict(
    {
      failure_type: z.literal('pod-pause').describe('All processes of the container stand still (default 20 % of the pods).'),
      every: z
        .int()
        .min(2)
        .max(3600)
        .optional()
        .describe('Seconds from one pause to the next, together with `for`; default: one pause, for the duration.'),
      for: z.int().min(1).max(3600).optional().describe('Seconds that each pause lasts, less than `every`.'),
      container,
      targets: paramTargets,
    },
    paramHomes,
  ),
  strict(
    {
      failure_type: z.literal('node-drain').describe('Cordons nodes and evicts their pods (default one node).'),
      allowBarePods,
      allowEmptyDir,
      targets: paramTargets,
    },
    paramHomes,
  ),
])

/** What can be checked of params whose `failure_type` makes no sense. */
export const anyParams = z.looseObject({ targets: paramTargets })
