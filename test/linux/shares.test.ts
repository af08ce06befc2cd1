import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { injectorScript } from '../../lib/faults/injector/script/injector-script.ts'
import { lasting, seconds, TestNode, until, within } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'
import { connects, echoServer } from './support/traffic.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

const order = (action: string, pod: TestPod, more: Readonly<Record<string, string>>) =>
  node.inject({ FAULTLINE_ACTION: action, FAULTLINE_TARGETS: pod.line(), FAULTLINE_ENDS_AT: seconds(lasting(60)), ...more })

const last = <T>(list: readonly T[]): T | undefined => list.at(-1)

describe('two runs on one target', () => {
  it('hold each its own memory, and neither hides the other', async () => {
    const pod = await node.pod({ memoryMiB: 256 })
    const first = order('stress-memory', pod, { FAULTLINE_AMOUNT: '60' })
    await first.says('bite')
    const second = order('stress-memory', pod, { FAULTLINE_AMOUNT: '20' })
    await second.says('bite')
    const held = async (injector: typeof first) => {
      const told = injector.of('measure').length
      const found = last(await injector.says('measure', { count: told + 2 }))
      expect(found).toMatchObject({ ok: true, name: 'memory held' })
      return Number(found?.value)
    }
    expect(Math.abs((await held(first)) - 60)).toBeLessThan(5)
    expect(Math.abs((await held(second)) - 20)).toBeLessThan(5)
    first.term()
    await first.exited()
    expect(pod.memoryMiB()).toBeGreaterThan(19)
    expect(Math.abs((await held(second)) - 20)).toBeLessThan(5)
    second.term()
    await second.exited()
    expect(pod.memoryMiB()).toBeLessThan(8)
  })

  it('a cut is made in the network of the pod, whichever process of the other run is listed first', async () => {
    const pod = await node.pod()
    const stress = order('stress-cpu', pod, { FAULTLINE_AMOUNT: '1' })
    await stress.says('bite')
    const code = `N_UID=$1 rest=$(pod_processes "$1")
      pod_processes() { grep -lsa "^FAULTLINE_STRESS=.*/$1" /proc/[0-9]*/environ | cut -d / -f 3; printf '%s\n' "$rest"; }
      [ "$(pod_processes "$1" | wc -l)" -gt "$(printf '%s\n' "$rest" | wc -l)" ] && open_network && echo "net:[$NETWORK]"`
    const uid = pod.line().split(' ')[0] ?? ''
    const opened = node.run(`FAULTLINE_ROLE=functions sh -c "$1" sh "$2"`, `${injectorScript}\n${code}`, uid)
    expect(opened).toBe(pod.net('readlink /proc/self/ns/net'))
    stress.term()
    await stress.exited()
  })

  it('a cut is made in the network of the pod, though a process without any mark is in its cgroup, and on the node', async () => {
    const pod = await node.pod()
    const code = `N_UID=$1
      of() { sed -n "s#^[0-9]*:\\([a-z]*\\):\\(/kubepods-test/.*\\)#/sys/fs/cgroup/\\1\\2#p" /proc/$1/cgroup | tail -n 1; }
      first=$(pod_processes "$1" | head -n 1 | cut -d " " -f 1)
      sleep 30 >/dev/null & stranger=$!
      echo $stranger >"$(of "$first")/cgroup.procs"
      rest=$(pod_processes "$1" | grep -v "^$stranger ")
      pod_processes() { printf '%s\n' "$stranger" "$rest"; }
      open_network && echo "net:[$NETWORK]"
      pod_processes() { printf '%s\n' "$stranger"; }
      open_network || echo "$? $WHY"
      kill $stranger`
    const opened = node.run(`FAULTLINE_ROLE=functions sh -c "$1" sh "$2"`, `${injectorScript}\n${code}`, pod.uid)
    const [network, refused] = opened.split('\n')
    expect(network).toBe(pod.net('readlink /proc/self/ns/net'))
    expect(refused).toMatch(/^2 pod .* is on the node's own network/)
  })

  it('burn each its own CPU time', async () => {
    const pod = await node.pod()
    const first = order('stress-cpu', pod, { FAULTLINE_AMOUNT: '1' })
    await first.says('bite')
    const second = order('stress-cpu', pod, { FAULTLINE_AMOUNT: '1' })
    await second.says('bite')
    const shares = [...(await first.says('measure', { count: 3 })), ...(await second.says('measure', { count: 3 }))]
    for (const { value } of shares) expect(Number(value)).toBeLessThan(1.2)
    first.term()
    await first.exited()
    const told = second.of('measure').length
    await until(
      'the other still burns',
      () =>
        second
          .of('measure')
          .slice(told)
          .some(({ ok, name }) => ok && name === 'cpu taken'),
      within(15_000),
    )
    second.term()
    await second.exited()
  })

  it('cut each its own ports, count each its own packets, and one ends without the other', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const servers = [await echoServer(node, pod, 5001), await echoServer(node, pod, 5002)]
    const first = order('cut-network', pod, { FAULTLINE_PORTS: '5001/tcp' })
    const second = order('cut-network', pod, { FAULTLINE_PORTS: '5002/tcp' })
    await Promise.all([first.says('bite'), second.says('bite')])
    const dropped = () => Number(last(second.of('measure'))?.value ?? 0)
    await second.says('measure')
    const seen = dropped()
    for (let tries = 0; tries < 3; tries++) expect(connects(node, pod.address, 5001)).toBe(false)
    const told = second.of('measure').length
    await second.says('measure', { count: told + 2 })
    expect(dropped()).toBe(seen)
    first.term()
    await first.exited()
    expect([connects(node, pod.address, 5001), connects(node, pod.address, 5002)]).toEqual([true, false])
    await until('the second counts what it drops', () => dropped() > seen)
    second.term()
    await second.exited()
    expect(connects(node, pod.address, 5002)).toBe(true)
    expect(pod.traces()).toBe(before)
    for (const server of servers) server.stop()
  })

  it.each([
    ['limit-network', 'has a qdisc of its own already'],
    ['load-network', 'another run loads the network of pod'],
  ])('are one too many where their shares could not be told apart, and the first goes on: %s', async (action, why) => {
    const pod = await node.pod()
    const first = order(action, pod, { FAULTLINE_AMOUNT: '2000' })
    await first.says('bite')
    const second = order(action, pod, { FAULTLINE_AMOUNT: '2000' })
    expect((await second.says('error'))[0]?.message).toContain(why)
    second.term()
    await second.exited()
    const told = first.of('measure').length
    // A busy machine sends less than was asked for; what counts is that it is sent.
    const later = last(await first.says('measure', { count: told + 2, budgetMs: 30_000 }))
    expect(Number(later?.value)).toBeGreaterThan(500)
    expect(later?.code).not.toBe('stressor_died')
    first.term()
    await first.exited()
  })
})

describe('a target that changes by itself', () => {
  it('grows while its memory is taken: the share stays what our stressors hold, and the whole stands beside it', async () => {
    const grow = 'until [ -e /tmp/grow ]; do sleep 0.1; done; d=$(head -c 40M /dev/zero | tr "\\0" x)'
    const pod = await node.pod({ memoryMiB: 256, main: `${grow}; while :; do sleep 0.1; done` })
    const injector = order('stress-memory', pod, { FAULTLINE_AMOUNT: '60' })
    await injector.says('bite')
    node.run(': >/proc/$1/root/tmp/grow', String(pod.mainPid()))
    await until('the target has grown', () => pod.memoryMiB() > 100, 20_000)
    const told = injector.of('measure').length
    const grown = last(await injector.says('measure', { count: told + 2 }))
    expect(grown).toMatchObject({ ok: true, name: 'memory held' })
    expect(Math.abs(Number(grown?.value) - 60)).toBeLessThan(5)
    expect(grown?.also.find(({ name }) => name === 'memory used')?.value).toBeGreaterThan(95)
    injector.term()
    await injector.exited()
  })

  it('uses up its own CPU limit: mostly its own load is no bite of ours', async () => {
    const busy = 'for i in 1 2 3 4 5 6; do (while :; do :; done) & done; wait'
    // So small a limit is used up on a busy machine, too.
    const pod = await node.pod({ cpuMilli: 60, main: busy })
    await until('all of it burns', () => pod.cpuSeconds() > 0.5, 20_000)
    const injector = order('stress-cpu', pod, { FAULTLINE_AMOUNT: '1' })
    const [bite] = await injector.says('bite', { budgetMs: 40_000 })
    expect(bite).toMatchObject({ ok: false, code: 'partial', name: 'cpu taken' })
    expect(Number(bite?.value)).toBeLessThan(0.1)
    expect(bite?.also.map(({ name }) => name)).toEqual(expect.arrayContaining(['cpu used', 'throttled', 'cpu asked']))
    injector.term()
    await injector.exited()
  })

  it('idles under its CPU limit: what of the limit our stressors take is a bite', async () => {
    const pod = await node.pod({ cpuMilli: 200 })
    const injector = order('stress-cpu', pod, { FAULTLINE_AMOUNT: '1' })
    const [bite] = await injector.says('bite', { budgetMs: 40_000 })
    expect(bite).toMatchObject({ ok: true, name: 'cpu taken' })
    expect(Number(bite?.value)).toBeLessThan(0.3)
    injector.term()
    await injector.exited()
  })
})
