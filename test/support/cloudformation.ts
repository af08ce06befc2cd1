import { localAccount } from '../../sandbox/aws/aws-call.ts'

export interface TemplateResource {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
}

export type TemplateResources = Readonly<Record<string, TemplateResource>>

const pseudo: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': localAccount,
  'AWS::URLSuffix': 'amazonaws.com',
}

/** How the ARN of a resource ends, and by which property it is named. */
const arns: Readonly<Record<string, readonly [service: string, before: string, name: string]>> = {
  'AWS::DynamoDB::Table': ['dynamodb', 'table/', 'TableName'],
  'AWS::Events::EventBus': ['events', 'event-bus/', 'Name'],
  'AWS::Events::Rule': ['events', 'rule/', 'Name'],
  'AWS::IAM::Role': ['iam', 'role/', 'RoleName'],
  'AWS::Lambda::Function': ['lambda', 'function:', 'FunctionName'],
  'AWS::S3::Bucket': ['s3', '', 'BucketName'],
  'AWS::SNS::Topic': ['sns', '', 'TopicName'],
  'AWS::SQS::Queue': ['sqs', '', 'QueueName'],
}

/** A value of a template with its references resolved, as CloudFormation would in `localAccount`. @throws Error for an unknown one */
export function resolved(value: unknown, resources: TemplateResources): unknown {
  if (Array.isArray(value)) return value.map((one) => resolved(one, resources))
  if (typeof value !== 'object' || value === null) return value
  const [[key, inner] = ['', undefined], ...others] = Object.entries(value)
  if (others.length === 0 && key === 'Ref') return pseudo[String(inner)] ?? refOf(String(inner), resources)
  if (others.length === 0 && key === 'Fn::GetAtt') return attribute(inner, resources)
  if (others.length === 0 && key === 'Fn::Sub') {
    return String(inner).replaceAll(/\$\{([^}]+)\}/g, (_, name: string) => {
      if (pseudo[name] !== undefined) return pseudo[name]
      return String(resolved(name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name }, resources))
    })
  }
  if (others.length === 0 && key === 'Fn::Join') {
    const [by, parts] = resolved(inner, resources) as [string, readonly string[]]
    return parts.join(by)
  }
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, resolved(one, resources)]))
}

/** What `Ref` gives: a topic's ARN, else the resource's name. */
function refOf(id: string, resources: TemplateResources): unknown {
  const { Type, Properties = {} } = found(id, resources)
  if (Type === 'AWS::SNS::Topic') return arnOf(id, resources)
  const name = resolved(Properties[arns[Type]?.[2] ?? 'Name'], resources)
  return name ?? id
}

function attribute(inner: unknown, resources: TemplateResources): unknown {
  const [id = '', name = ''] = Array.isArray(inner) ? inner : String(inner).split('.')
  if (name !== 'Arn') throw new Error(`${id}.${name} is not resolved here`)
  return arnOf(id, resources)
}

function arnOf(id: string, resources: TemplateResources): string {
  const { Type, Properties = {} } = found(id, resources)
  const parts = arns[Type]
  if (parts === undefined) throw new Error(`the ARN of ${id}, of ${Type}, is not known here`)
  const [service, before, property] = parts
  const place = service === 's3' ? ':' : service === 'iam' ? `:${localAccount}` : `${pseudo['AWS::Region']}:${localAccount}`
  return `arn:aws:${service}:${place}:${before}${resolved(Properties[property], resources) ?? id}`
}

function found(id: string, resources: TemplateResources): TemplateResource {
  const resource = resources[id]
  if (resource === undefined) throw new Error(`there is no ${id} in the template`)
  return resource
}
