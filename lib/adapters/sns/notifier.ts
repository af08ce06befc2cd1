import type { PublishCommandInput } from '@aws-sdk/client-sns'
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import { FaultlineError } from '../../domain/errors.ts'
import type { Notice, NoticeKind } from '../../domain/notice.ts'
import type { Notifier } from '../../ports.ts'
import type { AlertCommands } from '../../report/alert-text.ts'
import { toOutletError } from './errors.ts'
import { publication } from './publication.ts'

export interface SnsOptions {
  /** `arn:aws:sns:REGION:ACCOUNT:NAME`; a FIFO topic's ends with `.fifo`. */
  readonly topicArn: string
  /** AWS's own, or AWS_ENDPOINT_URL, when left out. */
  readonly endpoint?: string
  /** The SDK's chain of providers when left out. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** What is sent; see `mailedKinds` for the default. */
  readonly kinds?: readonly NoticeKind[]
  /** Where a run's report is or will be; a message goes without it when that cannot be told. */
  readonly reportUrl?: (runId: string) => Promise<string | null>
  /** Those of the command line when left out. */
  readonly commands?: AlertCommands
  /** For the connection, and for the answer. */
  readonly timeoutMs?: number
}

/** What a person on call wants to hear of; everything else is in the history and on the event bus. */
const mailedKinds: readonly NoticeKind[] = [
  'run.started',
  'run.refused',
  'run.aborting',
  'run.finished',
  'approval.needed',
  'threshold.breached',
  'undo.unproven',
]

/** An notifier that also can be closed. */
export interface SnsNotifier extends Notifier {
  close(): void
}

/**
 * Publishes notices to an SNS topic. The SDK does not retry: an answer that is late may be a message that was sent, and who calls
 * decides what that means.
 * @throws FaultlineError `bad_input` when the ARN is none
 */
export function createSnsNotifier(options: SnsOptions): SnsNotifier {
  const { topicArn, kinds = mailedKinds, reportUrl = async () => null, timeoutMs = 5_000 } = options
  const region = regionOf(topicArn)
  const { endpoint, credentials } = options
  const client = new SNSClient({
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: timeoutMs, requestTimeout: timeoutMs, throwOnRequestTimeout: true, socketTimeout: timeoutMs },
  })
  return {
    name: 'sns',
    wants: (notice: Notice) => kinds.includes(notice.kind),
    notify: async (notice) => {
      const report = await reportUrl(notice.run.id).catch(() => null)
      const isFifo = topicArn.endsWith('.fifo')
      const said = publication(notice, { reportUrl: report, isFifo, commands: options.commands })
      const input: PublishCommandInput = { TopicArn: topicArn, ...said }
      try {
        await client.send(new PublishCommand(input))
      } catch (error) {
        throw toOutletError(error, `publish to ${topicArn}`)
      }
    },
    close: () => client.destroy(),
  }
}

function regionOf(topicArn: string): string {
  const region = /^arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[A-Za-z0-9_-]+(\.fifo)?$/.exec(topicArn)?.[1]
  if (region !== undefined) return region
  throw new FaultlineError('bad_input', `SNS topic: expected an ARN like arn:aws:sns:eu-central-1:123456789012:alerts, found "${topicArn}"`)
}
