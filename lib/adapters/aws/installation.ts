import { DescribeContinuousBackupsCommand, DescribeTableCommand, DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns'
import type { AlarmState, Installation, LogGroup, ScheduleState, Subscription, TableState } from '../../doctor/aws/installation.ts'
import { clientOptions } from './client-options.ts'
import { awsError } from './errors.ts'
import { type AwsCall, awsCall } from './signed-call.ts'

/** Reads an installation in the account and region of the usual credentials. */
export function openInstallation(region: string): Installation & { close(): void } {
  const dynamo = new DynamoDBClient(clientOptions(region))
  const sns = new SNSClient(clientOptions(region))
  return {
    topic: (arn) => subscriptionsOf(sns, arn),
    table: (name) => tableOf(dynamo, name),
    schedules: (group) => schedulesOf(region, group),
    alarms: (prefix) => alarmsOf(region, prefix),
    logGroups: (prefix) => logGroupsOf(region, prefix),
    close: () => {
      dynamo.destroy()
      sns.destroy()
    },
  }
}

async function subscriptionsOf(sns: SNSClient, arn: string): Promise<readonly Subscription[]> {
  const found: Subscription[] = []
  let NextToken: string | undefined
  try {
    do {
      const page = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: arn, NextToken }))
      for (const { Protocol: protocol = '', Endpoint: endpoint = '', SubscriptionArn: own = '' } of page.Subscriptions ?? [])
        found.push({ protocol, endpoint, confirmed: own.startsWith('arn:') })
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    return found
  } catch (error) {
    throw awsError(error, `list subscriptions of ${arn}`)
  }
}

async function tableOf(dynamo: DynamoDBClient, name: string): Promise<TableState> {
  const TableName = name
  try {
    const [{ Table }, { TimeToLiveDescription: ttl }, { ContinuousBackupsDescription: backups }] = await Promise.all([
      dynamo.send(new DescribeTableCommand({ TableName })),
      dynamo.send(new DescribeTimeToLiveCommand({ TableName })),
      dynamo.send(new DescribeContinuousBackupsCommand({ TableName })),
    ])
    return {
      status: Table?.TableStatus ?? 'unknown',
      indexes: (Table?.GlobalSecondaryIndexes ?? []).map((index) => ({
        name: index.IndexName ?? '',
        status: index.IndexStatus ?? 'unknown',
      })),
      hasPointInTimeRecovery: backups?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus === 'ENABLED',
      ttlAttribute: ttl?.TimeToLiveStatus === 'ENABLED' || ttl?.TimeToLiveStatus === 'ENABLING' ? (ttl.AttributeName ?? '') : null,
    }
  } catch (error) {
    throw awsError(error, `describe table ${name}`)
  }
}

type Page = Readonly<Record<string, unknown>>

/** All pages of a list, where `next` makes the call for the page of a token. */
async function pages(call: (token: string | undefined) => AwsCall, items: string, tokenName: string): Promise<readonly Page[]> {
  const found: Page[] = []
  let token: string | undefined
  do {
    const page = Object(await awsCall(call(token))) as Page
    found.push(...((page[items] as readonly Page[] | undefined) ?? []))
    token = typeof page[tokenName] === 'string' ? page[tokenName] : undefined
  } while (token !== undefined)
  return found
}

async function schedulesOf(region: string, group: string): Promise<readonly ScheduleState[]> {
  const call = (path: string, tried: string): AwsCall => ({ service: 'scheduler', region, path, tried })
  const inGroup = (token: string | undefined) => {
    const query = new URLSearchParams({ ScheduleGroup: group, ...(token === undefined ? {} : { NextToken: token }) })
    return call(`/schedules?${query}`, `list schedules of group ${group}`)
  }
  const names = (await pages(inGroup, 'Schedules', 'NextToken')).map(({ Name }) => String(Name)).sort()
  return Promise.all(
    names.map(async (name) => {
      const path = `/schedules/${encodeURIComponent(name)}?${new URLSearchParams({ groupName: group })}`
      const found = Object(await awsCall(call(path, `get schedule ${name} of group ${group}`))) as Page
      const { ScheduleExpression, ScheduleExpressionTimezone = 'UTC', State } = found
      return { name, expression: String(ScheduleExpression), timezone: String(ScheduleExpressionTimezone), isEnabled: State === 'ENABLED' }
    }),
  )
}

async function alarmsOf(region: string, prefix: string): Promise<readonly AlarmState[]> {
  const call = (token: string | undefined): AwsCall => ({
    ...{ service: 'monitoring', region, tried: `describe alarms ${prefix}…`, target: 'GraniteServiceVersion20100801.DescribeAlarms' },
    body: { AlarmNamePrefix: prefix, ...(token === undefined ? {} : { NextToken: token }) },
  })
  return (await pages(call, 'MetricAlarms', 'NextToken')).map(({ AlarmName, StateValue, ActionsEnabled, AlarmActions }) => ({
    name: String(AlarmName),
    state: StateValue as AlarmState['state'],
    actionsEnabled: ActionsEnabled === true,
    actions: (AlarmActions as readonly string[] | undefined) ?? [],
  }))
}

async function logGroupsOf(region: string, prefix: string): Promise<readonly LogGroup[]> {
  const call = (token: string | undefined): AwsCall => ({
    ...{ service: 'logs', region, tried: `describe log groups ${prefix}…`, target: 'Logs_20140328.DescribeLogGroups' },
    body: { logGroupNamePrefix: prefix, ...(token === undefined ? {} : { nextToken: token }) },
  })
  return (await pages(call, 'logGroups', 'nextToken')).map(({ logGroupName, retentionInDays }) => ({
    name: String(logGroupName),
    retentionDays: typeof retentionInDays === 'number' ? retentionInDays : null,
  }))
}
