import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { CreateTopicCommand, SetSubscriptionAttributesCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { toOutletError } from '../../../lib/adapters/sns/errors.ts'
import { createSnsNotifier, type SnsNotifier } from '../../../lib/adapters/sns/notifier.ts'
import { FaultlineError } from '../../../lib/domain/errors.ts'
import { type Moto, motoCredentials, startMoto } from '../../../sandbox/aws/moto.ts'
import { noticeOf } from '../../support/notices.ts'
import { partition, stepOf, suiteOf } from '../../support/suites.ts'
import { describeWith } from '../../support/tools.ts'
import { openWorld, type World } from '../../support/world.ts'

const region = 'eu-central-1'

/** A topic and a queue that gets what passes the filter. */
class Mailbox {
  readonly #sns: SNSClient
  readonly #sqs: SQSClient
  topicArn = ''
  #queueUrl = ''

  constructor(endpoint: string) {
    this.#sns = new SNSClient({ region, endpoint, credentials: motoCredentials })
    this.#sqs = new SQSClient({ region, endpoint, credentials: motoCredentials })
  }

  async open(name: string, filter: object): Promise<void> {
    this.topicArn = (await this.#sns.send(new CreateTopicCommand({ Name: name }))).TopicArn ?? ''
    this.#queueUrl = (await this.#sqs.send(new CreateQueueCommand({ QueueName: name }))).QueueUrl ?? ''
    const attributes = await this.#sqs.send(new GetQueueAttributesCommand({ QueueUrl: this.#queueUrl, AttributeNames: ['QueueArn'] }))
    const subscription = await this.#sns.send(
      new SubscribeCommand({
        TopicArn: this.topicArn,
        Protocol: 'sqs',
        Endpoint: attributes.Attributes?.QueueArn,
        ReturnSubscriptionArn: true,
      }),
    )
    await this.#sns.send(
      new SetSubscriptionAttributesCommand({
        SubscriptionArn: subscription.SubscriptionArn,
        AttributeName: 'FilterPolicy',
        AttributeValue: JSON.stringify(filter),
      }),
    )
  }

  /** Everything that has come, the envelope opened. */
  async empty(): Promise<
    readonly { readonly subject: string; readonly body: { readonly kind: string; readonly id: string }; readonly attributes: object }[]
  > {
    const all = []
    for (;;) {
      const { Messages = [] } = await this.#sqs.send(new ReceiveMessageCommand({ QueueUrl: this.#queueUrl, MaxNumberOfMessages: 10 }))
      if (Messages.length === 0) return all
      for (const { Body } of Messages) {
        const { Subject, Message, MessageAttributes } = JSON.parse(Body ?? '')
        const attributes = Object.fromEntries(
          Object.entries<{ Value: string }>(MessageAttributes).map(([name, { Value }]) => [name, Value]),
        )
        all.push({ subject: Subject, body: JSON.parse(Message), attributes })
      }
    }
  }

  close(): void {
    this.#sns.destroy()
    this.#sqs.destroy()
  }
}

/** In front of moto: may refuse, or do what is asked and lose the answer. */
async function troubledWay(
  to: string,
): Promise<{ readonly url: string; mode: 'refuse' | 'lose' | 'pass'; calls: number; readonly server: Server }> {
  const server = createServer(async (request, response) => {
    way.calls++
    const body = await text(request)
    if (way.mode === 'refuse') return response.writeHead(503).end()
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== 'host' && name !== 'content-length'))
    const answer = await fetch(to, { method: 'POST', headers: headers as Record<string, string>, body })
    const answered = await answer.text()
    if (way.mode === 'lose') return request.socket.destroy()
    return response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' }).end(answered)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const way = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    mode: 'pass' as 'refuse' | 'lose' | 'pass',
    calls: 0,
    server,
  }
  return way
}

describeWith(['moto_server'], 'SNS, through moto to an SQS queue', () => {
  let moto: Moto
  let world: World
  let way: Awaited<ReturnType<typeof troubledWay>>
  let mailbox: Mailbox
  let notifier: SnsNotifier
  let n = 0

  beforeAll(async () => {
    moto = await startMoto()
  }, 60_000)
  afterAll(() => moto.close())

  beforeEach(async () => {
    world = await openWorld()
    way = await troubledWay(moto.url)
    mailbox = new Mailbox(moto.url)
  })
  afterEach(async () => {
    notifier.close()
    mailbox.close()
    way.server.closeAllConnections()
    await new Promise((resolve) => way.server.close(resolve))
    await world.close()
  })

  const subscribe = async (filter: object) => {
    await mailbox.open(`alerts-${++n}`, filter)
    notifier = createSnsNotifier({
      topicArn: mailbox.topicArn,
      endpoint: way.url,
      credentials: motoCredentials,
      timeoutMs: 30_000,
      reportUrl: async (run) => `https://r.example/${run}`,
    })
    world.stuckTurns = 5_000
    const { notify: tell } = world.tracked('sns', { notify: notifier.notify })
    return { ...notifier, notify: tell }
  }

  it('brings exactly the messages of a game day that pass the filter policy', async () => {
    const tracked = await subscribe({
      suite: ['Nächtlich 測試'],
      severity: ['info', 'warning'],
      kind: [{ 'anything-but': ['run.started'] }],
    })
    const suite = suiteOf([stepOf(partition)], { name: 'Nächtlich 測試' })
    const run = await world.run(world.engine('driver-1', { notifiers: [tracked] }), suite)
    await world.run(world.engine('driver-1', { notifiers: [tracked] }), suiteOf([stepOf(partition)]), { key: 'another suite' })
    expect(await mailbox.empty()).toMatchObject([
      {
        subject: 'Faultline: run succeeded: Nachtlich ? in sandbox/jadevectordb-system',
        body: {
          schemaVersion: 1,
          kind: 'run.finished',
          id: expect.stringMatching(new RegExp(`^${run.id}#\\d+#0$`)),
          run: { id: run.id, status: 'succeeded' },
          reportUrl: `https://r.example/${run.id}`,
        },
        attributes: {
          kind: 'run.finished',
          severity: 'info',
          suite: 'Nächtlich 測試',
          cluster: 'sandbox',
          namespace: 'jadevectordb-system',
          run: run.id,
          verdict: 'succeeded',
        },
      },
    ])
  })

  it('brings once what a broken connection left uncertain', async () => {
    const tracked = await subscribe({ severity: ['info'] })
    way.mode = 'lose'
    await world.run(world.engine('driver-1', { notifiers: [tracked] }), suiteOf([stepOf(partition)]))
    const kinds = (await mailbox.empty()).map(({ body }) => body.kind)
    expect(kinds).toEqual(['run.started', 'run.finished'])
    expect(way.calls).toBe(2)
  })

  it('brings once what was refused for a while', async () => {
    const tracked = await subscribe({ severity: ['info'] })
    way.mode = 'refuse'
    const engine = world.engine('driver-1', {
      notifiers: [tracked],
      observe: ({ run }) => {
        if (run.status === 'recovering') way.mode = 'pass'
      },
    })
    await world.run(engine, suiteOf([stepOf(partition)]))
    const kinds = (await mailbox.empty()).map(({ body }) => body.kind)
    expect(kinds.toSorted()).toEqual(['run.finished', 'run.started'])
    expect(way.calls).toBeGreaterThan(3)
  })

  it('says of a failure whether it is certain that nothing was told', async () => {
    await subscribe({ severity: ['info'] })
    const failure = async (mode: typeof way.mode) => {
      way.mode = mode
      const error = await notifier.notify(noticeOf('run.started')).catch((thrown: unknown) => thrown)
      return error instanceof FaultlineError ? { code: error.code, isCertain: error.retryable } : error
    }
    expect(await failure('refuse')).toEqual({ code: 'unavailable', isCertain: true })
    expect(await failure('lose')).toEqual({ code: 'unavailable', isCertain: false })
    const topicArn = `${mailbox.topicArn}-gone`
    const unknown = createSnsNotifier({ topicArn, endpoint: moto.url, credentials: motoCredentials, timeoutMs: 30_000 })
    await expect(unknown.notify(noticeOf('run.started'))).rejects.toMatchObject({ code: 'unavailable', retryable: true })
  })
})

describe('a call to SNS', () => {
  const failed = (error: object) => toOutletError(Object.assign(new Error('it failed'), error), 'publish to t')

  it.each([
    [{ code: 'ECONNREFUSED', syscall: 'connect' }],
    [{ code: 'ENOTFOUND', syscall: 'getaddrinfo' }],
    [{ name: 'CredentialsProviderError' }],
    [{ name: 'ThrottledException', $metadata: { httpStatusCode: 429 } }],
    [{ name: 'AuthorizationErrorException', $metadata: { httpStatusCode: 403 } }],
  ])('that never left, or was answered with no, certainly told nothing: %j', (error) => {
    expect(failed(error)).toMatchObject({ code: 'unavailable', retryable: true })
  })

  it.each([[{ name: 'TimeoutError', $metadata: {} }], [{ code: 'ECONNRESET', syscall: 'read' }], [{}]])(
    'that broke off may have told: %j',
    (error) => {
      expect(failed(error)).toMatchObject({
        code: 'unavailable',
        retryable: false,
        message: expect.stringMatching(/^publish to t: .*it failed$/),
      })
    },
  )
})

describe('an SNS topic', () => {
  it.each(['alerts', 'arn:aws:sqs:eu-central-1:123456789012:alerts', 'arn:aws:sns::123456789012:alerts'])(
    'must be an ARN: %s',
    (topicArn) => {
      expect(() => createSnsNotifier({ topicArn })).toThrow(
        `SNS topic: expected an ARN like arn:aws:sns:eu-central-1:123456789012:alerts, found "${topicArn}"`,
      )
    },
  )
})
