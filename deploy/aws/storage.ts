import type { Deployment } from '../../functions/shared/deployment.ts'
import { auditTableDefinition, auditTableOf } from '../../lib/adapters/dynamodb/audit-table.ts'
import { tableDefinition } from '../../lib/adapters/dynamodb/table.ts'
import { advanceType } from '../../lib/adapters/eventbridge/advance.ts'
import { eventSource } from '../../lib/adapters/eventbridge/bus.ts'
import { arnOf, functionId, logicalId, type Names, type Resources } from './names.ts'

/** Kept when the stack goes: what undoes a live fault stands in it. */
export function table({ prefix }: Names, { deletionProtection }: Deployment): Resources {
  return {
    Table: {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        ...tableDefinition,
        TableName: prefix,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        DeletionProtectionEnabled: deletionProtection,
        TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
      },
    },
  }
}

/**
 * The audit trail: nothing in it expires, and no role of the functions may do more to it than insert and read. Kept when the stack goes, as the
 * table is.
 */
export function auditTable({ prefix }: Names, { deletionProtection }: Deployment): Resources {
  return {
    AuditTable: {
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        ...auditTableDefinition,
        TableName: auditTableOf(prefix),
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
        DeletionProtectionEnabled: deletionProtection,
      },
    },
  }
}

/** Alerts and alarms go here; AWS asks every address to confirm its subscription. */
export function topic({ prefix }: Names, { alertEmails, alertTopicKmsKey: key }: Deployment): Resources {
  const subscriptions = alertEmails.map((email, n) => [
    `AlertEmail${n + 1}`,
    { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'AlertTopic' }, Protocol: 'email', Endpoint: email } },
  ])
  return {
    AlertTopic: {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: prefix, DisplayName: 'Faultline', ...(key === undefined ? {} : { KmsMasterKeyId: key }) },
    },
    ...Object.fromEntries(subscriptions),
  }
}

/** The bus with all events of runs, and the rule that brings a driver's call to its successor. */
export function bus({ prefix }: Names): Resources {
  const target = {
    Id: 'advance',
    Arn: arnOf(functionId('advance')),
    RetryPolicy: { MaximumRetryAttempts: 10, MaximumEventAgeInSeconds: 120 },
    DeadLetterConfig: { Arn: arnOf('AdvanceEventsDlq') },
  }
  return {
    EventBus: { Type: 'AWS::Events::EventBus', Properties: { Name: prefix } },
    AdvanceRule: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: `${prefix}-advance`,
        EventBusName: { Ref: 'EventBus' },
        EventPattern: { source: [eventSource], 'detail-type': [advanceType] },
        Targets: [target],
      },
    },
    AdvancePermission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: arnOf(functionId('advance')),
        Principal: 'events.amazonaws.com',
        SourceArn: arnOf('AdvanceRule'),
      },
    },
  }
}

/** A queue for what could not be delivered; 14 days to look at it. */
export function deadLetters({ prefix }: Names, names: readonly string[]): Resources {
  return Object.fromEntries(
    names.map((name) => [
      logicalId(name, 'dlq'),
      {
        Type: 'AWS::SQS::Queue',
        Properties: { QueueName: `${prefix}-${name}-dlq`, MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true },
      },
    ]),
  )
}

/** EventBridge writes into the rule's queue by itself, so the queue has to allow it. */
export function eventsMayWrite(): Resources {
  const statement = {
    Effect: 'Allow',
    Principal: { Service: 'events.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: arnOf('AdvanceEventsDlq'),
    Condition: { ArnEquals: { 'aws:SourceArn': arnOf('AdvanceRule') } },
  }
  const document = { Version: '2012-10-17', Statement: [statement] }
  return {
    AdvanceEventsDlqPolicy: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: { Queues: [{ Ref: 'AdvanceEventsDlq' }], PolicyDocument: document },
    },
  }
}
