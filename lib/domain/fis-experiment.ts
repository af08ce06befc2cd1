import type { Node } from './kube.ts'

/** A target of an AWS FIS experiment, as its template names it. */
export interface FisTarget {
  /** `aws:ec2:instance`, `aws:eks:pod`, … */
  readonly resourceType: string
  readonly resourceArns: readonly string[]
  /** `clusterIdentifier` and `namespace` of `aws:eks:pod`. */
  readonly parameters: Readonly<Record<string, string>>
}

/** An experiment of AWS FIS that is not over. */
export interface FisExperiment {
  readonly id: string
  readonly status: string
  readonly targets: readonly FisTarget[]
  /** What the targets came to, whatever FIS says of each; empty while it still looks for them. */
  readonly resolved: readonly { readonly resourceType: string; readonly information: readonly string[] }[]
}

/** What may stand or fall with a cluster's nodes and pods; experiments on all else (databases, buckets, queues) are beside us. */
const ofNodes = /^aws:(?:ec2:|eks:|ebs:|network:|ssm:)/

/**
 * What of AWS FIS is at work, in words: against a start where it acts on a node of the cluster, on pods of the namespace, or where what it
 * acts on cannot be told; else only told. Nodes are known by the EC2 instance in their `providerID`. Pure.
 */
export function judgeFis(
  experiments: readonly FisExperiment[],
  nodes: readonly Node[],
  namespace: string,
): { readonly against: readonly string[]; readonly beside: readonly string[] } {
  const instances = new Map(nodes.flatMap(({ metadata, spec }) => instanceOf(spec.providerID).map((id) => [id, metadata.name] as const)))
  const judged = experiments.map((experiment) => {
    const { id, status } = experiment
    const near = experiment.targets.flatMap((target) => nearness(target, experiment, { instances, namespace }))
    const text = `AWS FIS is at work${near.length === 0 ? ' elsewhere' : ` ${[...new Set(near)].join(' and ')}`} (experiment ${id}, ${status})`
    return { isNear: near.length > 0, text }
  })
  return {
    against: judged.filter(({ isNear }) => isNear).map(({ text }) => `${text}: wait until it is over, or stop it`),
    beside: judged.filter(({ isNear }) => !isNear).map(({ text }) => text),
  }
}

/** Where a target meets the cluster, in words; nothing where it does not. */
function nearness(
  { resourceType, resourceArns, parameters }: FisTarget,
  { resolved }: FisExperiment,
  { instances, namespace }: { readonly instances: ReadonlyMap<string, string>; readonly namespace: string },
): readonly string[] {
  if (!ofNodes.test(resourceType)) return []
  if (resourceType === 'aws:eks:pod') {
    const isOther = parameters.namespace !== undefined && parameters.namespace !== namespace
    return isOther ? [] : [`on pods of namespace ${namespace} of EKS cluster ${parameters.clusterIdentifier ?? 'unknown'}`]
  }
  const said = [...resourceArns, ...resolved.filter((one) => one.resourceType === resourceType).flatMap(({ information }) => information)]
  const isInstance = resourceType === 'aws:ec2:instance' || resourceType === 'aws:ec2:spot-instance'
  if (!isInstance || said.length === 0) return [`on ${resourceType}, which may be nodes of this cluster`]
  const hit = [...new Set(said.flatMap((text) => text.match(/\bi-[0-9a-f]+\b/g) ?? []))].flatMap((id) => instances.get(id) ?? [])
  return hit.map((node) => `on node ${node}`)
}

/** `aws:///eu-central-1a/i-0123456789abcdef0` */
function instanceOf(providerId: string | undefined): readonly string[] {
  return /^aws:\/\/.*\/(i-[0-9a-f]+)$/.exec(providerId ?? '')?.slice(1) ?? []
}
