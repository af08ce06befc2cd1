import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { seconds, TestNode, until } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'
import { connection, connects, echoServer } from './support/traffic.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

const cut = (pod: TestPod, more: Readonly<Record<string, string>> = {}) =>
  node.inject({ FAULTLINE_ACTION: 'cut-network', FAULTLINE_TARGETS: pod.line(), FAULTLINE_ENDS_AT: seconds(40), ...more })

const reachable = (address: string) => node.succeeds('ping -n -q -c 1 -W 1 $1', address)

describe('cut-network', () => {
  it('cuts a pod off by IPv4 and IPv6, and leaves no rule', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = cut(pod)
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({
      ok: true,
      name: 'dropped',
      unit: 'packets',
      also: [
        { name: 'reachable', unit: 'peers', value: 0 },
        { name: 'held for', unit: 'ms' },
      ],
    })
    expect(injector.of('before')[0]).toMatchObject({ name: 'reachable', value: 3 })
    expect([reachable(pod.address), reachable(pod.address6), pod.pings('10.77.0.1'), pod.pings('127.0.0.1')]).toEqual([
      false,
      false,
      false,
      true,
    ])
    expect(pod.traces()).toContain(`faultline ${injector.tag}`)
    injector.term()
    await injector.exited()
    expect([reachable(pod.address), reachable(pod.address6), pod.pings('10.77.0.1')]).toEqual([true, true, true])
    expect(pod.traces()).toBe(before)
  })

  it('cuts established connections, which live on afterwards', async () => {
    const pod = await node.pod()
    const server = await echoServer(node, pod, 8080)
    const open = connection(node, pod.address, 8080)
    await until('the connection works', () => open.echoes() > 3)
    const injector = cut(pod)
    await injector.says('bite')
    await sleep(200)
    const [atCut, later] = [open.echoes(), await sleep(1000).then(open.echoes)]
    injector.term()
    await injector.exited()
    expect(later).toBe(atCut)
    await until('the connection works again', () => open.echoes() > later)
    open.stop()
    server.stop()
  })

  it('keeps who is to be kept (the kubelet and its probes)', async () => {
    const [pod, other] = [await node.pod(), await node.pod()]
    const injector = cut(pod, { FAULTLINE_KEEP: '10.77.0.1/32,fd77::1' })
    await injector.says('bite')
    expect([reachable(pod.address), reachable(pod.address6), other.pings(pod.address)]).toEqual([true, true, false])
    injector.term()
    await injector.exited()
  })

  it("keeps the node's own addresses when the kubelet's probes are to pass", async () => {
    const [pod, other] = [await node.pod(), await node.pod()]
    const injector = cut(pod, { FAULTLINE_KEEP_PROBES: '1' })
    expect((await injector.says('bite'))[0]).toMatchObject({ ok: true, name: 'dropped' })
    expect([reachable(pod.address), reachable(pod.address6), other.pings(pod.address)]).toEqual([true, true, false])
    injector.term()
    await injector.exited()
  })

  it("cuts each target off its own peers alone, by its line's fourth field", async () => {
    const [a, b, c] = [await node.pod(), await node.pod(), await node.pod()]
    const injector = node.inject({
      FAULTLINE_ACTION: 'cut-network',
      FAULTLINE_TARGETS: `${a.line('main', `${b.address}/32`)}\n${c.line('main', `${b.address},${b.address6}`)}`,
      FAULTLINE_ENDS_AT: seconds(40),
    })
    await injector.says('bite', { count: 2 })
    expect([a.pings(b.address), b.pings(c.address), a.pings(c.address), reachable(a.address)]).toEqual([false, false, true, true])
    expect([a.pings(b.address6), c.pings(b.address6)]).toEqual([true, false])
    injector.term()
    await injector.exited()
    expect(a.pings(b.address)).toBe(true)
  })

  it('cuts ports alone', async () => {
    const pod = await node.pod()
    const servers = [await echoServer(node, pod, 8080), await echoServer(node, pod, 8081)]
    const injector = cut(pod, { FAULTLINE_PORTS: '8080/tcp', FAULTLINE_CIDRS: '10.77.0.1' })
    await until('the port is cut', () => !connects(node, pod.address, 8080))
    await injector.says('bite')
    expect([connects(node, pod.address, 8081), reachable(pod.address)]).toEqual([true, true])
    injector.term()
    await injector.exited()
    expect(connects(node, pod.address, 8080)).toBe(true)
    for (const server of servers) server.stop()
  })

  it('cuts one direction alone', async () => {
    const pod = await node.pod()
    const injector = cut(pod, { FAULTLINE_DIRECTION: 'in' })
    await injector.says('bite')
    expect(pod.traces()).toMatch(/-A PREROUTING .*FLTI-/)
    expect(pod.traces()).not.toMatch(/-A OUTPUT .*FLTO-/)
    injector.term()
    await injector.exited()
  })

  it('does not take the silence of peers that never answered for a bite', async () => {
    const pod = await node.pod()
    const injector = cut(pod, { FAULTLINE_DIRECTION: 'in', FAULTLINE_CIDRS: '10.77.0.250' })
    const [bite] = await injector.says('bite', { budgetMs: 30_000 })
    expect(bite).toMatchObject({ ok: false, name: 'dropped', unit: 'packets', value: 0 })
    injector.term()
    await injector.exited()
  })

  it('shows by its own packets that the rules work, and counts these apart', async () => {
    const pod = await node.pod()
    const injector = cut(pod, { FAULTLINE_DIRECTION: 'out', FAULTLINE_CIDRS: '192.0.2.7' })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, name: 'dropped', unit: 'packets', value: 0 })
    expect(bite?.message).toMatch(/, 0 packets of others and [1-9]\d* of our own dropped by /)
    injector.term()
    await injector.exited()
  })

  it("is no bite where nothing of the workload's met the rules, if it is to", async () => {
    const pod = await node.pod()
    const peer = await node.pod()
    const injector = cut(pod, { FAULTLINE_CIDRS: `${peer.address},${peer.address6}`, FAULTLINE_NEED_TRAFFIC: '1' })
    const [bite] = await injector.says('bite', { budgetMs: 40_000 })
    expect(bite).toMatchObject({
      ok: false,
      code: 'unused',
      value: 0,
      message: expect.stringContaining("nothing of the workload's used it"),
    })
    expect(pod.pings(peer.address)).toBe(false)
    expect((await injector.says('measure')).at(-1)).toMatchObject({ ok: true, name: 'dropped', value: 1 })
    injector.term()
    await injector.exited()
  })

  it('counts connections of its own apart, too', async () => {
    const [pod, peer] = [await node.pod(), await node.pod()]
    const server = await echoServer(node, peer, 5432)
    const injector = cut(pod, { FAULTLINE_CIDRS: peer.address, FAULTLINE_PORTS: '5432/tcp' })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({
      ok: true,
      value: 0,
      message: expect.stringMatching(/^0 of 1 peers answer, 0 packets of others and [1-9]/),
    })
    injector.term()
    await injector.exited()
    server.stop()
  })

  it('cuts peers off by both of their addresses, and asks both', async () => {
    const [pod, peer] = [await node.pod(), await node.pod()]
    const more = ['10.77.0.201', '10.77.0.202', '10.77.0.203']
    const injector = cut(pod, { FAULTLINE_CIDRS: [...more, peer.address, peer.address6].join(',') })
    expect((await injector.says('bite'))[0]).toMatchObject({ ok: true })
    expect(injector.of('before')[0]).toMatchObject({ value: 1 })
    expect([pod.pings(peer.address), pod.pings(peer.address6)]).toEqual([false, false])
    injector.term()
    await injector.exited()
  })

  it.each(['both', 'in'])(
    'cuts ports of a pod whose mesh redirects them, direction %s: by the ports that the senders wrote',
    async (direction) => {
      const [pod, other] = [await node.pod(), await node.pod()]
      pod.net('iptables-nft -t nat -A PREROUTING -p tcp -j REDIRECT --to-ports 15006')
      const before = pod.traces()
      const proxy = await echoServer(node, pod, 15006)
      const user = connection(node, pod.address, 8080)
      await until('a user gets through the proxy', () => user.echoes() > 3)
      const injector = cut(pod, { FAULTLINE_PORTS: '8080', FAULTLINE_DIRECTION: direction, FAULTLINE_NEED_TRAFFIC: '1' })
      const [bite] = await injector.says('bite')
      expect(bite).toMatchObject({ ok: true, name: 'dropped' })
      expect(Number(bite?.value)).toBeGreaterThan(0)
      const [atCut, later] = [user.echoes(), await sleep(1000).then(user.echoes)]
      expect(later).toBe(atCut)
      expect(connects(node, pod.address, 8080)).toBe(false)
      expect(other.pings(pod.address)).toBe(true)
      injector.term()
      await injector.exited()
      expect(pod.traces()).toBe(before)
      user.stop()
      proxy.stop()
    },
  )

  it('puts many peers into one set that expires in the kernel', async () => {
    const [pod, peer] = [await node.pod(), await node.pod()]
    const before = pod.traces()
    const many = Array.from({ length: 200 }, (_, i) => `10.99.${i}.0/24`).concat(peer.address)
    const injector = cut(pod, { FAULTLINE_CIDRS: many.join(',') })
    await injector.says('bite')
    expect(pod.net('ipset list | grep -c timeout')).toBe(String(many.length + 1))
    expect([pod.pings(peer.address), pod.pings('10.77.0.1')]).toEqual([false, true])
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })

  it('uses legacy tables where there are no others', async () => {
    const pod = await node.pod()
    const multi = node.run('readlink -f $(command -v iptables-nft)')
    node.run('mount --bind /dev/null $1', multi)
    try {
      const injector = cut(pod)
      expect((await injector.says('bite'))[0]?.message).toMatch(/dropped by ip6?tables-legacy/)
      expect(reachable(pod.address)).toBe(false)
      injector.term()
      await injector.exited()
      expect(reachable(pod.address)).toBe(true)
    } finally {
      node.run('umount $1', multi)
    }
    expect(pod.traces()).not.toContain('FLT')
  })

  it("leaves a pod's own rules alone", async () => {
    const pod = await node.pod()
    pod.net(
      'iptables-nft -A INPUT -p tcp --dport 22 -j DROP; iptables-nft -N FLTI-own; iptables-legacy -A OUTPUT -p tcp --dport 25 -j DROP',
    )
    const before = pod.traces()
    const injector = cut(pod)
    await injector.says('bite')
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })

  it("refuses a pod on the node's own network", async () => {
    const pod = await node.pod()
    const script =
      'd=/sys/fs/cgroup/memory; [ -d $d ] || d=/sys/fs/cgroup; echo $$ >$d/kubepods-test/pod$1/$2/cgroup.procs && exec sleep 60'
    const [uid = '', id = ''] = pod.line().split(' ')
    pod.kill()
    const child = node.enter(['sh', '-c', script, 'sh', uid, id])
    await until('it runs', () => node.succeeds('grep -qs $1 /proc/[0-9]*/cgroup && pgrep -f "^sleep 60" >/dev/null', uid))
    const injector = cut(pod)
    expect((await injector.says('error'))[0]?.message).toContain("the node's own network")
    injector.term()
    await injector.exited()
    node.succeeds('pkill -9 -f "^sleep 60"')
    child.kill('SIGKILL')
    expect(node.run('iptables-nft-save; iptables-legacy-save')).not.toContain('FLT')
  })
})
