/** One request to AWS, as far as IAM looks at it. */
export interface AwsCall {
  /** The access key that signed it. */
  readonly caller: string
  /** As a policy names it, e.g. `dynamodb:PutItem`. */
  readonly action: string
  /** ARN of what it is done to. */
  readonly resource: string
}

/** An HTTP request to AWS. */
export interface AwsRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

/** The account that all is played in. */
export const localAccount = '123456789012'

interface Signed {
  readonly caller: string
  readonly region: string
  readonly service: string
}

/** Who signed a request, for which service: from its header, or from the query of a presigned one. */
export function signerOf({ url, headers }: AwsRequest): Signed {
  const scope =
    /Credential=([^,\s]+)/.exec(String(headers.authorization))?.[1] ?? new URL(url, 'http://aws').searchParams.get('X-Amz-Credential') ?? ''
  const [caller = '', , region = '', service = ''] = scope.split('/')
  return { caller, region, service }
}

/**
 * What IAM has to allow for a request: one call for each resource that it touches.
 *
 * @throws Error for a request of an API that no function is known to use
 */
export function callsOf(request: AwsRequest): readonly AwsCall[] {
  const signed = signerOf(request)
  const read = readers[signed.service]
  if (read === undefined) throw new Error(`no permission is known for ${signed.service} ${request.method} ${request.url}`)
  const { action, resources } = read(request, signed)
  const prefix = prefixes[signed.service] ?? signed.service
  return resources.map((resource) => ({ caller: signed.caller, action: `${prefix}:${action}`, resource }))
}

/** What policies call a service that signs under another name. */
const prefixes: Readonly<Record<string, string>> = { monitoring: 'cloudwatch' }

/** IAM knows a PartiQL statement by its verb. @throws Error for one that no function is known to use */
function ofStatement(statement: string, signed: Signed): Asked {
  const [, table] = /^INSERT INTO "([\w.-]+)"/.exec(statement) ?? []
  if (table === undefined) throw new Error(`no permission is known for ${statement}`)
  return { action: 'PartiQLInsert', resources: [arn(signed, `table/${table}`)] }
}

interface Asked {
  readonly action: string
  readonly resources: readonly string[]
}

const readers: Readonly<Record<string, (request: AwsRequest, signed: Signed) => Asked>> = {
  dynamodb: (request, signed) => {
    const { TableName, IndexName, RequestItems = {}, Statement } = jsonBody(request)
    if (typeof Statement === 'string') return ofStatement(Statement, signed)
    const index = IndexName === undefined ? '' : `/index/${IndexName}`
    const tables = TableName === undefined ? Object.keys(Object(RequestItems)) : [`${TableName}${index}`]
    return { action: target(request), resources: tables.map((name) => arn(signed, `table/${name}`)) }
  },
  events: (request, signed) => {
    const entries = (jsonBody(request).Entries ?? []) as readonly { readonly EventBusName?: string }[]
    const buses = new Set(entries.map(({ EventBusName = 'default' }) => EventBusName))
    return { action: target(request), resources: [...buses].map((name) => arn(signed, `event-bus/${name}`)) }
  },
  secretsmanager: (request, signed) => {
    const id = String(jsonBody(request).SecretId)
    // Secrets Manager ends the ARN of a secret with six characters of its own choice.
    return { action: target(request), resources: [id.startsWith('arn:') ? id : arn(signed, `secret:${id}-AbCdEf`)] }
  },
  ssm: (request, signed) => {
    const name = String(jsonBody(request).Name)
    return { action: target(request), resources: [name.startsWith('arn:') ? name : arn(signed, `parameter/${name.replace(/^\//, '')}`)] }
  },
  monitoring: (request, { region }) => {
    const { AlarmNames = [] } = jsonBody(request) as { readonly AlarmNames?: readonly string[] }
    const alarms = AlarmNames.map((name) => `arn:aws:cloudwatch:${region}:${localAccount}:alarm:${name}`)
    return { action: target(request), resources: alarms.length === 0 ? ['*'] : alarms }
  },
  sns: (request) => ofForm(request, 'TopicArn'),
  sts: (request) => ofForm(request, 'RoleArn'),
  eks: ({ url }, signed) => ({ action: 'DescribeCluster', resources: [arn(signed, `cluster/${/^\/clusters\/([^/?]+)$/.exec(url)?.[1]}`)] }),
  s3: ({ method, url }) => {
    const [path = ''] = url.split('?')
    return { action: method === 'GET' ? 'GetObject' : 'PutObject', resources: [`arn:aws:s3:::${decodeURIComponent(path.slice(1))}`] }
  },
  aps: ({ url }, signed) => ({ action: 'QueryMetrics', resources: [arn(signed, `workspace/${/\/workspaces\/([^/]+)/.exec(url)?.[1]}`)] }),
}

const arn = ({ service, region }: Signed, rest: string) => `arn:aws:${service}:${region}:${localAccount}:${rest}`

/** `DynamoDB_20120810.PutItem` → `PutItem`. */
const target = ({ headers }: AwsRequest) => String(headers['x-amz-target']).split('.').at(-1) ?? ''

const jsonBody = ({ body }: AwsRequest): Readonly<Record<string, unknown>> => JSON.parse(body)

function ofForm({ body }: AwsRequest, key: string): Asked {
  const form = new URLSearchParams(body)
  return { action: form.get('Action') ?? '', resources: [form.get(key) ?? ''] }
}
