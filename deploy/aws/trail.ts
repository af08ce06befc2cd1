import type { Deployment } from '../../functions/shared/deployment.ts'
import { auditTableOf } from '../../lib/adapters/dynamodb/audit-table.ts'
import { arn, functionNames, type Names, type Resources } from './names.ts'

/**
 * A trail of CloudTrail of who invoked which function, and of what was written into the audit table: data events, which AWS neither keeps nor
 * shows by itself. Its bucket is the owner's, with the policy that CloudTrail asks for
 * (https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html).
 */
export function trail({ prefix }: Names, { cloudTrailBucket: bucket }: Deployment): Resources {
  if (bucket === undefined) return {}
  const selector = (Name: string, type: string, arns: readonly unknown[], more: readonly object[] = []) => ({
    Name,
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: [type] },
      { Field: 'resources.ARN', Equals: arns },
      ...more,
    ],
  })
  const invoked = functionNames().map((name) => arn('lambda', `function:${prefix}-${name}`))
  const written = [arn('dynamodb', `table/${auditTableOf(prefix)}`)]
  return {
    Trail: {
      Type: 'AWS::CloudTrail::Trail',
      Properties: {
        TrailName: prefix,
        S3BucketName: bucket,
        IsLogging: true,
        EnableLogFileValidation: true,
        AdvancedEventSelectors: [
          selector('Invocations', 'AWS::Lambda::Function', invoked),
          selector('AuditTable', 'AWS::DynamoDB::Table', written, [{ Field: 'readOnly', Equals: ['false'] }]),
        ],
      },
    },
  }
}
