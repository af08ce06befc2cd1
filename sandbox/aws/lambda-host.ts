import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/** What the parent process asks this one to run. */
export interface HostRequest {
  readonly event: unknown
  readonly requestId: string
  readonly functionName: string
  /** What it was invoked by; undefined: by its own name. */
  readonly alias: string | undefined
  /** When it is killed, ms since epoch: decided outside, as Lambda does. */
  readonly endsAt: number
}

/** What became of it. */
export type HostAnswer =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly name: string; readonly message: string }

type Handler = (event: unknown, context: object) => Promise<unknown>

const [file = ''] = process.argv.slice(2)
const { handler } = (await import(pathToFileURL(resolve(file)).href)) as { readonly handler: Handler }

process.send?.('ready')
process.on('message', async (request: HostRequest) => {
  process.send?.(await run(request))
  // Lambda freezes an environment between invocations; a tick lets logs out before the parent may do so.
  await sleep(0)
})
process.on('disconnect', () => process.exit(0))

async function run({ event, requestId, functionName, alias, endsAt }: HostRequest): Promise<HostAnswer> {
  const context = {
    awsRequestId: requestId,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${process.env.AWS_REGION}:123456789012:function:${functionName}${alias === undefined ? '' : `:${alias}`}`,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? '512',
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: `local/${process.pid}`,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => endsAt - Date.now(),
  }
  try {
    return { ok: true, result: await handler(event, context) }
  } catch (error) {
    const { name = 'Error', message = String(error) } = Object(error) as { readonly name?: string; readonly message?: string }
    return { ok: false, name, message }
  }
}
