import type { ClusterEntry, Deployment } from '../../functions/shared/deployment.ts'
import { dueIndex, suitesIndex } from '../../lib/adapters/table/table-access.ts'
import type { CloudWatchSource } from '../../lib/domain/probe.ts'
import {
  arn,
  arnOf,
  type FunctionName,
  functionId,
  functionNames,
  logicalId,
  type Names,
  queueOf,
  type Resource,
  type Resources,
  withoutQueue,
} from './names.ts'

interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Action: readonly string[]
  readonly Resource: unknown
  readonly Condition?: object
}

const allow = (Sid: string, Action: readonly string[], Resource: unknown): Statement => ({ Sid, Effect: 'Allow', Action, Resource })

/** Why a statement may name every resource; the template carries it, and a test demands it. */
const reasons: Readonly<Record<string, string>> = {
  NetworkInterfaces: 'Lambda makes these calls for functions in a VPC, and EC2 offers no resource for most of them',
  ListExperiments: 'FIS lists all experiments of an account and region',
  Traces: 'X-Ray has no resources for segments',
  WatchMetrics: 'CloudWatch has no resources for metrics',
}

/** These look through all runs, by these indexes; the others know theirs by its id. */
const listing: Partial<Record<FunctionName, readonly string[]>> = {
  reap: [dueIndex],
  look: [dueIndex, suitesIndex],
  control: [dueIndex],
  halt: [dueIndex],
}

/** One role for each function, and one for the scheduler. */
export function roles(names: Names, deployment: Deployment, watched: readonly CloudWatchSource[] = []): Resources {
  return {
    ...Object.fromEntries(functionNames().map((name) => [logicalId(name, 'role'), functionRole(names, name, { deployment, watched })])),
    SchedulerRole: schedulerRole(names, deployment),
  }
}

/** These change one switch or one run, which is put on record, or nothing: no cluster and no alert is their business. */
export const ofTableOnly: Partial<Record<FunctionName, readonly string[]>> = {
  look: ['dynamodb:BatchGetItem', 'dynamodb:Query'],
  halt: ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
  resume: ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem'],
  /** One run is saved, whose record may lose a part by that. */
  approve: ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
}

/** A start is compared with the one before it, and `look` shows the trail. */
const readingAudit: readonly FunctionName[] = ['start', 'advance', 'reap', 'control', 'look', 'approve']

function functionRole(
  { prefix }: Names,
  name: FunctionName,
  { deployment, watched }: { readonly deployment: Deployment; readonly watched: readonly CloudWatchSource[] },
): Resource {
  const statements = [
    allow('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], arn('logs', `log-group:/aws/lambda/${prefix}-${name}:*`)),
    allow('Runs', ofTableOnly[name] ?? allOfTable, arnOf('Table')),
    ...listRuns(name),
    ...ofAudit(name),
    ...(withoutQueue.includes(name) ? [] : [allow('DeadLetters', ['sqs:SendMessage'], arnOf(logicalId(queueOf(name), 'dlq')))]),
    ...(ofTableOnly[name] === undefined ? [...ofDrivers(deployment), ...ofWatchers(watched)] : []),
    ...(deployment.vpc === undefined ? [] : [allow('NetworkInterfaces', networkActions, '*')]),
    ...(deployment.xray ? [allow('Traces', ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], '*')] : []),
  ]
  return role(`${prefix}-${name}`, { service: 'lambda.amazonaws.com', statements, deployment })
}

/** An insert never replaces what is there, and nothing else is allowed to change the trail. What is put on record is told to the bus. */
function ofAudit(name: FunctionName): readonly Statement[] {
  return [
    ...(readingAudit.includes(name) ? [allow('ReadAudit', ['dynamodb:Query'], arnOf('AuditTable'))] : []),
    ...(name === 'look'
      ? []
      : [allow('Audit', ['dynamodb:PartiQLInsert'], arnOf('AuditTable')), allow('Events', ['events:PutEvents'], arnOf('EventBus'))]),
  ]
}

function listRuns(name: FunctionName): readonly Statement[] {
  const indexes = listing[name]?.map((index) => ({ 'Fn::Sub': `\${Table.Arn}/index/${index}` }))
  return indexes === undefined ? [] : [allow('ListRuns', ['dynamodb:Query'], indexes)]
}

const allOfTable = [
  'dynamodb:GetItem',
  'dynamodb:BatchGetItem',
  'dynamodb:PutItem',
  'dynamodb:UpdateItem',
  'dynamodb:DeleteItem',
  'dynamodb:Query',
]

/** What driving a run takes, beside its records. */
function ofDrivers(deployment: Deployment): readonly Statement[] {
  return [
    allow('Alerts', ['sns:Publish'], { Ref: 'AlertTopic' }),
    ...topicKey(deployment),
    ...Object.values(deployment.clusters).flatMap((entry, n) => clusterAccess(String(n + 1), entry)),
    ...ofFis(deployment),
    ...(deployment.reportBucket === undefined
      ? []
      : [allow('Reports', ['s3:PutObject', 's3:GetObject'], bucketPart(deployment.reportBucket))]),
    ...endpointSecrets(deployment),
    ...(deployment.prometheus?.sigv4Region === undefined ? [] : [allow('Metrics', ['aps:QueryMetrics'], workspace(deployment.prometheus))]),
  ]
}

/** Whether AWS FIS acts on the nodes of an EKS cluster; another account's role has its own rights. */
function ofFis({ clusters }: Deployment): readonly Statement[] {
  const regions = new Set(
    Object.values(clusters).flatMap(({ eks, roleArn, region }) => (eks === undefined || roleArn !== undefined ? [] : [region])),
  )
  if (regions.size === 0) return []
  return [
    allow('ListExperiments', ['fis:ListExperiments'], '*'),
    allow(
      'Experiments',
      ['fis:GetExperiment', 'fis:ListExperimentResolvedTargets'],
      [...regions].map((region) => named('fis', region, 'experiment/*')),
    ),
  ]
}

/** What probes of packaged suites ask of CloudWatch; others have no right to it. */
function ofWatchers(watched: readonly CloudWatchSource[]): readonly Statement[] {
  const alarms = watched.flatMap((source) => (source.type === 'cloudwatch_alarm' ? [source] : []))
  const resources = alarms.map(({ alarm, region }) =>
    alarm.startsWith('arn:') ? alarm : named('cloudwatch', region ?? undefined, `alarm:${alarm}`),
  )
  const each = [...new Map(resources.map((resource) => [JSON.stringify(resource), resource])).values()]
  return [
    ...(each.length === 0 ? [] : [allow('WatchAlarms', ['cloudwatch:DescribeAlarms'], each)]),
    ...(alarms.length === watched.length ? [] : [allow('WatchMetrics', ['cloudwatch:GetMetricData'], '*')]),
  ]
}

/** What the configuration refers to for probes, by name; Secrets Manager adds a hyphen and six characters to a secret's. */
function endpointSecrets({ endpoints }: Deployment): readonly Statement[] {
  const references = endpoints.flatMap(({ headers = {}, ca, certificate, key }) => [...Object.values(headers), ca, certificate, key])
  const said = references.flatMap((reference) => (typeof reference === 'object' ? [reference] : []))
  const secrets = new Set(said.flatMap(({ secret }) => secret ?? []))
  const parameters = new Set(said.flatMap(({ parameter }) => parameter ?? []))
  return [
    ...(secrets.size === 0
      ? []
      : [
          allow(
            'ProbeSecrets',
            ['secretsmanager:GetSecretValue'],
            [...secrets].map((id) => secretArn(id, undefined)),
          ),
        ]),
    ...(parameters.size === 0
      ? []
      : [
          allow(
            'ProbeParameters',
            ['ssm:GetParameter'],
            [...parameters].map((id) => parameterArn(id, undefined)),
          ),
        ]),
  ]
}

const secretArn = (secret: string, region: string | undefined) =>
  secret.startsWith('arn:') ? secret : named('secretsmanager', region, `secret:${secret}-??????`)

const parameterArn = (parameter: string, region: string | undefined) =>
  parameter.startsWith('arn:') ? parameter : named('ssm', region, `parameter/${parameter.replace(/^\//, '')}`)

/** SNS encrypts a message with a data key in the sender's name; a key's alias or id stands for a key of this account and region. */
function topicKey({ alertTopicKmsKey: key }: Deployment): readonly Statement[] {
  if (key === undefined) return []
  const actions = ['kms:GenerateDataKey', 'kms:Decrypt']
  if (!key.startsWith('alias/')) return [allow('AlertKey', actions, key.startsWith('arn:') ? key : arn('kms', `key/${key}`))]
  return [{ ...allow('AlertKey', actions, arn('kms', 'key/*')), Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': key } } }]
}

const bucketPart = (bucket: string) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${bucket}/faultline/*` })

/** An Amazon Managed Service for Prometheus URL has its workspace in the path: `…/workspaces/ws-…/`. */
function workspace({ url, sigv4Region }: NonNullable<Deployment['prometheus']>): unknown {
  const id = /\/workspaces\/(ws-[\w-]+)/.exec(url)?.[1] ?? '*'
  return named('aps', sigv4Region, `workspace/${id}`)
}

const networkActions = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
]

/** A cluster of another account is entered by its role alone. `id`: a number, as names without their punctuation may be the same. */
function clusterAccess(id: string, { eks, secret, parameter, region, roleArn }: ClusterEntry): readonly Statement[] {
  if (roleArn !== undefined) return [allow(`Assume${id}`, ['sts:AssumeRole'], roleArn)]
  if (eks !== undefined) return [allow(`Describe${id}`, ['eks:DescribeCluster'], named('eks', region, `cluster/${eks}`))]
  if (secret !== undefined) {
    return [allow(`Secret${id}`, ['secretsmanager:GetSecretValue'], secretArn(secret, region))]
  }
  if (parameter === undefined) return []
  return [allow(`Parameter${id}`, ['ssm:GetParameter'], parameterArn(parameter, region))]
}

function named(service: string, region: string | undefined, rest: string): unknown {
  if (region === undefined) return arn(service, rest)
  return { 'Fn::Sub': `arn:\${AWS::Partition}:${service}:${region}:\${AWS::AccountId}:${rest}` }
}

function schedulerRole({ prefix }: Names, deployment: Deployment): Resource {
  const statements = [
    allow('Invoke', ['lambda:InvokeFunction'], [arnOf(functionId('start')), arnOf(functionId('reap'))]),
    allow('DeadLetters', ['sqs:SendMessage'], arnOf('SchedulesDlq')),
  ]
  return role(`${prefix}-scheduler`, { service: 'scheduler.amazonaws.com', statements, deployment })
}

interface RoleParts {
  readonly service: string
  readonly statements: readonly Statement[]
  readonly deployment: Deployment
}

function role(name: string, { service, statements, deployment }: RoleParts): Resource {
  const { permissionsBoundary } = deployment
  const trust = {
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'sts:AssumeRole',
    ...(service.startsWith('scheduler') ? { Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } } : {}),
  }
  const wide = statements.filter(({ Resource }) => Resource === '*').map(({ Sid }) => [Sid, reasons[Sid]])
  return {
    Type: 'AWS::IAM::Role',
    ...(wide.length === 0 ? {} : { Metadata: { Reasons: Object.fromEntries(wide) } }),
    Properties: {
      RoleName: { 'Fn::Sub': `${name}-\${AWS::Region}` },
      ...(permissionsBoundary === undefined ? {} : { PermissionsBoundary: permissionsBoundary }),
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] },
      Policies: [{ PolicyName: name, PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
    },
  }
}
