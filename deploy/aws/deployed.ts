import type { Deployment } from '../../functions/shared/deployment.ts'
import { tableDefinition } from '../../lib/adapters/dynamodb/table.ts'
import type { Deployed } from '../../lib/doctor/aws/installation.ts'
import { alarms } from './alarms.ts'
import { namesOf, queueNames } from './names.ts'

/** What a deployment of a stage makes, for a look at what is there. `suites`: names of those with a schedule. */
export function deployedOf(
  stage: string,
  { topicArn, deployment, suites }: { readonly topicArn: string; readonly deployment: Deployment; readonly suites: readonly string[] },
): Deployed {
  const names = namesOf(stage)
  return {
    prefix: names.prefix,
    topicArn,
    indexes: tableDefinition.GlobalSecondaryIndexes.map(({ IndexName }) => IndexName),
    schedules: ['reap', ...suites],
    alarms: Object.values(alarms(names, queueNames())).map(({ Properties }) => String(Object(Properties).AlarmName)),
    logRetentionDays: deployment.logRetentionDays,
  }
}
