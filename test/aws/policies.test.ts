import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { expect, it } from '@jest/globals'
import { localAccount } from '../../sandbox/aws/aws-call.ts'
import { packagedResources } from '../support/local-aws.ts'

/** The policies that docs/deploy-eks.md gives, in its order; the first is what a role of another account trusts. */
const [, deployer, operator, owner] = [...readFileSync('docs/deploy-eks.md', 'utf8').matchAll(/```json\n(\{\n {2}"Version"[^`]+)```/g)].map(
  ([, text = '']) => JSON.parse(text),
)

const prefix = `arn:aws:lambda:eu-central-1:${localAccount}:function:faultline-prod`

async function isAllowed(policy: object, action: string, resource: string, contextVariables: Record<string, string>): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${localAccount}:user/ann`,
        action,
        resource: { resource, accountId: localAccount },
        contextVariables,
      },
      identityPolicies: [{ name: 'people', policy }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  )
  if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors))
  return result.overallResult === 'Allowed'
}

/** What Lambda asks IAM for when a URL is called: both, of the alias behind it. */
async function mayCall(policy: object, name: string, authType = 'AWS_IAM'): Promise<boolean> {
  const asked = [
    isAllowed(policy, 'lambda:InvokeFunctionUrl', `${prefix}-${name}:url`, { 'lambda:FunctionUrlAuthType': authType }),
    isAllowed(policy, 'lambda:InvokeFunction', `${prefix}-${name}:url`, { 'lambda:InvokedViaFunctionUrl': 'true' }),
  ]
  return (await Promise.all(asked)).every((allowed) => allowed)
}

const names = ['look', 'halt', 'control', 'resume', 'approve', 'start', 'advance', 'reap']

it.each([
  ['an operator', operator, ['look', 'halt']],
  ['an owner', owner, ['look', 'halt', 'control', 'resume', 'approve']],
])('the policy of %s lets a person call %j by their URLs, and find these, and nothing else', async (_, policy, allowed) => {
  const called = await Promise.all(names.map(async (name) => ((await mayCall(policy, name)) ? [name] : [])))
  expect(called.flat()).toEqual(allowed)
  const stack = (name: string) => `arn:aws:cloudformation:eu-central-1:${localAccount}:stack/${name}/1a2b`
  expect(await isAllowed(policy, 'cloudformation:DescribeStacks', stack('faultline-prod'), {})).toBe(true)
  expect(await isAllowed(policy, 'cloudformation:DescribeStacks', stack('other'), {})).toBe(false)
  for (const name of allowed) {
    expect(await mayCall(policy, name, 'NONE')).toBe(false)
    for (const arn of [`${prefix}-${name}`, `${prefix}-${name}:url`])
      expect(await isAllowed(policy, 'lambda:InvokeFunction', arn, { 'lambda:InvokedViaFunctionUrl': 'false' })).toBe(false)
  }
})

/** Of each type of the template: what CloudFormation does first and last with one, and how its ARN goes on after `arn:aws:`. */
const made: Readonly<Record<string, readonly [create: string, remove: string, resource: string]>> = {
  'AWS::CloudWatch::Alarm': ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms', 'cloudwatch:REGION:alarm:NAME'],
  'AWS::DynamoDB::Table': ['dynamodb:CreateTable', 'dynamodb:DeleteTable', 'dynamodb:REGION:table/NAME'],
  'AWS::Events::EventBus': ['events:CreateEventBus', 'events:DeleteEventBus', 'events:REGION:event-bus/NAME'],
  'AWS::Events::Rule': ['events:PutRule', 'events:DeleteRule', 'events:REGION:rule/NAME/advance'],
  'AWS::IAM::Role': ['iam:CreateRole', 'iam:DeleteRole', 'iam::role/NAME'],
  'AWS::Lambda::Alias': ['lambda:CreateAlias', 'lambda:DeleteAlias', 'lambda:REGION:function:NAME'],
  'AWS::Lambda::EventInvokeConfig': [
    'lambda:PutFunctionEventInvokeConfig',
    'lambda:DeleteFunctionEventInvokeConfig',
    'lambda:REGION:function:NAME',
  ],
  'AWS::Lambda::Function': ['lambda:CreateFunction', 'lambda:DeleteFunction', 'lambda:REGION:function:NAME'],
  'AWS::Lambda::Permission': ['lambda:AddPermission', 'lambda:RemovePermission', 'lambda:REGION:function:NAME'],
  'AWS::Lambda::Url': ['lambda:CreateFunctionUrlConfig', 'lambda:DeleteFunctionUrlConfig', 'lambda:REGION:function:NAME'],
  'AWS::Logs::LogGroup': ['logs:CreateLogGroup', 'logs:DeleteLogGroup', 'logs:REGION:log-group:/aws/lambda/NAME'],
  'AWS::S3::Bucket': ['s3:CreateBucket', 's3:DeleteBucket', 's3:::NAME'],
  'AWS::S3::BucketPolicy': ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy', 's3:::NAME'],
  'AWS::SNS::Subscription': ['sns:Subscribe', 'sns:Unsubscribe', 'sns:REGION:NAME'],
  'AWS::SNS::Topic': ['sns:CreateTopic', 'sns:DeleteTopic', 'sns:REGION:NAME'],
  'AWS::SNS::TopicPolicy': ['sns:SetTopicAttributes', 'sns:SetTopicAttributes', 'sns:REGION:NAME'],
  'AWS::SQS::Queue': ['sqs:CreateQueue', 'sqs:DeleteQueue', 'sqs:REGION:NAME'],
  'AWS::SQS::QueuePolicy': ['sqs:SetQueueAttributes', 'sqs:SetQueueAttributes', 'sqs:REGION:NAME'],
  'AWS::Scheduler::Schedule': ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:REGION:schedule/NAME/quick'],
  'AWS::Scheduler::ScheduleGroup': [
    'scheduler:CreateScheduleGroup',
    'scheduler:DeleteScheduleGroup',
    'scheduler:REGION:schedule-group/NAME',
  ],
}

it('the policy of a deployer lets everything of the template be made and removed under its own names, and nothing of others', async () => {
  const types = [...new Set(Object.values(packagedResources()).map(({ Type }) => Type))]
  expect(types.filter((type) => made[type] === undefined)).toEqual([])
  const wrong = await Promise.all(
    types.map(async (type) => {
      const [create = '', remove = '', resource = ''] = made[type] ?? []
      const arn = (name: string) =>
        `arn:aws:${resource.replace('REGION', `eu-central-1:${localAccount}`).replace('iam::', `iam::${localAccount}:`).replace('NAME', name)}`
      const allowed = await Promise.all([
        isAllowed(deployer, create, arn('faultline-prod'), {}),
        isAllowed(deployer, remove, arn('faultline-prod'), {}),
        isAllowed(deployer, remove, arn('others'), {}),
      ])
      return JSON.stringify(allowed) === '[true,true,false]' ? [] : [`${type}: ${allowed}`]
    }),
  )
  expect(wrong.flat()).toEqual([])
  const pass = (service: string) =>
    isAllowed(deployer, 'iam:PassRole', `arn:aws:iam::${localAccount}:role/faultline-prod-start-eu-central-1`, {
      'iam:PassedToService': service,
    })
  expect(await Promise.all(['lambda.amazonaws.com', 'ec2.amazonaws.com'].map(pass))).toEqual([true, false])
})
