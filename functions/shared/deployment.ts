import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { approvalSchema } from '../../lib/approval-settings.ts'
import { secondPersonActs } from '../../lib/config.ts'
import { FaultlineError } from '../../lib/domain/errors.ts'
import type { GuardRule } from '../../lib/domain/guard-rules.ts'
import { endpointsSchema } from '../../lib/endpoint-settings.ts'
import { calendarsBeside } from '../../lib/guard-calendars.ts'
import { injectorSchema } from '../../lib/injector-settings.ts'
import { guardRules, guardsSchema, readCalendars } from '../../lib/owner-guards.ts'
import { installationsSchema } from '../../lib/remote/installations.ts'
import { notAllowed } from '../../lib/suite/did-you-mean.ts'
import { checked } from '../../lib/suite/parse-with-schema.ts'
import { strict } from '../../lib/suite/strict-object.ts'

const ways = ['eks', 'secret', 'parameter', 'url'] as const
const text = z.string().min(1)
const webAddress = z.url({ protocol: /^https?$/ }).refine((address) => {
  // What is no address at all was told before.
  if (!URL.canParse(address)) return true
  const { username, password, search } = new URL(address)
  return username + password + search === ''
}, 'expected an address without user, password and query: they would stand in logs and reports')
const roleArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/, 'expected the ARN of an IAM role: arn:aws:iam::<account>:role/<name>')

/** One cluster by its name: an EKS cluster, a secret that describes one, or the address of an embedded one. */
const clusterEntry = strict({
  eks: text.optional(),
  secret: text.optional(),
  parameter: text.optional(),
  url: webAddress.optional(),
  region: text.optional(),
  roleArn: roleArn.optional(),
  context: text.optional(),
}).superRefine((entry, context) => {
  const said = ways.filter((way) => entry[way] !== undefined)
  if (said.length !== 1) {
    const message = `exactly one of ${ways.join(', ')} says where the cluster is; found ${said.length === 0 ? 'none' : said.join(' and ')}`
    context.addIssue({ code: 'custom', message })
  }
})

const ids = (prefix: string) => z.array(z.string().startsWith(`${prefix}-`)).min(1)

const policyArn = z.string().regex(/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/.+$/, 'expected the ARN of an IAM policy')
const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'expected the name of an S3 bucket')
const executions = z.int().min(1).max(1000)

const deploymentShape = {
  clusters: z.record(z.string().regex(/^[\w.-]{1,63}$/), clusterEntry),
  /** For suites that name none; the only one when there is only one. */
  defaultCluster: text.optional(),
  injector: injectorSchema.default({}),
  images: strict({ cordonFuse: text.optional(), pause: text.optional() }).default({}),
  acceptNoFuse: z.boolean().default(false),
  /** What may be done to whom at most; docs/guards.md. */
  guards: guardsSchema.default([]),
  /** What only another person may do than the one who halted, or started the run; docs/audit.md. */
  secondPerson: z.array(z.enum(secondPersonActs)).default([]),
  /** What waits for a person before it is done; docs/approvals.md. */
  approval: approvalSchema.optional(),
  /** Only suites that were deployed may start: none that comes along with an event, no `inject`, no `test`. */
  packagedSuitesOnly: z.boolean().default(false),
  /** Subscribed to the alert topic; AWS asks each of them to confirm. */
  alertEmails: z.array(z.email()).default([]),
  /** Hosts that probes may ask beside that Prometheus, and what each gets; docs/probes.md. */
  endpoints: endpointsSchema.default([]),
  /** Answers PromQL probes that name no server; signed for Amazon Managed Service for Prometheus where a region is given. */
  prometheus: strict({ url: webAddress, sigv4Region: text.optional() }).optional(),
  /** Gets the metrics of every run. */
  pushgatewayUrl: webAddress.optional(),
  /** An S3 bucket that gets the reports of ended runs; alerts then link to them. */
  reportBucket: bucketName.optional(),
  /** An S3 bucket that gets a CloudTrail trail of who invoked the functions. */
  cloudTrailBucket: bucketName.optional(),
  /** For API servers without a public endpoint. */
  vpc: strict({ subnetIds: ids('subnet'), securityGroupIds: ids('sg') }).optional(),
  xray: z.boolean().default(false),
  /** ARN, id or alias of a KMS key for the alert topic; its policy must let CloudWatch's alarms use it. */
  alertTopicKmsKey: text.optional(),
  /** Put on everything in the stack that takes tags. */
  tags: z.record(z.string().min(1).max(128), z.string().max(256)).default({}),
  /** ARN of the policy that bounds every role. */
  permissionsBoundary: policyArn.optional(),
  /** The table, with what undoes live faults, cannot be deleted while this is on. */
  deletionProtection: z.boolean().default(false),
  /** Where an account's concurrency may be used up by others: so many executions are always free for these. */
  reservedConcurrency: strict({ reap: executions.optional(), control: executions.optional(), halt: executions.optional() }).default({}),
  logRetentionDays: z.union([1, 3, 5, 7, 14, 30, 60, 90, 180, 365].map((days) => z.literal(days))).default(30),
}

const deploymentSchema = strict(deploymentShape)
const fileSchema = strict({
  ...deploymentShape,
  $schema: text.optional(),
  /** For the command line; no business of a function. */
  installations: installationsSchema.optional(),
  /** Keys of a stage replace those above. */
  stages: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
})

/** What the owner of an installation decides; read from faultline.config.json by the deployment and by the functions. */
export type Deployment = Omit<z.output<typeof deploymentSchema>, 'guards'> & { readonly guards: readonly GuardRule[] }
export type ClusterEntry = Deployment['clusters'][string]

/** The file as it is packaged: whole, with the calendars that it names. @throws FaultlineError `bad_input` with every problem */
export function readForPackage(file: string, stage: string): Deployment {
  const deployment = readDeployment(file, stage)
  readCalendars(deployment.guards)
  return deployment
}

/** Reads the file for a stage; its calendars only when a start asks for them. @throws FaultlineError `bad_input` with every problem */
export function readDeployment(file: string, stage: string): Deployment {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new FaultlineError('bad_input', `${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
  const { stages, $schema: _, installations: __, ...common } = checked(fileSchema, json, file)
  const { guards, ...rest } = checked(deploymentSchema, { ...common, ...stages[stage] }, `${file}, stage ${stage}`)
  const deployment = { ...rest, guards: guardRules(guards, calendarsBeside(file)) }
  if (deployment.defaultCluster !== undefined) clusterNamed(deployment, deployment.defaultCluster)
  return deployment
}

/** The entry of a name, or of the default. @throws FaultlineError `bad_input` naming what there is */
export function clusterNamed(deployment: Deployment, wanted: string | undefined): { readonly name: string; readonly entry: ClusterEntry } {
  const names = Object.keys(deployment.clusters)
  const name = wanted ?? deployment.defaultCluster ?? (names.length === 1 ? names[0] : undefined)
  if (name === undefined) {
    throw new FaultlineError('bad_input', `no cluster was named, and there is no defaultCluster; there are: ${names.join(', ') || 'none'}`)
  }
  const entry = Object.hasOwn(deployment.clusters, name) ? deployment.clusters[name] : undefined
  if (entry === undefined) throw new FaultlineError('bad_input', `cluster ${notAllowed(name, names, 'is not in the configuration')}`)
  return { name, entry }
}
