import type { LogBuffer, LogLine } from '../kubelet/log-buffer.ts'
import type { Pod } from '../wire.ts'
import type { Backend, Exchange } from './exchange.ts'
import type { Route } from './route.ts'
import { badRequest, notAllowed } from './status.ts'

/** The log subresource: tailLines, sinceSeconds, sinceTime, timestamps, previous, limitBytes, follow. */
export function handleLog(backend: Backend, { name = '', namespace }: Route, exchange: Exchange): void {
  if (exchange.method !== 'GET') throw notAllowed()
  const pod = backend.cluster.get('pods', name, namespace)
  const log = findLog(backend, pod, exchange)
  const format = formatter(exchange)
  const text = select(backend, log.lines, exchange).map(format).join('')
  const limit = exchange.query('limitBytes')
  if (!exchange.flag('follow')) {
    exchange.send(200, limit === undefined ? text : text.slice(0, Number(limit)))
    return
  }
  const { response } = exchange
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'transfer-encoding': 'chunked' })
  response.flushHeaders()
  if (text !== '') response.write(text)
  const stop = log.follow({ line: (line) => response.write(format(line)), end: () => response.end() })
  response.on('close', stop)
}

function findLog(backend: Backend, pod: Pod, exchange: Exchange): LogBuffer {
  const names = pod.spec.containers.map((one) => one.name)
  const asked = exchange.query('container')
  if (asked === undefined && names.length > 1) {
    throw badRequest(`a container name must be specified for pod ${pod.metadata.name}, choose one of: [${names.join(' ')}]`)
  }
  const name = asked ?? names[0] ?? ''
  if (!names.includes(name)) throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`)
  const container = backend.kubelet.container(pod.metadata.uid, name)
  if (exchange.flag('previous')) {
    if (container?.previousLog !== undefined) return container.previousLog
    throw badRequest(`previous terminated container "${name}" in pod "${pod.metadata.name}" not found`)
  }
  if (container?.containerId !== undefined) return container.log
  const reason = container?.state.waiting?.reason ?? 'ContainerCreating'
  throw badRequest(`container "${name}" in pod "${pod.metadata.name}" is waiting to start: ${pullWords[reason] ?? reason}`)
}

/** The kubelet's words for these two. */
const pullWords: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
}

function formatter(exchange: Exchange): (line: LogLine) => string {
  if (!exchange.flag('timestamps')) return (line) => `${line.text}\n`
  return (line) => `${new Date(line.at).toISOString().replace('Z', '000000Z')} ${line.text}\n`
}

function select(backend: Backend, lines: readonly LogLine[], exchange: Exchange): readonly LogLine[] {
  const seconds = exchange.query('sinceSeconds')
  const time = exchange.query('sinceTime')
  const since = seconds !== undefined ? backend.cluster.now() - Number(seconds) * 1000 : time !== undefined ? Date.parse(time) : 0
  const recent = lines.filter((line) => line.at >= since)
  const tail = exchange.query('tailLines')
  if (tail === undefined) return recent
  return Number(tail) === 0 ? [] : recent.slice(-Number(tail))
}
