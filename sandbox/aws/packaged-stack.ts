import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { FunctionSpec } from './lambda.ts'
import type { ScheduleSpec } from './scheduler.ts'

interface TemplateResource {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's own shapes, of any type
  readonly Properties?: any
}

/** What `npm run package` made, read back. */
export interface PackagedStack {
  readonly functions: readonly FunctionSpec[]
  readonly table: string
  readonly bus: string
  readonly topic: string
  /** Short names of the functions that have a URL with AWS_IAM in front of it. */
  readonly withUrl: readonly string[]
  /** Enabled ones. */
  readonly schedules: readonly ScheduleSpec[]
  /** Whether an event on the bus goes to `advance`. */
  advances(event: { readonly source: string; readonly 'detail-type': string }): boolean
}

/** Reads the template and its zips. */
export async function readStack(directory: string): Promise<PackagedStack> {
  const text = await readFile(join(directory, 'cloudformation-template-update-stack.json'), 'utf8')
  const { Resources } = JSON.parse(text) as { readonly Resources: Readonly<Record<string, TemplateResource>> }
  const of = (type: string) => Object.values(Resources).filter((resource) => resource.Type === type)
  const functions = of('AWS::Lambda::Function').map(
    ({ Properties }): FunctionSpec => ({
      name: Properties.FunctionName,
      handler: Properties.Handler,
      zip: join(directory, 'faultline.zip'),
      env: Properties.Environment.Variables,
      timeoutMs: Properties.Timeout * 1000,
    }),
  )
  const schedules = of('AWS::Scheduler::Schedule')
    .filter(({ Properties }) => Properties.State === 'ENABLED')
    .map(
      ({ Properties }): ScheduleSpec => ({
        name: Properties.Name,
        expression: Properties.ScheduleExpression,
        timezone: Properties.ScheduleExpressionTimezone,
        target: Properties.Target.Arn['Fn::GetAtt'][0].startsWith('Reap') ? 'reap' : 'start',
        input: Properties.Target.Input,
      }),
    )
  const pattern = of('AWS::Events::Rule')[0]?.Properties.EventPattern ?? {}
  const withUrl = of('AWS::Lambda::Url')
    .filter(({ Properties }) => Properties.AuthType === 'AWS_IAM')
    .map(({ Properties }) => String(Resources[Properties.TargetFunctionArn.Ref]?.Properties.FunctionName).split('-').at(-1) ?? '')
  return {
    functions,
    withUrl,
    schedules,
    table: of('AWS::DynamoDB::Table')[0]?.Properties.TableName,
    bus: of('AWS::Events::EventBus')[0]?.Properties.Name,
    topic: of('AWS::SNS::Topic')[0]?.Properties.TopicName,
    advances: (event) => pattern.source?.includes(event.source) && pattern['detail-type']?.includes(event['detail-type']),
  }
}
