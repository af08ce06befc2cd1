import { readdirSync, readFileSync, statSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { tableDefinition } from '../../lib/adapters/dynamodb/table.ts'

interface Resource {
  readonly Type: string
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
  readonly DependsOn?: readonly string[]
  readonly Metadata?: { readonly Reasons?: Readonly<Record<string, string>> }
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's own shapes, of any type
  readonly Properties: any
}

const template: { readonly Resources: Readonly<Record<string, Resource>>; readonly Outputs: Readonly<Record<string, { Value: unknown }>> } =
  JSON.parse(readFileSync('.serverless/cloudformation-template-update-stack.json', 'utf8'))
const all = Object.entries(template.Resources)
const of = (type: string) => all.filter(([, { Type }]) => Type === type).map(([id, resource]) => ({ id, ...resource }))
const functions = of('AWS::Lambda::Function')

/** What one resource says of another: Ref, GetAtt, and names inside Sub. */
function references(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(references)
  if (typeof value !== 'object' || value === null) return []
  const found = Object.entries(value).flatMap(([key, inner]) => {
    if (key === 'Ref') return [String(inner)]
    if (key === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : String(inner).split('.')[0])]
    if (key === 'Fn::Sub') return [...String(inner).matchAll(/\$\{([^}.]+)/g)].map((match) => match[1] ?? '')
    return references(inner)
  })
  return found
}

describe('the packaged template', () => {
  it('refers to nothing that it does not contain', () => {
    const known = new Set([...all.map(([id]) => id), 'ServerlessDeploymentBucketName'])
    const missing = references(template).filter((name) => !known.has(name) && !name.startsWith('AWS::'))
    expect(missing).toEqual([])
  })

  it('has the eight functions on arm64 and Node 24, with literal environments', () => {
    expect(functions.map(({ Properties }) => Properties.FunctionName).sort()).toEqual([
      'faultline-dev-advance',
      'faultline-dev-approve',
      'faultline-dev-control',
      'faultline-dev-halt',
      'faultline-dev-look',
      'faultline-dev-reap',
      'faultline-dev-resume',
      'faultline-dev-start',
    ])
    for (const { Properties } of functions) {
      expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Timeout: 900 })
      expect(references(Properties.Environment)).toEqual([])
    }
  })

  it('gives each schedule a time zone, a retry policy and a dead-letter queue, and each suite with a schedule one', () => {
    const schedules = of('AWS::Scheduler::Schedule')
    const files = readdirSync('experiments').filter((file) => file.endsWith('.json') && file !== 'schema.json')
    const suites = files.filter((file) => /"schedule": \{/.test(readFileSync(`experiments/${file}`, 'utf8')))
    expect(schedules.map(({ Properties }) => Properties.Name).sort()).toEqual(
      [...suites.map((file) => file.replace('.json', '')), 'reap'].sort(),
    )
    for (const { Properties } of schedules) {
      expect(Properties.ScheduleExpressionTimezone).toMatch(/^[A-Z][\w/]+$/)
      expect(Properties.Target.RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(0)
      // The reaper's next round is its retry.
      expect(references(Properties.Target.DeadLetterConfig)).toEqual(Properties.Name === 'reap' ? [] : ['SchedulesDlq'])
    }
  })

  it('lets the scheduler write the time into the start’s input', () => {
    const schedule = of('AWS::Scheduler::Schedule').find(({ Properties }) => Properties.Name === 'default-test-suite')
    expect(JSON.parse(schedule?.Properties.Target.Input)).toEqual({
      suite: 'default-test-suite',
      scheduledAt: '<aws.scheduler.scheduled-time>',
    })
    expect(schedule?.Properties).toMatchObject({ ScheduleExpression: 'cron(0 10 ? * TUE *)', State: 'DISABLED' })
  })

  it('runs the reaper every minute', () => {
    const reap = of('AWS::Scheduler::Schedule').find(({ Properties }) => Properties.Name === 'reap')
    expect(reap?.Properties).toMatchObject({ ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' })
    expect(references(reap?.Properties.Target.Arn)).toEqual(['ReapLambdaFunction'])
  })

  it('gives each function a role of its own', () => {
    const roles = functions.map(({ Properties }) => references(Properties.Role))
    expect(new Set(roles.flat()).size).toBe(functions.length)
    expect(roles.every((role) => role.length === 1)).toBe(true)
  })

  it('allows nothing on every resource, and no action of every kind, without a written reason', () => {
    const statements = of('AWS::IAM::Role').flatMap(({ id, Properties, Metadata }) =>
      Properties.Policies.flatMap((policy: Resource['Properties']) =>
        policy.PolicyDocument.Statement.map((statement: Resource['Properties']) => ({
          id,
          reasons: Metadata?.Reasons ?? {},
          ...statement,
        })),
      ),
    )
    expect(statements.length).toBeGreaterThan(20)
    for (const statement of statements) {
      expect([statement.Action].flat().filter((action: string) => action.includes('*'))).toEqual([])
      const wide = [statement.Resource].flat().some((resource: unknown) => resource === '*')
      if (wide) expect(statement.reasons[statement.Sid]).toMatch(/\w+ \w+/)
    }
  })

  it('keeps the table when the stack goes, encrypted, restorable, expiring, on demand, as the adapter wants it', () => {
    const [table] = of('AWS::DynamoDB::Table')
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' })
    expect(table?.Properties).toMatchObject({
      ...tableDefinition,
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    })
    expect(table?.Properties.GlobalSecondaryIndexes).toHaveLength(2)
  })

  it('brings the call for a successor to advance, with retries and a queue for what is lost', () => {
    const [rule] = of('AWS::Events::Rule')
    expect(rule?.Properties.EventPattern).toEqual({ source: ['faultline'], 'detail-type': ['advance'] })
    const target = rule?.Properties.Targets[0]
    expect(references(target.Arn)).toEqual(['AdvanceLambdaFunction'])
    expect(references(target.DeadLetterConfig)).toEqual(['AdvanceEventsDlq'])
    expect(target.RetryPolicy.MaximumRetryAttempts).toBeGreaterThan(0)
    expect(of('AWS::Lambda::Permission').map(({ Properties }) => Properties.Principal)).toEqual(['events.amazonaws.com'])
  })

  it('watches errors of what runs by itself, a throttled halt, all dead letters and a silent reaper; every alarm reaches the topic', () => {
    const alarms = of('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties)
    const metrics = functions.flatMap(({ Properties: { FunctionName } }) =>
      alarms
        .filter((alarm) => alarm.Dimensions[0].Value === FunctionName && alarm.MetricName !== 'Invocations')
        .map((alarm) => [FunctionName, alarm.MetricName]),
    )
    expect(metrics.toSorted()).toEqual([
      ['faultline-dev-advance', 'Errors'],
      ['faultline-dev-halt', 'Throttles'],
      ['faultline-dev-reap', 'Errors'],
      ['faultline-dev-start', 'Errors'],
    ])
    const silent = alarms.find((alarm) => alarm.AlarmName === 'faultline-dev-reaper-silent')
    expect(silent).toMatchObject({
      MetricName: 'Invocations',
      Period: 300,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    })
    for (const alarm of alarms) expect(references(alarm.AlarmActions)).toEqual(['AlertTopic'])
    const queues = of('AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName)
    expect(queues.filter((queue) => !alarms.some((alarm) => alarm.Dimensions[0].Value === queue))).toEqual([])
  })

  it('gives what people use a URL each, with AWS_IAM in front of it and behind an alias of its own, and nothing else one', () => {
    const urls = of('AWS::Lambda::Url')
    const named = urls.map(({ Properties }) => references(Properties.TargetFunctionArn)[0])
    expect(named.sort()).toEqual(['Approve', 'Control', 'Halt', 'Look', 'Resume'].map((name) => `${name}LambdaFunction`))
    for (const { id, Properties, DependsOn } of urls) {
      expect(Properties).toMatchObject({ AuthType: 'AWS_IAM', Qualifier: 'url', InvokeMode: 'BUFFERED' })
      expect(Properties.Cors).toBeUndefined()
      const [alias = ''] = DependsOn ?? []
      expect(template.Resources[alias]?.Properties).toEqual({
        Name: 'url',
        FunctionName: Properties.TargetFunctionArn,
        FunctionVersion: '$LATEST',
      })
      expect(template.Outputs[id]?.Value).toEqual({ 'Fn::GetAtt': [id, 'FunctionUrl'] })
    }
    // A permission for everyone would make a URL public, whatever IAM says of people.
    expect(of('AWS::Lambda::Permission').filter(({ Properties }) => Properties.Principal === '*')).toEqual([])
  })

  it('keeps logs for a stated time only', () => {
    const groups = of('AWS::Logs::LogGroup')
    expect(groups).toHaveLength(functions.length)
    for (const { Properties } of groups) expect(Properties.RetentionInDays).toBe(30)
  })

  it('sends what failed asynchronously to a queue: those that people invoke share one', () => {
    const destinations = of('AWS::Lambda::EventInvokeConfig').flatMap(({ Properties }) => references(Properties.DestinationConfig))
    expect(destinations.sort()).toEqual(['AdvanceDlq', 'ByHandDlq', 'ByHandDlq', 'ByHandDlq', 'ByHandDlq', 'StartDlq'])
  })

  it('has one zip of 1.5 MB at most for all functions', () => {
    expect(statSync('.serverless/faultline.zip').size).toBeLessThanOrEqual(1.5 * 1024 * 1024)
  })
})
