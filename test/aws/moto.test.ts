import { CreateClusterCommand, EKSClient } from '@aws-sdk/client-eks'
import { CreateEventBusCommand, EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateScheduleCommand, CreateScheduleGroupCommand, GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { scheduledSuites, schedules } from '../../deploy/aws/schedules.ts'
import { readDeployment } from '../../functions/shared/deployment.ts'
import { credentialsOf } from '../../lib/adapters/aws/credentials.ts'
import { describeEks } from '../../lib/adapters/eks/connect.ts'
import { advanceCall } from '../../lib/adapters/eventbridge/advance.ts'
import { openBus } from '../../lib/adapters/eventbridge/bus.ts'
import { eventBridgeNotifier } from '../../lib/adapters/eventbridge/notifier.ts'
import { readSecret } from '../../lib/adapters/secrets/read-secret.ts'
import type { Notice } from '../../lib/domain/notice.ts'
import { type Moto, motoCredentials, startMoto } from '../../sandbox/aws/moto.ts'
import { describeWith } from '../support/tools.ts'

const region = 'eu-central-1'
const names = ['AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'] as const
const before = names.map((name) => [name, process.env[name]] as const)

const notice: Notice = {
  id: 'run-1#6#0',
  kind: 'fault.active',
  at: Date.UTC(2026, 0, 5, 9, 0, 3),
  severity: 'info',
  haltCommand: 'kubectl delete jobs -A -l app.kubernetes.io/managed-by=faultline',
  topic: 'run-1',
  run: {
    id: 'run-1',
    suite: 'Quick',
    cluster: 'production',
    clusterUid: 'c0ffee',
    namespace: 'jadevectordb-system',
    simulated: false,
    status: 'holding',
    requestedAt: Date.UTC(2026, 0, 5, 9),
  },
  step: { index: 0, name: 'Cut', fault: 'network-partition', targets: Array.from({ length: 150 }, (_, n) => `pod-${n}`) },
  message: 'network-partition bites',
  data: {},
}

function onMoto(): void {
  let moto: Moto
  const options = () => ({ region, endpoint: moto.url, credentials: motoCredentials })

  beforeAll(async () => {
    moto = await startMoto()
    const values = { AWS_ENDPOINT_URL: moto.url, AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_REGION: region }
    Object.assign(process.env, values)
  }, 60_000)

  afterAll(async () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    await moto.close()
  })

  /** A bus whose events of one source come to a queue, read back from there. */
  async function busWithQueue(name: string): Promise<() => Promise<readonly Record<string, unknown>[]>> {
    const [events, sqs] = [new EventBridgeClient(options()), new SQSClient(options())]
    await events.send(new CreateEventBusCommand({ Name: name }))
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }))
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
    await events.send(new PutRuleCommand({ Name: 'all', EventBusName: name, EventPattern: JSON.stringify({ source: ['faultline'] }) }))
    await events.send(new PutTargetsCommand({ Rule: 'all', EventBusName: name, Targets: [{ Id: '1', Arn: Attributes?.QueueArn ?? '' }] }))
    return async () => {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
      return Messages.map((message) => JSON.parse(message.Body ?? '{}'))
    }
  }

  it('takes lifecycle events, which come out as they are documented', async () => {
    const read = await busWithQueue('lifecycle')
    await eventBridgeNotifier(openBus({ name: 'lifecycle', region })).notify(notice)
    const [event] = await read()
    expect(event).toMatchObject({ source: 'faultline', 'detail-type': 'fault.active' })
    expect(event?.detail).toMatchObject({
      id: 'run-1#6#0',
      at: '2026-01-05T09:00:03.000Z',
      run: { id: 'run-1', requestedAt: '2026-01-05T09:00:00.000Z' },
      step: { targetCount: 150 },
    })
    expect(Object(event?.detail).step.targets).toHaveLength(100)
  })

  it('takes the call for a successor', async () => {
    const read = await busWithQueue('calls')
    await advanceCall(openBus({ name: 'calls', region }), { now: () => 0 })('run-1')
    expect(await read()).toEqual([expect.objectContaining({ 'detail-type': 'advance', detail: { runId: 'run-1' } })])
  })

  it('takes every schedule of the template, and gives it back as it was meant', async () => {
    const scheduler = new SchedulerClient(options())
    await scheduler.send(new CreateScheduleGroupCommand({ Name: 'faultline-test' }))
    const suites = scheduledSuites('experiments')
    const made = schedules({ stage: 'test', prefix: 'faultline-test' }, suites, readDeployment('faultline.config.json', 'test'))
    const found = Object.values(made).filter(({ Type }) => Type === 'AWS::Scheduler::Schedule')
    expect(found).toHaveLength(suites.length + 1)
    for (const { Properties } of found) {
      // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's own shapes
      const properties = Properties as any
      const arn = (service: string) => `arn:aws:${service}:${region}:123456789012:x`
      const Target = { ...properties.Target, Arn: arn('lambda'), RoleArn: arn('iam'), DeadLetterConfig: { Arn: arn('sqs') } }
      await scheduler.send(new CreateScheduleCommand({ ...properties, GroupName: 'faultline-test', Target }))
      const stored = await scheduler.send(new GetScheduleCommand({ Name: properties.Name, GroupName: 'faultline-test' }))
      const { Name, ScheduleExpression, ScheduleExpressionTimezone, State } = properties
      expect(stored).toMatchObject({ Name, ScheduleExpression, ScheduleExpressionTimezone, State, Target })
    }
  })

  it('describes an EKS cluster, and says of an unknown one that there is none', async () => {
    const eks = new EKSClient(options())
    const subnets = { subnetIds: ['subnet-1'] }
    await eks.send(
      new CreateClusterCommand({ name: 'production', roleArn: 'arn:aws:iam::123456789012:role/eks', resourcesVpcConfig: subnets }),
    )
    const credentials = await credentialsOf({ region, roleArn: null }, () => 0)
    const address = await describeEks({ name: 'production', region }, credentials)
    expect(address.endpoint).toMatch(/^https:\/\/.+\.eks\.amazonaws\.com/)
    expect(address.caData.length).toBeGreaterThan(100)
    await expect(describeEks({ name: 'other', region }, credentials)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('lets a role of another account be assumed, once for as long as its credentials last', async () => {
    const roleArn = 'arn:aws:iam::210987654321:role/faultline'
    let now = Date.now()
    const credentials = await credentialsOf({ region, roleArn }, () => now)
    const first = await credentials()
    expect(await credentials()).toBe(first)
    const { Arn, Account } = await new STSClient({ ...options(), credentials: first }).send(new GetCallerIdentityCommand({}))
    expect([Arn, Account]).toEqual(['arn:aws:sts::210987654321:assumed-role/faultline/faultline', '210987654321'])
    now += 56 * 60_000
    expect((await credentials()).accessKeyId).not.toBe(first.accessKeyId)
  })

  it('keeps kubeconfigs as secrets and parameters, which are read back', async () => {
    await new SecretsManagerClient(options()).send(new CreateSecretCommand({ Name: 'kube', SecretString: 'from a secret' }))
    await new SSMClient(options()).send(new PutParameterCommand({ Name: '/kube', Value: 'from a parameter', Type: 'SecureString' }))
    const credentials = await credentialsOf({ region, roleArn: null }, () => 0)
    expect(await readSecret({ store: 'secrets-manager', id: 'kube', region }, credentials)).toBe('from a secret')
    expect(await readSecret({ store: 'parameter-store', id: '/kube', region }, credentials)).toBe('from a parameter')
    await expect(readSecret({ store: 'secrets-manager', id: 'none', region }, credentials)).rejects.toMatchObject({ code: 'not_found' })
  })
}

describeWith(['moto_server'], 'AWS services on moto_server', onMoto)
