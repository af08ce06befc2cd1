import type { Deployment } from '../../functions/shared/deployment.ts'
import { alarms } from './alarms.ts'
import { arnOf, functionId, functionNames, functions, logicalId, type Names, type Resource, type Resources } from './names.ts'
import { roles } from './roles.ts'
import { type ScheduledSuite, schedules } from './schedules.ts'
import { bus, deadLetters, eventsMayWrite, table, topic } from './storage.ts'

/** Everything of the stack but the functions themselves, which osls packages, in the form of serverless.yml's `resources`. */
export function template(stage: string, deployment: Deployment, suites: readonly ScheduledSuite[]) {
  const names: Names = { stage, prefix: `faultline-${stage}` }
  const queues = [...functionNames(), 'schedules', 'advance-events']
  const resources: Resources = {
    ...table(names),
    ...topic(names, deployment.alertEmails),
    ...bus(names),
    ...deadLetters(names, queues),
    ...eventsMayWrite(),
    ...roles(names, deployment),
    ...asyncInvocation(),
    ...schedules(names, suites, deployment),
    ...alarms(names, queues),
  }
  return { Resources: resources, Outputs: outputs(), ...(deployment.vpc === undefined ? {} : { extensions: inVpc(deployment.vpc) }) }
}

/** What Lambda does with an event whose function failed. */
function asyncInvocation(): Resources {
  return Object.fromEntries(
    functionNames().map((name): [string, Resource] => [
      logicalId(name, 'invocation'),
      {
        Type: 'AWS::Lambda::EventInvokeConfig',
        Properties: {
          FunctionName: { Ref: functionId(name) },
          Qualifier: '$LATEST',
          MaximumRetryAttempts: functions[name].retries,
          MaximumEventAgeInSeconds: functions[name].maxAgeSeconds,
          DestinationConfig: { OnFailure: { Destination: arnOf(logicalId(name, 'dlq')) } },
        },
      },
    ]),
  )
}

function inVpc({ subnetIds, securityGroupIds }: NonNullable<Deployment['vpc']>): Resources {
  const properties = { Properties: { VpcConfig: { SubnetIds: subnetIds, SecurityGroupIds: securityGroupIds } } }
  return Object.fromEntries(functionNames().map((name) => [functionId(name), properties]))
}

function outputs(): Resources {
  return {
    TableName: { Value: { Ref: 'Table' } },
    EventBusArn: { Value: arnOf('EventBus') },
    AlertTopicArn: { Value: { Ref: 'AlertTopic' } },
    ...Object.fromEntries(
      functionNames().map((name) => [
        logicalId(name, 'role', 'arn'),
        { Description: `For the access entry of ${name}`, Value: arnOf(logicalId(name, 'role')) },
      ]),
    ),
  }
}
