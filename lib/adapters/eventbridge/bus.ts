import { FaultlineError } from '../../domain/errors.ts'
import { clientOptions } from '../aws/client-options.ts'
import { awsError } from '../aws/errors.ts'

/** What our events on the bus name as their `source`. */
export const eventSource = 'faultline'

export interface BusEvent {
  readonly detailType: string
  readonly detail: object
  /** ms since epoch. */
  readonly at: number
}

/** An event bus. Delivery is at least once, in no order. */
export interface Bus {
  /** @throws FaultlineError, retryable only when it is certain that nothing was published */
  put(event: BusEvent): Promise<void>
}

/** Opens a bus by its name; its client is made at the first event. */
export function openBus({ name, region }: { readonly name: string; readonly region: string | null }): Bus {
  let opening: ReturnType<typeof openClient> | undefined
  return {
    put: async ({ detailType, detail, at }) => {
      opening ??= openClient(region)
      const { client, PutEventsCommand } = await opening
      const entry = { EventBusName: name, Source: eventSource, DetailType: detailType, Detail: JSON.stringify(detail), Time: new Date(at) }
      const tried = `publish ${detailType} on event bus ${name}`
      const answer = await client.send(new PutEventsCommand({ Entries: [entry] })).catch((error: unknown) => {
        throw published(awsError(error, tried))
      })
      const failed = answer.Entries?.find(({ ErrorCode }) => ErrorCode !== undefined)
      if (failed === undefined) return
      throw new FaultlineError('unavailable', `${tried}: ${failed.ErrorCode} ${failed.ErrorMessage ?? ''}`, { retryable: true })
    },
  }
}

async function openClient(region: string | null) {
  const { EventBridgeClient, PutEventsCommand } = await import('@aws-sdk/client-eventbridge')
  return { client: new EventBridgeClient(clientOptions(region)), PutEventsCommand }
}

/** No answer at all may mean that it was published: who tries again publishes it perhaps twice, and is told so. */
function published(error: FaultlineError): FaultlineError {
  const answered = Object(error.cause).$metadata?.httpStatusCode !== undefined
  return answered ? error : new FaultlineError(error.code, `${error.message}; it may have been published`, { cause: error.cause })
}
