import { nodeInside, type TestNode } from './test-node.ts'
import type { TestPod } from './test-pod.ts'

/** Answers A and AAAA of every name; on port 5354 with another address, as a mesh's own resolver. */
const program = `
  const [address, ...ports] = process.argv.slice(1)
  const answer = (query, told) => {
    let end = 12
    while (query[end] !== 0) end += query[end] + 1
    const isA = query[end + 2] === 1
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...told.split('.').map(Number)])
    const head = Buffer.from(query.subarray(0, end + 5))
    head[2] = 0x81; head[3] = 0x80; head[7] = isA ? 1 : 0
    head[8] = head[9] = head[10] = head[11] = 0
    return isA ? Buffer.concat([head, record]) : head
  }
  for (const port of ports) {
    const told = port === '5354' ? '10.8.8.8' : '10.9.9.9'
    const udp = require('node:dgram').createSocket('udp6')
    udp.on('message', (query, from) => udp.send(answer(query, told), from.port, from.address))
    udp.bind(Number(port), address)
    require('node:net').createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', (data) => {
        const reply = answer(data.subarray(2), told)
        socket.end(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]))
      })
    }).listen(Number(port), address)
  }
  setTimeout(() => console.log('up'), 100)`

/** A name server of the node (10.77.0.1, fd77::1), or of a pod's own loopback. */
export async function dnsServer(node: TestNode, pod?: TestPod): Promise<{ stop(): void }> {
  const where = pod === undefined ? [] : ['nsenter', `--net=/run/netns/${pod.name}`]
  const child = node.enter([...where, nodeInside, '-e', program, '::', '53', '5354'])
  child.stderr.on('data', (data) => process.stderr.write(data))
  await new Promise((up) => child.stdout.once('data', up))
  return { stop: () => child.kill('SIGKILL') }
}

/** What a process of the pod is answered: an address, or the word for the failure. */
export function lookup(pod: TestPod, name: string, transport = '-u', server = '10.77.0.1'): string {
  const said = pod.net('timeout 1 drill $1 @$2 $3 A || true', transport, server, name)
  const address = /\sIN\s+A\s+([\d.]+)/.exec(said)?.[1]
  const word = /rcode: (\w+)/.exec(said)?.[1]
  return address ?? word ?? 'no answer'
}

const asker = `
  const socket = require('node:dgram').createSocket('udp4')
  socket.on('message', (answer) => console.log(answer[3] & 15))
  socket.on('error', () => {})
  const name = ['a', 's3', 'example', 'com'].flatMap((label) => [label.length, ...Buffer.from(label)])
  let id = 0
  setInterval(() => socket.send(Buffer.from([++id >> 8 & 255, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...name, 0, 0, 1, 0, 1]), 53, '10.77.0.1'), 10)`

/** One socket of the pod that asks for a.s3.example.com all the time: the rcodes of the answers so far. */
export function socketOfMany(node: TestNode, pod: TestPod): { readonly answers: () => readonly number[]; stop(): void } {
  const child = node.enter(['nsenter', `--net=/run/netns/${pod.name}`, nodeInside, '-e', asker])
  let said = ''
  child.stdout.on('data', (data) => {
    said += String(data)
  })
  return { answers: () => said.split('\n').filter(Boolean).map(Number), stop: () => child.kill('SIGKILL') }
}
