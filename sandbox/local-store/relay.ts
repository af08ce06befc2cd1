import { setTimeout as sleep } from 'node:timers/promises'
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb'
import { StoreUnavailable } from '../../lib/domain/errors.ts'
import type { StoreAddress } from './address-file.ts'
import { patienceMs, pauseMs, type StoreLink } from './link.ts'
import { identityHeader, keyHeader } from './server.ts'

interface WireRequest {
  hostname: string
  port?: number
  headers: Record<string, string>
}
interface WireResponse {
  readonly headers: Readonly<Record<string, string>>
}

/**
 * Sends every request of the client to whoever serves the store now, and again to the next one when that server is lost on the way.
 * Safe, because all writes of the adapter are conditional and know their own earlier attempts by the save id.
 */
export function relayThrough(link: StoreLink, client: DynamoDBDocumentClient): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const until = performance.now() + patienceMs
      for (;;) {
        const address = await link.address()
        try {
          direct(args.request as WireRequest, address)
          const result = await next(args)
          assertFrom(result.response as WireResponse, address)
          return result
        } catch (error) {
          link.forget(address)
          if (performance.now() > until) throw new StoreUnavailable('a request to the local store got no answer in 10 s', error)
          await sleep(pauseMs)
        }
      }
    },
    { step: 'deserialize', priority: 'low', name: 'faultlineRelay' },
  )
}

function direct(request: WireRequest, address: StoreAddress): void {
  request.hostname = '127.0.0.1'
  request.port = address.port
  request.headers[keyHeader] = address.key
}

function assertFrom(response: WireResponse, address: StoreAddress): void {
  if (response.headers[identityHeader] !== address.identity)
    throw new StoreUnavailable(`port ${address.port} belongs to another program now`)
}
