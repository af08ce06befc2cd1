import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'

/** All optional, for a Lambda; local stores and tests name an endpoint. */
export interface DynamoClientOptions {
  /** AWS_REGION when left out. */
  readonly region?: string
  /** AWS's own, or AWS_ENDPOINT_URL, when left out. */
  readonly endpoint?: string
  /** The SDK's chain of providers when left out. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** For the connection, for the answer, and for silence within an answer; each attempt has its own. */
  readonly timeoutMs?: number
  /** The first attempt included. */
  readonly maxAttempts?: number
}

/** Opens a client that keeps its connections and never waits for ever, as a lease of 30 s demands (the SDK's own default is no timeout). */
export function createDynamoClient(options: DynamoClientOptions = {}): DynamoDBDocumentClient {
  const { region, endpoint, credentials, timeoutMs = 3_000, maxAttempts = 4 } = options
  const client = new DynamoDBClient({
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts,
    requestHandler: {
      connectionTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
      socketTimeout: timeoutMs,
      httpAgent: { keepAlive: true, maxSockets: 50 },
      httpsAgent: { keepAlive: true, maxSockets: 50 },
    },
  })
  return DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } })
}
