import { setTimeout as sleep } from 'node:timers/promises'
import { nodeInside, type TestNode } from './test-node.ts'
import type { TestPod } from './test-pod.ts'

const server = `
  require('node:net').createServer((socket) => { socket.on('error', () => {}); socket.pipe(socket) }).listen(Number(process.argv[1]), '::', () => console.log('up'))`

/** An echo server in the pod; gone with `stop`. */
export async function echoServer(node: TestNode, pod: TestPod, port: number): Promise<{ stop(): void }> {
  const child = inPod(node, pod, server, String(port))
  await new Promise((up) => child.stdout?.once('data', up))
  return { stop: () => child.kill('SIGKILL') }
}

const client = `
  const [host, port] = process.argv.slice(1)
  const socket = require('node:net').connect(Number(port), host)
  socket.on('error', () => {})
  socket.on('close', () => console.log('closed'))
  setInterval(() => socket.write('.'), 50)
  socket.on('data', (data) => console.log(data.length))`

/** One connection, established before whatever comes: how many echoes came back over it so far. */
export function connection(
  node: TestNode,
  host: string,
  port: number,
): { readonly echoes: () => number; readonly isClosed: () => boolean; stop(): void } {
  const child = node.enter([nodeInside, '-e', client, host, String(port)])
  let echoes = 0
  let said = ''
  child.stdout.on('data', (data) => {
    echoes += 1
    said += String(data)
  })
  return { echoes: () => echoes, isClosed: () => said.includes('closed'), stop: () => child.kill('SIGKILL') }
}

const sender = `
  const socket = require('node:dgram').createSocket('udp4')
  const packet = Buffer.alloc(1200)
  const end = Date.now() + 1500
  const push = () => {
    for (let i = 0; i < 20; i++) socket.send(packet, 9, process.argv[1], () => {})
    if (Date.now() < end) setTimeout(push, 1); else process.exit()
  }
  push()`

/** kbit/s that the pod gets out when it sends as fast as it can. */
export async function sentKbit(node: TestNode, pod: TestPod): Promise<number> {
  const bytes = () => Number(pod.net("sed -n 's/.*eth0: *//p' /proc/self/net/dev").split(/\s+/)[8])
  const [first, from] = [bytes(), performance.now()]
  const child = inPod(node, pod, sender, '10.77.0.1')
  await new Promise((done) => child.once('exit', done))
  return ((bytes() - first) * 8) / (performance.now() - from)
}

/** Percent of pings to the pod that get no answer. */
export function pingLoss(node: TestNode, address: string): number {
  const words = node.run('ping -n -q -c 100 -i 0.01 -W 1 $1 || true', address)
  return Number(/([\d.]+)% packet loss/.exec(words)?.[1])
}

/** What a hundred pings to the pod show. */
export function pings(
  node: TestNode,
  address: string,
): { readonly averageMs: number; readonly deviationMs: number; readonly lossPercent: number; readonly twice: number } {
  const words = node.run('ping -n -q -c 100 -i 0.01 -W 2 $1 || true', address)
  const [, average, deviation] = /= [\d.]+\/([\d.]+)\/[\d.]+\/([\d.]+)/.exec(words) ?? []
  return {
    averageMs: Number(average),
    deviationMs: Number(deviation),
    lossPercent: Number(/([\d.]+)% packet loss/.exec(words)?.[1]),
    twice: Number(/\+(\d+) duplicates/.exec(words)?.[1] ?? 0),
  }
}

/** kbit/s that the pod's interface carries outwards, of all its processes. */
export async function carriedKbit(pod: TestPod): Promise<number> {
  const bytes = () => Number(pod.net("sed -n 's/.*eth0: *//p' /proc/self/net/dev").split(/\s+/)[8])
  const [first, from] = [bytes(), performance.now()]
  await sleep(1000)
  return ((bytes() - first) * 8) / (performance.now() - from)
}

/** Can a TCP connection be made from the node? */
export function connects(node: TestNode, host: string, port: number): boolean {
  const script = `const s=require('node:net').connect(${port},process.argv[1]);s.on('connect',()=>process.exit(0));s.on('error',()=>process.exit(1));setTimeout(()=>process.exit(1),800)`
  return node.succeeds('"$1" -e "$2" "$3"', nodeInside, script, host)
}

function inPod(node: TestNode, pod: TestPod, code: string, ...args: readonly string[]) {
  return node.enter(['nsenter', `--net=/run/netns/${pod.name}`, nodeInside, '-e', code, ...args])
}
