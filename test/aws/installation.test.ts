import { CreateTableCommand, DynamoDBClient, UpdateContinuousBackupsCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { CreateScheduleCommand, CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { openInstallation } from '../../lib/adapters/aws/installation.ts'
import { awsCall } from '../../lib/adapters/aws/signed-call.ts'
import { tableDefinition } from '../../lib/adapters/dynamodb/table.ts'
import { type Moto, motoCredentials, startMoto } from '../../sandbox/aws/moto.ts'
import { describeWith } from '../support/tools.ts'

const region = 'eu-central-1'
const names = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'] as const
const before = names.map((name) => [name, process.env[name]] as const)

function onMoto(): void {
  let moto: Moto
  const options = () => ({ region, endpoint: moto.url, credentials: motoCredentials })

  beforeAll(async () => {
    moto = await startMoto()
    Object.assign(process.env, { AWS_ENDPOINT_URL: moto.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })
  }, 60_000)

  afterAll(async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    await moto.close()
  })

  it('is read as it stands: table, topic, schedules of all pages, alarms, logs', async () => {
    const [dynamo, sns, scheduler] = [new DynamoDBClient(options()), new SNSClient(options()), new SchedulerClient(options())]
    const TableName = 'faultline-prod'
    await dynamo.send(new CreateTableCommand({ ...tableDefinition, TableName }))
    const installation = openInstallation(region)
    expect(await installation.table(TableName)).toMatchObject({ status: 'ACTIVE', hasPointInTimeRecovery: false, ttlAttribute: null })
    await dynamo.send(new UpdateTimeToLiveCommand({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' } }))
    const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true }
    await dynamo.send(new UpdateContinuousBackupsCommand({ TableName, PointInTimeRecoverySpecification }))
    const read = await installation.table(TableName)
    expect(read).toMatchObject({ hasPointInTimeRecovery: true, ttlAttribute: 'ttl' })
    expect(read.indexes.map(({ name }) => name).sort()).toEqual(
      tableDefinition.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName).sort(),
    )

    const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name: TableName }))
    await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'oncall@example.org' }))
    expect(await installation.topic(TopicArn)).toMatchObject([{ protocol: 'email', endpoint: 'oncall@example.org' }])

    await scheduler.send(new CreateScheduleGroupCommand({ Name: TableName }))
    const Target = { Arn: `arn:aws:lambda:${region}:123456789012:function:f`, RoleArn: 'arn:aws:iam::123456789012:role/r' }
    for (const [Name, State] of [['a b', 'ENABLED'], ['weekly', 'DISABLED']] as const) // biome-ignore format: one look
      await scheduler.send(
        new CreateScheduleCommand({
          ...{ Name: Name.replace(' ', '-'), GroupName: TableName, State, Target, FlexibleTimeWindow: { Mode: 'OFF' } },
          ...{ ScheduleExpression: 'cron(30 3 ? * MON *)', ScheduleExpressionTimezone: 'Europe/Berlin' },
        }),
      )
    expect(await installation.schedules(TableName)).toEqual([
      { name: 'a-b', expression: 'cron(30 3 ? * MON *)', timezone: 'Europe/Berlin', isEnabled: true },
      { name: 'weekly', expression: 'cron(30 3 ? * MON *)', timezone: 'Europe/Berlin', isEnabled: false },
    ])

    const logs = (action: string, body: object) =>
      awsCall({ service: 'logs', region, tried: action, target: `Logs_20140328.${action}`, body }).catch(() => undefined)
    await logs('CreateLogGroup', { logGroupName: '/aws/lambda/faultline-prod-start' })
    expect(await installation.logGroups('/aws/lambda/faultline-prod-')).toEqual([
      { name: '/aws/lambda/faultline-prod-start', retentionDays: null },
    ])

    const target = 'GraniteServiceVersion20100801.PutMetricAlarm'
    const body = {
      ...{ AlarmName: 'faultline-prod-reaper-silent', Namespace: 'AWS/Lambda', MetricName: 'Invocations', Period: 300, Statistic: 'Sum' },
      ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'LessThanThreshold', AlarmActions: [TopicArn] },
    }
    await awsCall({ service: 'monitoring', region, tried: 'put an alarm', target, body }).catch(() => undefined)
    expect(await installation.alarms('faultline-prod-')).toMatchObject([
      { name: 'faultline-prod-reaper-silent', actionsEnabled: true, actions: [TopicArn] },
    ])
    installation.close()
    for (const client of [dynamo, sns, scheduler]) client.destroy()
  })

  it('says what is not there', async () => {
    const installation = openInstallation(region)
    await expect(installation.table('absent')).rejects.toMatchObject({ code: 'not_found' })
    await expect(installation.topic(`arn:aws:sns:${region}:123456789012:absent`)).rejects.toMatchObject({ code: 'not_found' })
    installation.close()
  })
}

describeWith(['moto_server'], 'an installation on AWS', onMoto)
