import { expect, it } from '@jest/globals'
import { roles } from '../../deploy/aws/roles.ts'
import type { Deployment } from '../../functions/shared/deployment.ts'
import type { CloudWatchSource } from '../../lib/domain/probe.ts'

const names = { stage: 'dev', prefix: 'faultline-dev' }
const plain: Deployment = {
  clusters: { default: { eks: 'jadevectordb' } },
  injector: {},
  images: {},
  acceptNoFuse: false,
  guards: [],
  secondPerson: [],
  packagedSuitesOnly: false,
  alertEmails: [],
  endpoints: [],
  xray: false,
  logRetentionDays: 30,
  tags: {},
  deletionProtection: false,
  reservedConcurrency: {},
}

/** What the role of a function may do, by the statements' names. */
function allowed(
  deployment: Deployment,
  id = 'StartRole',
  watched: readonly CloudWatchSource[] = [],
): Readonly<Record<string, { readonly Action: unknown; readonly Resource: unknown }>> {
  const role = roles(names, deployment, watched)[id] as {
    Properties: { Policies: { PolicyDocument: { Statement: Record<string, unknown>[] } }[] }
  }
  const [policy] = role.Properties.Policies
  return Object.fromEntries((policy?.PolicyDocument.Statement ?? []).map(({ Sid, Action, Resource }) => [Sid, { Action, Resource }]))
}

it('a function may write and read reports in its part of the bucket only, and query its workspace only', () => {
  const url = 'https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1a2b/'
  const all = allowed({ ...plain, reportBucket: 'reports', prometheus: { url, sigv4Region: 'eu-central-1' } })
  expect(all.Reports).toEqual({
    Action: ['s3:PutObject', 's3:GetObject'],
    Resource: { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::reports/faultline/*` },
  })
  expect(all.Metrics).toEqual({
    Action: ['aps:QueryMetrics'],
    Resource: { 'Fn::Sub': `arn:\${AWS::Partition}:aps:eu-central-1:\${AWS::AccountId}:workspace/ws-1a2b` },
  })
})

it('a function that has no bucket and no workspace may touch none', () => {
  expect(Object.keys(allowed({ ...plain, prometheus: { url: 'http://prometheus.monitoring:9090' } }))).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/Reports|Metrics/)]),
  )
})

it('drivers may read the secrets that endpoints of probes refer to, each once, and the switches none', () => {
  const headers = { Authorization: { secret: 'shop/token' }, 'X-Tenant': { parameter: '/shop/tenant' }, 'X-Local': { env: 'A' } }
  const endpoints = [
    { host: 'a', headers },
    { host: 'b', headers, key: { secret: 'arn:aws:secretsmanager:eu-west-1:1:secret:k' } },
  ]
  const all = allowed({ ...plain, endpoints })
  expect(all.ProbeSecrets).toEqual({
    Action: ['secretsmanager:GetSecretValue'],
    Resource: [
      { 'Fn::Sub': `arn:\${AWS::Partition}:secretsmanager:\${AWS::Region}:\${AWS::AccountId}:secret:shop/token-??????` },
      'arn:aws:secretsmanager:eu-west-1:1:secret:k',
    ],
  })
  expect(JSON.stringify(all.ProbeParameters)).toContain('parameter/shop/tenant')
  expect(Object.keys(allowed(plain))).not.toEqual(expect.arrayContaining([expect.stringMatching(/^Probe/)]))
  expect(Object.keys(allowed({ ...plain, endpoints }, 'HaltRole'))).toEqual(['Log', 'Runs', 'ListRuns', 'Audit', 'Events', 'DeadLetters'])
})

it('drivers may ask CloudWatch for what packaged suites name, and for nothing without them', () => {
  const alarm = { type: 'cloudwatch_alarm', alarm: 'errors', region: null, whenEmpty: null } as const
  const arn = 'arn:aws:cloudwatch:us-east-1:123456789012:alarm:global'
  const metric = { type: 'cloudwatch_metric', namespace: 'A', metric: 'B', dimensions: {}, statistic: 'Sum' } as const
  const alarms = allowed(plain, 'StartRole', [alarm, alarm, { ...alarm, alarm: arn }])
  expect(alarms.WatchAlarms).toEqual({
    Action: ['cloudwatch:DescribeAlarms'],
    Resource: [{ 'Fn::Sub': `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:errors` }, arn],
  })
  expect(alarms.WatchMetrics).toBeUndefined()
  const ofMetric = allowed(plain, 'StartRole', [{ ...metric, periodMs: 1, windowMs: 1, region: null, whenEmpty: null }])
  expect(ofMetric.WatchMetrics).toEqual({ Action: ['cloudwatch:GetMetricData'], Resource: '*' })
  expect([ofMetric.WatchAlarms, allowed(plain).WatchMetrics, allowed(plain, 'HaltRole', [alarm]).WatchAlarms]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})

it('a role’s statements have names of their own, however alike the clusters’ are', () => {
  const clusters = { 'a-b': { eks: 'one' }, 'a.b': { eks: 'two' }, 'A-B': { secret: 'three' }, x1: { parameter: 'four' } }
  const resources = Object.values(allowed({ ...plain, clusters })).map(({ Resource }) => JSON.stringify(Resource))
  for (const name of ['cluster/one', 'cluster/two', 'secret:three-??????', 'parameter/four']) {
    expect(resources).toContainEqual(expect.stringContaining(name))
  }
})

it('who may halt cannot lift a halt by that, nor the other way about, and neither switch reaches a cluster or alerts anyone', () => {
  const all = { ...plain, clusters: { a: { eks: 'one' } }, reportBucket: 'reports' }
  expect(Object.keys(allowed(all, 'HaltRole'))).toEqual(['Log', 'Runs', 'ListRuns', 'Audit', 'Events', 'DeadLetters'])
  expect(Object.keys(allowed(all, 'ResumeRole'))).toEqual(['Log', 'Runs', 'Audit', 'Events', 'DeadLetters'])
  expect([allowed(all, 'HaltRole').Runs?.Action, allowed(all, 'ResumeRole').Runs?.Action]).toEqual([
    ['dynamodb:BatchGetItem', 'dynamodb:PutItem'],
    ['dynamodb:BatchGetItem', 'dynamodb:DeleteItem'],
  ])
})

it('who approves reaches no cluster and alerts no one by that', () => {
  const approving = allowed({ ...plain, clusters: { a: { eks: 'one' } }, reportBucket: 'reports' }, 'ApproveRole')
  expect(Object.keys(approving)).toEqual(['Log', 'Runs', 'ReadAudit', 'Audit', 'Events', 'DeadLetters'])
  expect(approving.Runs?.Action).toEqual([
    'dynamodb:GetItem',
    'dynamodb:BatchGetItem',
    'dynamodb:Query',
    'dynamodb:PutItem',
    'dynamodb:DeleteItem',
  ])
})
