import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { ListTopicsCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterEach, expect, it } from '@jest/globals'
import type { LocalAws } from '../../sandbox/aws/local-aws.ts'
import { openWithRoles } from '../support/local-aws.ts'
import { describeWith } from '../support/tools.ts'

const region = 'eu-central-1'
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const suite = {
  name: 'Told',
  gracePeriod: 1,
  experiments: [{ name: 'Restart', type: 'node_failure', params: { failure_type: 'pod-delete' }, duration: 2 }],
}

let aws: LocalAws | undefined

afterEach(async () => {
  await aws?.close()
  expect(aws?.refused).toEqual([])
})

/** Queues everything that the topic says; returns the messages' bodies. */
async function listen(endpoint: string): Promise<() => Promise<readonly Record<string, unknown>[]>> {
  const sns = new SNSClient({ region, endpoint, credentials })
  const sqs = new SQSClient({ region, endpoint, credentials })
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'told' }))
  const { Topics } = await sns.send(new ListTopicsCommand({}))
  const Endpoint = `arn:aws:sqs:${region}:123456789012:told`
  const Attributes = { RawMessageDelivery: 'true' }
  await sns.send(new SubscribeCommand({ TopicArn: Topics?.[0]?.TopicArn, Protocol: 'sqs', Endpoint, Attributes }))
  return async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }))
    return Messages.map(({ Body }) => JSON.parse(Body ?? ''))
  }
}

describeWith(['moto_server'], 'a packaged run', () => {
  it('tells the topic, and leaves its reports in the bucket, where the message leads to', async () => {
    aws = await openWithRoles({ deployment: { reportBucket: 'reports-of-game-days' } })
    const endpoint = aws.moto?.url ?? ''
    const s3 = new S3Client({ region, endpoint, credentials, forcePathStyle: true })
    const CreateBucketConfiguration = { LocationConstraint: region } as const
    await s3.send(new CreateBucketCommand({ Bucket: 'reports-of-game-days', CreateBucketConfiguration }))
    const heard = await listen(endpoint)
    const { run } = Object(await aws.invoke('start', { suite }))

    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'reports-of-game-days' }))
    expect(Contents.map(({ Key }) => Key).sort()).toEqual([`faultline/${run}.html`, `faultline/${run}.json`, `faultline/${run}.xml`])
    const messages = await heard()
    expect(messages.map(({ kind }) => kind).sort()).toEqual(['run.finished', 'run.started'])
    const finished = messages.find(({ kind }) => kind === 'run.finished')
    const page = await fetch(String(finished?.reportUrl))
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^text\/html/)])
    expect(await page.text()).toContain(run)
  })
})
