import { afterEach, describe, expect, it } from '@jest/globals'
import type { ClusterEntry, Deployment } from '../../functions/shared/deployment.ts'
import type { ClusterSource, Run } from '../../lib/domain/run.ts'
import { isEnded } from '../../lib/domain/run.ts'
import { transition } from '../../lib/domain/transition.ts'
import { localAccount } from '../../sandbox/aws/aws-call.ts'
import { openGate } from '../../sandbox/aws/gate.ts'
import type { FunctionShortName } from '../../sandbox/aws/lambda.ts'
import type { LocalAws } from '../../sandbox/aws/local-aws.ts'
import { resolved } from '../support/cloudformation.ts'
import { serve } from '../support/http-server.ts'
import { Role } from '../support/iam.ts'
import { openWithRoles, packagedResources, rolesWith } from '../support/local-aws.ts'
import { requestedRun } from '../support/runs.ts'

const region = 'eu-central-1'
const names = ['start', 'advance', 'reap', 'look', 'control', 'halt', 'resume', 'approve'] as const
const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${localAccount}:${rest}`
const fault = (duration: number) => ({
  name: 'Cut',
  type: 'network_partition',
  params: { partition_type: 'random', mechanism: 'policy' },
  duration,
})
const suiteOf = (duration: number, more: object = {}) => ({ name: 'Played', gracePeriod: 1, experiments: [fault(duration)], ...more })

/** Each function does all that it ever asks AWS for. `others`: clusters beside the embedded one, none of which is there. */
async function playAll(aws: LocalAws, others: Readonly<Record<string, ClusterEntry>>, more: object = {}): Promise<void> {
  const suite = { ...suiteOf(2), ...more }
  const { run } = Object(await aws.invoke('start', { suite }))
  const played = (await aws.store.runs.load(run)) as Run
  await aws.invoke('start', { suite, wait: false })
  await aws.idle()
  await aws.invoke('control', { action: 'replay', run, wait: true })
  await aws.invoke('control', { action: 'pause', suite: 'quick-test-suite' })
  await aws.invoke('control', { action: 'unpause', suite: 'quick-test-suite' })
  await aws.invoke('control', { action: 'status' })
  await aws.invoke('look', { action: 'status' })
  await aws.invoke('look', { action: 'status', run })
  await aws.invoke('look', { action: 'audit' })
  await aws.invoke('look', { action: 'runs', suite: 'Played' })
  await aws.invoke('look', { action: 'record', run: 'latest' })
  await aws.invoke('control', { action: 'reap' })
  await aws.invoke('control', { action: 'doctor', only: ['permissions'] })
  await aws.invoke('halt', {})
  await aws.invoke('resume', {})
  // The call for a successor was lost: the next round of the reaper goes on with the run.
  const requested = { ...requestedRun(played.suite), requestedAt: Date.now() }
  const offered = { lease: { owner: 'gone', until: Date.now() + 60_000 }, handover: true }
  // What its driver could not write into the audit trail is written by who goes on.
  const data = { guards: 'other' }
  const events: Run['events'] = [{ version: 1, n: 0, at: Date.now(), type: 'requested', step: null, message: 'requested', data }]
  const left = { ...requested, ...offered, events, cluster: played.cluster }
  await aws.store.runs.create({ ...left, id: 'handed-over' })
  await aws.store.runs.create({ ...left, id: 'offered' })
  await aws.invoke('advance', { 'detail-type': 'advance', detail: { runId: 'offered' } })
  const plan = 'a'.repeat(64)
  const asked = { type: 'approval_needed', request: { plan, steps: [] }, expiresAt: Date.now() + 60_000 } as const
  await aws.store.runs.create(transition({ ...left, id: 'waiting' }, asked, Date.now()))
  await aws.invoke('approve', { run: 'waiting' })
  await aws.invoke('approve', { run: 'waiting', plan })
  await aws.idle()
  // What is not there is a failure of the round, told after all that could be done was done.
  await aws.invoke('reap', {}).catch(() => undefined)
  expect((await aws.store.runs.list()).filter((one) => !isEnded(one))).toEqual([])
  for (const [name, entry] of Object.entries(others)) {
    await aws.invoke('start', { suite, cluster: name })
    await aws.invoke('control', { action: 'plan', suite: 'quick-test-suite', cluster: name }).catch(() => undefined)
    const id = `lost-${name}`
    await aws.store.runs.create({
      ...requested,
      lease: { owner: 'gone', until: 1 },
      id,
      cluster: { uid: 'elsewhere', name, via: sourceOf(entry), simulated: false },
    })
    await aws.invoke('advance', { 'detail-type': 'advance', detail: { runId: id } }, { timeoutMs: 5_000 }).catch(() => undefined)
  }
}

function sourceOf(entry: ClusterEntry): ClusterSource {
  const { eks, secret, parameter, roleArn = null } = entry
  if (eks !== undefined) return { kind: 'eks', name: eks, region, roleArn }
  const store = secret === undefined ? 'parameter-store' : 'secrets-manager'
  return { kind: 'secret', store, id: secret ?? parameter ?? '', region, roleArn, context: null }
}

/** What AWS' own services do in a function's name, beside what the function asks for. */
function byServices(name: FunctionShortName): readonly (readonly [action: string, resource: string])[] {
  const stream = arn('logs', `log-group:/aws/lambda/faultline-dev-${name}:log-stream:2026/01/05/[$LATEST]1a2b`)
  // Lambda writes what a function prints, and puts away an event that failed for good; the reaper's are made anew every minute.
  const logs = ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => [action, stream] as const)
  return [
    ...logs,
    // Asked where two people approve at the same moment.
    ...(name === 'approve' ? ([['dynamodb:GetItem', arn('dynamodb', 'table/faultline-dev')]] as const) : []),
    ...(name === 'reap' || name === 'look'
      ? []
      : ([
          [
            'sqs:SendMessage',
            arn('sqs', `faultline-dev-${['control', 'halt', 'resume', 'approve'].includes(name) ? 'by-hand' : name}-dlq`),
          ],
        ] as const)),
  ]
}

/** What is asked of AWS FIS before a start on an EKS cluster that answers; here none does. */
function ofEks(name: FunctionShortName): readonly (readonly [action: string, resource: string])[] {
  if (!['start', 'advance', 'reap', 'control'].includes(name)) return []
  const ofOne = ['fis:GetExperiment', 'fis:ListExperimentResolvedTargets'].map((action) => [action, arn('fis', 'experiment/EXP1')] as const)
  return [['fis:ListExperiments', '*'], ...ofOne]
}

async function letServicesCall(roles: Roles, calls: typeof byServices): Promise<readonly string[]> {
  const refusals = names.flatMap((caller) =>
    calls(caller).map(async ([action, resource]) => {
      const refusal = await roles[caller].refusal({ caller, action, resource }, contexts[action] ?? {})
      return refusal === undefined ? [] : [`${caller} ${action} ${resource}: ${refusal}`]
    }),
  )
  return (await Promise.all(refusals)).flat()
}

const aliased = { 'kms:ResourceAliases': ['alias/alerts'] }
const contexts: Readonly<Record<string, Record<string, string[]>>> = { 'kms:GenerateDataKey': aliased, 'kms:Decrypt': aliased }

describe('what the packaged roles allow', () => {
  it('is each call that the packaged functions make, and nothing that none of them makes', async () => {
    const roles = rolesWith(undefined)
    const others = { default: { eks: 'jadevectordb' } }
    const deployment: Partial<Deployment> = { clusters: others, defaultCluster: 'embedded' }
    const aws = await openWithRoles({ deployment, sandbox: { replicas: 6 } }, roles)
    closers.push(() => aws.close())
    await playAll(aws, others)
    expect(aws.refused).toEqual([])
    expect(await letServicesCall(roles, (name) => [...byServices(name), ...ofEks(name)])).toEqual([])
    expect(await needless(roles)).toEqual({ start: [], advance: [], reap: [], look: [], control: [], halt: [], resume: [], approve: [] })
  })
})

it('what the role of the schedules allows is to invoke each target and to put away what is lost, and nothing else', async () => {
  const resources = packagedResources()
  const role = new Role('SchedulerRole', resources)
  // A suite's schedule invokes `start`, as that of the packaged suites does; no schedule needs another function.
  const targets = Object.values(resources)
    .filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
    .map(
      ({ Properties }) =>
        resolved(Properties?.Target, resources) as { readonly Arn: string; readonly DeadLetterConfig?: { readonly Arn: string } },
    )
  expect(targets.length).toBeGreaterThan(1)
  for (const { Arn, DeadLetterConfig } of targets) {
    const calls = [['lambda:InvokeFunction', Arn], ...(DeadLetterConfig === undefined ? [] : [['sqs:SendMessage', DeadLetterConfig.Arn]])]
    for (const [action = '', resource = ''] of calls) {
      expect([Arn, action, await role.refusal({ caller: 'scheduler', action, resource })]).toEqual([Arn, action, undefined])
    }
  }
  expect(await role.needless()).toEqual([])
})

/** What AWS does in a function's name where the configuration asks for a network, for traces, for a key, and for reports behind a link. */
function byServicesWithAll(name: FunctionShortName): readonly (readonly [action: string, resource: string])[] {
  const network = arn('ec2', 'network-interface/eni-1a2b')
  const here = [
    ['ec2:CreateNetworkInterface', network],
    ['ec2:DescribeNetworkInterfaces', '*'],
    ['ec2:DescribeSubnets', '*'],
    ['ec2:DeleteNetworkInterface', network],
    ['ec2:AssignPrivateIpAddresses', network],
    ['ec2:UnassignPrivateIpAddresses', network],
    ['xray:PutTraceSegments', '*'],
    ['xray:PutTelemetryRecords', '*'],
  ] as const
  const ofDrivers = [
    // SNS makes a data key in the sender's name.
    ['kms:GenerateDataKey', arn('kms', 'key/1a2b')],
    ['kms:Decrypt', arn('kms', 'key/1a2b')],
    // A link in an alert is signed by the function, and followed by a person.
    ['s3:GetObject', 'arn:aws:s3:::reports-of-game-days/faultline/run-1.html'],
  ] as const
  // A switch alerts no person and links to no report.
  return [...byServices(name), ...here, ...(['look', 'halt', 'resume', 'approve'].includes(name) ? [] : ofDrivers)]
}

describe('what a configuration with everything allows', () => {
  it('is each call that the packaged functions make, and nothing that none of them makes', async () => {
    const metrics = await serve((_, response) => {
      const data = { resultType: 'vector', result: [{ metric: {}, value: [0, '1'] }] }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ status: 'success', data }))
    })
    closers.push(metrics.close)
    let roles: Roles | undefined
    const asked = await openGate({
      upstream: () => metrics.url,
      authorize: async (call) => roles?.[call.caller as FunctionShortName].refusal(call),
    })
    closers.push(asked.close)
    const others = {
      elsewhere: { eks: 'production', roleArn: 'arn:aws:iam::210987654321:role/faultline' },
      secret: { secret: 'kube' },
      parameter: { parameter: '/kube' },
    }
    const deployment: Partial<Deployment> = {
      clusters: others,
      defaultCluster: 'embedded',
      reportBucket: 'reports-of-game-days',
      prometheus: { url: `${asked.url}/workspaces/ws-1a2b/`, sigv4Region: region },
      vpc: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] },
      xray: true,
      alertTopicKmsKey: 'alias/alerts',
    }
    roles = rolesWith(deployment)
    const aws = await openWithRoles({ deployment, sandbox: { replicas: 6 } }, roles)
    closers.push(() => aws.close())
    await playAll(aws, others, { probes: [{ name: 'Orders', type: 'prometheus', query: 'sum(orders)', tolerance: { min: 0 } }] })
    expect([aws.refused, asked.refused]).toEqual([[], []])
    expect(await letServicesCall(roles, byServicesWithAll)).toEqual([])
    expect(await needless(roles)).toEqual({ start: [], advance: [], reap: [], look: [], control: [], halt: [], resume: [], approve: [] })
  })
})

type Roles = Readonly<Record<FunctionShortName, Role>>

async function needless(roles: Roles) {
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await roles[name].needless()] as const)))
}
