import type { Deployment } from '../../functions/shared/deployment.ts'
import type { CloudWatchSource } from '../../lib/domain/probe.ts'
import { alarms } from './alarms.ts'
import {
  arnOf,
  functionId,
  functionNames,
  functions,
  logicalId,
  namesOf,
  queueNames,
  queueOf,
  type Resource,
  type Resources,
  withoutQueue,
} from './names.ts'
import { ofTableOnly, roles } from './roles.ts'
import { type ScheduledSuite, schedules } from './schedules.ts'
import { auditTable, bus, deadLetters, eventsMayWrite, table, topic } from './storage.ts'
import { trail } from './trail.ts'
import { urlOutputs, urls } from './urls.ts'

/** Everything of the stack but the functions themselves, which osls packages, in the form of serverless.yml's `resources`. */
export function template(
  stage: string,
  deployment: Deployment,
  suites: readonly ScheduledSuite[],
  watched: readonly CloudWatchSource[] = [],
) {
  const names = namesOf(stage)
  const queues = queueNames()
  const resources: Resources = {
    ...table(names, deployment),
    ...auditTable(names, deployment),
    ...topic(names, deployment),
    ...bus(names),
    ...deadLetters(names, queues),
    ...eventsMayWrite(),
    ...roles(names, deployment, watched),
    ...asyncInvocation(),
    ...urls(),
    ...schedules(names, suites, deployment),
    ...alarms(names, queues),
    ...trail(names, deployment),
  }
  return { Resources: resources, Outputs: outputs(), extensions: ofFunctions(deployment) }
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
          ...(withoutQueue.includes(name)
            ? {}
            : { DestinationConfig: { OnFailure: { Destination: arnOf(logicalId(queueOf(name), 'dlq')) } } }),
        },
      },
    ]),
  )
}

/** What the configuration adds to the functions that osls packages. */
function ofFunctions({ vpc, reservedConcurrency }: Deployment): Resources {
  const inVpc = vpc === undefined ? {} : { VpcConfig: { SubnetIds: vpc.subnetIds, SecurityGroupIds: vpc.securityGroupIds } }
  const reserved: Readonly<Record<string, number | undefined>> = reservedConcurrency
  const extensions = functionNames().map((name): readonly [string, Resource] => {
    const executions = reserved[name]
    return [functionId(name), { ...inVpc, ...(executions === undefined ? {} : { ReservedConcurrentExecutions: executions }) }]
  })
  return Object.fromEntries(
    extensions.filter(([, properties]) => Object.keys(properties).length > 0).map(([id, Properties]) => [id, { Properties }]),
  )
}

function outputs(): Resources {
  return {
    TableName: { Value: { Ref: 'Table' } },
    EventBusArn: { Value: arnOf('EventBus') },
    AlertTopicArn: { Value: { Ref: 'AlertTopic' } },
    ...urlOutputs(),
    ...Object.fromEntries(
      functionNames()
        .filter((name) => !(name in ofTableOnly))
        .map((name) => [
          logicalId(name, 'role', 'arn'),
          { Description: `For the access entry of ${name}`, Value: arnOf(logicalId(name, 'role')) },
        ]),
    ),
  }
}
