import type { Backend } from './api/exchange.ts'
import { dialPod, serviceTarget } from './api/proxy.ts'
import { type Listening, listen } from './api/server.ts'
import { StatusError } from './api/status.ts'
import { apiServerAddress } from './network.ts'

interface ServiceName {
  readonly name: string
  readonly namespace: string
  readonly port: number
}

/** Serves a cluster's Service on localhost, as a load balancer would: round-robin over Ready pods. */
export function serveService(backend: Backend, { name, namespace, port }: ServiceName): Promise<Listening> {
  return listen(port, async (request, response) => {
    request.resume()
    try {
      const to = serviceTarget(backend, backend.cluster.get('services', name, namespace))
      const answer = await dialPod(
        backend,
        to,
        { address: apiServerAddress },
        { method: request.method ?? 'GET', path: request.url ?? '/' },
      )
      response.writeHead(answer.status, { 'content-type': answer.contentType }).end(answer.body)
    } catch (error) {
      const message = error instanceof StatusError ? error.message : 'the sandbox failed'
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8' }).end(`${message}\n`)
    }
  })
}
