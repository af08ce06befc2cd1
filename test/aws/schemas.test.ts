import { describe, expect, it } from '@jest/globals'
import { template } from '../../deploy/aws/template.ts'
import { readDeployment } from '../../functions/shared/deployment.ts'
import type { TemplateResources } from '../support/cloudformation.ts'
import { packagedResources } from '../support/local-aws.ts'
import { schemaProblems } from '../support/resource-schemas.ts'

const packaged = packagedResources()
/** The packaged template with other properties of one resource. */
const changed = (id: string, properties: object): TemplateResources => {
  const resource = packaged[id]
  if (resource === undefined) throw new Error(`there is no ${id}`)
  return { ...packaged, [id]: { ...resource, Properties: { ...resource.Properties, ...properties } } }
}

describe('AWS’ own resource schemas', () => {
  it('take the packaged template', async () => {
    expect(Object.keys(packaged).length).toBeGreaterThan(40)
    expect(await schemaProblems(packaged)).toEqual([])
  })

  it('take what every key of the configuration adds', async () => {
    const deployment = {
      ...readDeployment('faultline.config.json', 'dev'),
      clusters: { elsewhere: { eks: 'production', roleArn: 'arn:aws:iam::210987654321:role/faultline' }, secret: { secret: 'kube' } },
      alertEmails: ['on-call@example.com'],
      alertTopicKmsKey: 'alias/alerts',
      deletionProtection: true,
      permissionsBoundary: 'arn:aws:iam::123456789012:policy/bound',
      reportBucket: 'reports-of-game-days',
      cloudTrailBucket: 'trails',
      vpc: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] },
      reservedConcurrency: { reap: 2 },
      xray: true,
    }
    const { Resources, extensions } = template('dev', deployment, []) as unknown as Readonly<Record<string, TemplateResources>>
    const functions = Object.entries(extensions ?? {}).map(([id, { Properties }]) => [id, changed(id, Properties ?? {})[id]] as const)
    const packagedFunctions = Object.values(packaged).filter(({ Type }) => Type === 'AWS::Lambda::Function')
    expect(functions).toHaveLength(packagedFunctions.length)
    const added = Object.values(Resources ?? {}).map(({ Type }) => Type)
    expect(added).toContain('AWS::SNS::Subscription')
    expect(added).toContain('AWS::CloudTrail::Trail')
    expect(await schemaProblems({ ...packaged, ...Resources, ...Object.fromEntries(functions) } as TemplateResources)).toEqual([])
  })

  it.each([
    ['a misspelt key', changed('Table', { TableNam: 'x' }), ['Table.TableNam is not known']],
    [
      'a text for a number',
      changed('AdvanceDlq', { MessageRetentionPeriod: '1209600' }),
      ['AdvanceDlq.MessageRetentionPeriod is not a whole number'],
    ],
    ['a list for a text', changed('EventBus', { Name: ['x'] }), ['EventBus.Name is not a text']],
    [
      'an attribute that is none',
      changed('EventBus', { Description: { 'Fn::GetAtt': ['AdvanceDlq', 'Url'] } }),
      ['EventBus: AdvanceDlq has no attribute Url'],
    ],
    [
      'a key deep inside',
      changed('Table', { PointInTimeRecoverySpecification: { PointInTimeRecovery: true } }),
      ['Table.PointInTimeRecoverySpecification.PointInTimeRecovery is not known'],
    ],
    ['a kind that is none', { ...packaged, Other: { Type: 'AWS::SQS::Queues' } }, ['Other: AWS has no AWS::SQS::Queues']],
    [
      'nothing where something must be',
      { ...packaged, Other: { Type: 'AWS::SQS::QueuePolicy' } },
      ['Other.PolicyDocument is missing', 'Other.Queues is missing'],
    ],
  ] as const)('would refuse %s', async (_, template, problems) => {
    expect(await schemaProblems(template)).toEqual(problems)
  })
})
