import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { discoveryFor } from '../sandbox/api/discovery.ts'

/** How long it takes for every answer, whatever is asked: an API server in another region. */
export const answersAfterMs = 20
export const slowNamespace = 'benched'

/** What is told to the process that started this one. */
export interface SlowApiReady {
  readonly url: string
}

/** A container's worth of a real pod's status and spec, so that a list weighs what it weighs elsewhere. */
const padding = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`example.com/annotation-${n}`, 'x'.repeat(60)]))

function podOf(index: number, nodes: number): object {
  return {
    metadata: { name: `pod-${index}`, namespace: slowNamespace, uid: `uid-${index}`, labels: { app: 'benched' }, annotations: padding },
    spec: { nodeName: `node-${index % nodes}`, containers: [{ name: 'app', image: 'app:1' }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  }
}

/** Lists by pages, as far as the token, the pod's own index, says. */
function page(pods: readonly object[], query: URLSearchParams): object {
  const [from, limit] = [Number(query.get('continue') ?? 0), Number(query.get('limit') ?? pods.length)]
  const next = from + limit
  const metadata = { resourceVersion: '1', ...(next < pods.length ? { continue: String(next) } : {}) }
  return { kind: 'PodList', apiVersion: 'v1', metadata, items: pods.slice(from, next) }
}

function serve(count: number, nodes: number): void {
  const pods = Array.from({ length: count }, (_, index) => podOf(index, nodes))
  const say = (response: ServerResponse, body: object) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const server = createServer({ keepAliveTimeout: 0 }, async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api')
    request.resume()
    await sleep(answersAfterMs)
    // For kubectl, which asks what there is.
    const found = discoveryFor(pathname, request.headers.host ?? '')
    if (found !== undefined) return say(response, found)
    const index = /\/pods\/pod-(\d+)$/.exec(pathname)?.[1]
    if (index === undefined) return say(response, page(pods, searchParams))
    // A pod that is deleted is answered itself: it waits for its grace.
    say(response, { apiVersion: 'v1', kind: 'Pod', ...pods[Number(index)] })
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (typeof address === 'object' && address !== null) process.send?.({ url: `http://127.0.0.1:${address.port}` } satisfies SlowApiReady)
  })
  process.once('disconnect', () => process.exit(0))
}

const [count, nodes] = process.argv.slice(2).map(Number)
if (process.send !== undefined && count !== undefined && nodes !== undefined) serve(count, nodes)
