import * as z from 'zod'
import { guardLimits } from '../guard-settings.ts'
import { loadEntry } from './load-schema.ts'
import {
  anyParams,
  degradationParams,
  dnsParams,
  failureParams,
  httpParams,
  paramHomes,
  partitionParams,
  resourceParams,
} from './params-schema.ts'
import { probePresets } from './probe-presets.ts'
import { presetEntry, threshold, typedProbe } from './probes-schema.ts'
import { scheduleSchema } from './schedule-schema.ts'
import { type Elsewhere, strict, textOf } from './strict-object.ts'
import { selectorText, targets } from './targets-schema.ts'

/** What a suite that leaves it out gets; times in seconds, a request's delay in milliseconds. */
export const suiteDefaults = {
  namespace: 'jadevectordb-system',
  selector: 'app=jadevectordb',
  gracePeriod: 30,
  recoveryTimeout: 360,
  interval: 0,
  graceSeconds: 5,
  status: 503,
  delay: 1000,
} as const

/** Fault types, as `type` spells them. */
export const stepTypes: readonly string[] = [
  'resource_exhaustion',
  'network_partition',
  'node_failure',
  'network_degradation',
  'dns_failure',
  'http_fault',
]

const seconds = (most: number) => z.number().min(0).max(most)

const stepHomes: Elsewhere = {
  ...Object.fromEntries(Object.keys(paramHomes).map((key) => [key, '`params`'])),
  ...Object.fromEntries(
    ['names', 'selector', 'owner', 'zone', 'node', 'nodeSelector', 'percent', 'count'].map((key) => [key, '`targets`']),
  ),
  gracePeriod: 'the suite',
  maxDuration: 'the suite',
  recoveryTimeout: 'the suite',
  namespace: 'the suite',
  probes: 'the suite',
  thresholds: 'the suite',
  load: 'the suite',
  undoWithin: 'the suite',
}

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
    .describe('Rest between this step and the next, in seconds; none after the last. Of a group: on its last step.'),
  together: textOf(namePattern, 'the name of a group (1 to 100 characters)')
    .optional()
    .describe('Neighbours that name the same group overlap: each begins after its own `delay`, and ends by its own `duration`.'),
  delay: seconds(86_400)
    .optional()
    .describe('Of a step in a group: seconds from the begin of the group, or from when those that it is `after` are undone; default: 0.'),
  after: z
    .union([z.string().min(1), z.array(z.string().min(1)).min(1).max(99)])
    .optional()
    .describe('Of a step in a group: name (or names) of steps of the group whose faults are undone before it begins.'),
  targets: targets.optional(),
  blastRadius: z
    .enum(['half', 'all'])
    .optional()
    .describe('`half` (default): at most half of a workload is hit, and one pod of it stays Ready; `all`: as many as `targets` says.'),
  hypothesis: z.string().max(2000).optional().describe('What is expected to hold while the fault is active, for people.'),
  expect: z
    .enum(['oom_killed', 'evicted', 'deleted', 'restarted', 'node_lost', 'file_removed'])
    .optional()
    .describe('What may end the fault before its planned end: a step that is there to show it is no failure then.'),
}

const presetNames = Object.keys(probePresets) as [string, ...string[]]

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
  strict(
    {
      ...stepKeys,
      type: z.literal('network_degradation').describe('Makes the network of pods slow, lossy or narrow.'),
      params: degradationParams,
    },
    stepHomes,
  ),
  strict({ ...stepKeys, type: z.literal('dns_failure').describe('Makes names fail for pods.'), params: dnsParams }, stepHomes),
  strict(
    { ...stepKeys, type: z.literal('http_fault').describe('Makes HTTP requests of pods fail or slow.'), params: httpParams },
    stepHomes,
  ),
])

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
  undoWithin: seconds(3600)
    .optional()
    .describe('A fault that is proven undone more than so many seconds after its planned end fails its step; left out: it is only told.'),
  hypothesis: z.string().max(2000).optional().describe('What is expected of the system under these faults, for people.'),
  probes: z
    .array(z.union([typedProbe, presetEntry(presetNames)]))
    .max(20)
    .default([])
    .describe('What the steady state is measured by (docs/probes.md).'),
  thresholds: z.array(threshold).max(20).default([]).describe('What is done when a probe stays on the wrong side.'),
  load: z
    .array(loadEntry)
    .min(1)
    .max(10)
    .optional()
    .describe('What is at work from before the first step to after the last, as Jobs in the cluster (docs/load.md).'),
  guards: strict(guardLimits).optional().describe('Limits of its own, beside those that it is bound to (docs/guards.md).'),
  schedule: scheduleSchema.optional().describe('When it runs by itself, once it is deployed to AWS; left out: by hand only.'),
  experiments: z.array(stepSchema).min(1).max(100).describe('The steps, one after the other; those of one group (`together`) overlap.'),
}).meta({ title: 'Faultline suite' })

/** A suite file that passed the schema, defaults filled in where they stand in the schema. */
export type SuiteFile = z.output<typeof suiteSchema>
/** One entry of `experiments`. */
export type StepFile = SuiteFile['experiments'][number]
/** `targets` in any of its spellings. */
export type TargetsFile = NonNullable<StepFile['targets']>
