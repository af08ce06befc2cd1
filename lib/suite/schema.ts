import * as z from 'zod'
import { intensities, partitionKinds, partitionMechanisms, resourceKinds } from '../domain/suite.ts'
import { type Elsewhere, strict, textOf } from './strict.ts'
import { podNames, selectorText, targets } from './targets-schema.ts'

/** What a suite that leaves it out gets; times in seconds. */
export const suiteDefaults = {
  namespace: 'jadevectordb-system',
  selector: 'app=jadevectordb',
  gracePeriod: 30,
  recoveryTimeout: 360,
  interval: 0,
  graceSeconds: 5,
} as const

/** Fault types of a later version, so that a file which names one is told so. */
export const laterTypes: readonly string[] = ['network_degradation']

/** Fault types of this version, as `type` spells them. */
export const stepTypes: readonly string[] = ['resource_exhaustion', 'network_partition', 'node_failure']

const seconds = (most: number) => z.number().min(0).max(most)
const paramTargets = podNames.optional().describe('Same as `targets` of the step; only one of the two.')

const container = textOf(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'the name of a container')
  .optional()
  .describe("Container to hit; default: the pod's first.")
const allowBarePods = z.boolean().default(false).describe('Also pods without a controller, which nobody brings back.')
const allowEmptyDir = z.boolean().default(false).describe('Also pods with emptyDir volumes, whose data is lost.')
const graceSeconds = z.int().min(0).max(3600)

/** Which params mean something for another kind than the one at hand. */
const paramHomes: Elsewhere = {
  resource_type: 'type resource_exhaustion',
  intensity: 'type resource_exhaustion',
  partition_type: 'type network_partition',
  mechanism: 'type network_partition',
  failure_type: 'type node_failure',
  graceSeconds: 'failure_type pod-delete or pod-kill',
  signal: 'failure_type pod-kill',
  container: 'failure_type pod-kill or crashloop, or to type resource_exhaustion',
  allowBarePods: 'failure_type pod-delete or node-drain',
  allowEmptyDir: 'failure_type node-drain',
  duration: 'the step',
  interval: 'the step',
}

const stepHomes: Elsewhere = {
  ...Object.fromEntries(Object.keys(paramHomes).map((key) => [key, '`params`'])),
  ...Object.fromEntries(['names', 'selector', 'owner', 'zone', 'node', 'percent', 'count'].map((key) => [key, '`targets`'])),
  gracePeriod: 'the suite',
  maxDuration: 'the suite',
  recoveryTimeout: 'the suite',
  namespace: 'the suite',
}

const resourceParams = strict(
  {
    resource_type: z.enum(resourceKinds).describe('What is used up.'),
    intensity: z.enum(intensities).describe('How much of it, and in how many pods by default: low 1 pod, medium 30 %, high 60 %.'),
    container,
    targets: paramTargets,
  },
  paramHomes,
)

const partitionParams = strict(
  {
    partition_type: z
      .enum(partitionKinds)
      .describe('random: some candidates (default 20 %); specific: those named in `targets`; all: every candidate.'),
    mechanism: z
      .enum(partitionMechanisms)
      .default('auto')
      .describe('policy: a NetworkPolicy; netfilter: an injector drops packets inside the pod; auto: whichever will work.'),
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
      targets: paramTargets,
    },
    paramHomes,
  ),
  strict(
    {
      failure_type: z.literal('pod-kill').describe("Signals the container's main process (default 30 % of the pods)."),
      signal: z.enum(['TERM', 'KILL']).default('TERM').describe('TERM is followed by KILL after `graceSeconds`.'),
      graceSeconds: graceSeconds.optional().describe('Seconds from TERM to KILL; default 5, at most half of the duration.'),
      container,
      targets: paramTargets,
    },
    paramHomes,
  ),
  strict(
    {
      failure_type: z.literal('crashloop').describe('Kills the container at every start, for the duration (default 20 %).'),
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

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it keeps out
const namePattern = /^(?=.{1,100}$)[^\u0000-\u001f\u007f-\u009f]{0,99}[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]{0,99}$/

const stepKeys = {
  name: textOf(namePattern, 'a name (1 to 100 characters, not only blanks, no control characters)').describe(
    'Name of the step in reports.',
  ),
  description: z.string().max(2000).optional().describe('For people.'),
  duration: z.number().gt(0).max(3600).describe('How long the fault holds, in seconds.'),
  interval: seconds(86_400)
    .default(suiteDefaults.interval)
    .describe('Rest between this step and the next, in seconds; none after the last.'),
  targets: targets.optional(),
}

/** One entry of `experiments`, told apart by `type`. */
export const stepSchema = z.discriminatedUnion('type', [
  strict(
    {
      ...stepKeys,
      type: z.literal('resource_exhaustion').describe('Uses up cpu, memory, disk or network inside pods.'),
      params: resourceParams,
    },
    stepHomes,
  ),
  strict({ ...stepKeys, type: z.literal('network_partition').describe('Cuts pods off.'), params: partitionParams }, stepHomes),
  strict({ ...stepKeys, type: z.literal('node_failure').describe('Makes pods or nodes fail.'), params: failureParams }, stepHomes),
])

/** What can be checked of params whose `failure_type` makes no sense. */
export const anyParams = z.looseObject({ targets: paramTargets })

/** What can be checked of a step whose `type` makes no sense. */
export const anyStep = strict({ ...stepKeys, type: z.unknown(), params: anyParams }, stepHomes)

const namespaceForm = 'a namespace for chaos (lower case letters, digits and "-", at most 63; kube-… belongs to Kubernetes itself)'

/** A suite file as people write it: seconds, nothing filled in. The published JSON Schema comes from here. */
export const suiteSchema = strict({
  $schema: z.string().optional().describe('Where editors find this schema.'),
  name: stepKeys.name.describe('Name of the suite; with cluster, namespace and time it identifies a run.'),
  description: z.string().max(2000).optional().describe('For people.'),
  namespace: textOf(/^(?!kube-)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, namespaceForm)
    .default(suiteDefaults.namespace)
    .describe('Namespace of the workload.'),
  selector: selectorText.default(suiteDefaults.selector).describe('Label selector of the workload; steps may name their own in `targets`.'),
  gracePeriod: z
    .union([
      seconds(3600),
      strict({
        before: seconds(3600).default(suiteDefaults.gracePeriod).describe('Before the first step.'),
        after: seconds(3600).default(suiteDefaults.gracePeriod).describe('After the last step.'),
      }),
    ])
    .default(suiteDefaults.gracePeriod)
    .describe('Seconds of quiet before the first and after the last step.'),
  maxDuration: z
    .number()
    .gt(0)
    .max(604_800)
    .optional()
    .describe(
      'The run is aborted and reverted after so many seconds; default: twice the planned time, plus recoveryTimeout for each step, plus 600.',
    ),
  recoveryTimeout: z
    .number()
    .gt(0)
    .max(86_400)
    .default(suiteDefaults.recoveryTimeout)
    .describe('Seconds a step may wait for the workload to be healthy again.'),
  experiments: z.array(stepSchema).min(1).max(100).describe('The steps, one after the other.'),
}).meta({ title: 'Faultline suite' })

/** A suite file that passed the schema, defaults filled in where they stand in the schema. */
export type SuiteFile = z.output<typeof suiteSchema>
/** One entry of `experiments`. */
export type StepFile = SuiteFile['experiments'][number]
/** `targets` in any of its spellings. */
export type TargetsFile = NonNullable<StepFile['targets']>
