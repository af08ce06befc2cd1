import { nodeInside, type TestNode } from './test-node.ts'
import type { TestPod } from './test-pod.ts'

const program = `
  require('node:http').createServer((request, response) => {
    request.resume()
    request.on('end', () => response.end(request.method + ' ' + request.url + ' ' + (request.headers['x-faultline-probe'] ?? 'plain')))
  }).listen(Number(process.argv[1]), '::', () => console.log('up'))`

/** A web server of a pod, or of the node, which says what it was asked. */
export async function webServer(node: TestNode, port: number, pod?: TestPod): Promise<{ stop(): void }> {
  const where = pod === undefined ? [] : ['nsenter', `--net=/run/netns/${pod.name}`]
  const child = node.enter([...where, nodeInside, '-e', program, String(port)])
  await new Promise((up) => child.stdout.once('data', up))
  return { stop: () => child.kill('SIGKILL') }
}

const format = '-s -m 5 -w "\\n%{http_code} %{time_total} %{exitcode}"'

export interface Answer {
  readonly code: number
  readonly seconds: number
  /** curl's: 52 where the connection was closed without an answer. */
  readonly exit: number
  readonly body: string
}

function read(said: string): Answer {
  const [last = '', ...body] = said.trim().split('\n').reverse()
  const [code = 0, seconds = 0, exit = 0] = last.split(' ').map(Number)
  return { code, seconds, exit, body: body.reverse().join('\n') }
}

/** What a client outside of the pod is answered. */
export function asks(node: TestNode, url: string, more = ''): Answer {
  return read(node.run(`curl ${format} ${more} "$1" || true`, url))
}

/** What a process of the pod is answered. */
export function asksFrom(pod: TestPod, url: string, more = ''): Answer {
  return read(pod.net(`curl ${format} ${more} "$1" || true`, url))
}
