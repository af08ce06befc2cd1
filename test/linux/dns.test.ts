import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { dnsServer, lookup, socketOfMany } from './support/dns.ts'
import { seconds, TestNode, until } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'

let node: TestNode
let server: { stop(): void }
beforeAll(async () => {
  node = await TestNode.start()
  server = await dnsServer(node)
})
afterAll(async () => {
  server.stop()
  await node.stop()
})

const fail = (pod: TestPod, answer: string, more: Readonly<Record<string, string>> = {}) =>
  node.inject({
    FAULTLINE_ACTION: 'fail-dns',
    FAULTLINE_TARGETS: pod.line(),
    FAULTLINE_ENDS_AT: seconds(40),
    FAULTLINE_ANSWER: answer,
    ...more,
  })

const resolving = async (conf?: string) => {
  const pod = await node.pod()
  pod.resolvConf(conf ?? 'nameserver 10.77.0.1\nsearch ns.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n')
  return pod
}

describe('fail-dns', () => {
  it.each([
    ['nxdomain', 'NXDOMAIN'],
    ['servfail', 'SERVFAIL'],
    ['timeout', 'no answer'],
    ['wrong', '192.0.2.1'],
  ])('fails the names that are meant, and no others, by UDP and TCP: %s', async (answer, said) => {
    const pod = await resolving()
    const before = pod.traces()
    const injector = fail(pod, answer, { FAULTLINE_NAMES: '*.s3.example.com' })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, name: 'queries failed', unit: '%', value: 100 })
    expect(injector.of('before')[0]).toMatchObject({ name: 'queries failed', value: 0 })
    expect([
      lookup(pod, 'a.s3.example.com'),
      lookup(pod, 'a.S3.example.com', '-t'),
      lookup(pod, 's3.example.com'),
      lookup(pod, 'b.example.com', '-t'),
    ]).toEqual([said, said, '10.9.9.9', '10.9.9.9'])
    injector.term()
    await injector.exited()
    expect(injector.of('undone')[0]).toMatchObject({ ok: true, name: 'queries failed', value: 0 })
    expect(lookup(pod, 'a.s3.example.com')).toBe('10.9.9.9')
    expect(pod.traces()).toBe(before)
  })

  it('fails all names, also of a resolver that is asked by IPv6', async () => {
    const pod = await resolving('nameserver fd77::1\n')
    const injector = fail(pod, 'servfail')
    expect((await injector.says('bite'))[0]).toMatchObject({ ok: true, value: 100 })
    expect([
      lookup(pod, 'b.example.com', '-u', 'fd77::1'),
      lookup(pod, 'b.example.com', '-t', 'fd77::1'),
      lookup(pod, 'b.example.com'),
    ]).toEqual(['SERVFAIL', 'SERVFAIL', 'SERVFAIL'])
    injector.term()
    await injector.exited()
    expect(lookup(pod, 'b.example.com', '-u', 'fd77::1')).toBe('10.9.9.9')
  })

  it("means a short name with the container's search domains behind it, and with a dot at its end only as it stands", async () => {
    const pod = await resolving()
    const injector = fail(pod, 'nxdomain', { FAULTLINE_NAMES: 'db,cache.example.com.' })
    await injector.says('bite')
    expect([
      lookup(pod, 'db.ns.svc.cluster.local'),
      lookup(pod, 'db'),
      lookup(pod, 'db.elsewhere.example'),
      lookup(pod, 'cache.example.com'),
      lookup(pod, 'cache.example.com.svc.cluster.local'),
    ]).toEqual(['NXDOMAIN', 'NXDOMAIN', '10.9.9.9', 'NXDOMAIN', '10.9.9.9'])
    injector.term()
    await injector.exited()
  })

  it('fails a share of the queries, each by its own chance, also of a socket that is kept for all of them', async () => {
    const pod = await resolving()
    const socket = socketOfMany(node, pod)
    await until('the socket is in use', () => socket.answers().length > 3)
    const injector = fail(pod, 'servfail', { FAULTLINE_NAMES: '*.s3.example.com', FAULTLINE_SHARE_PCT: '40', FAULTLINE_NEED_TRAFFIC: '1' })
    const [bite] = await injector.says('bite')
    expect(bite?.ok).toBe(true)
    expect(bite?.also).toEqual(expect.arrayContaining([{ name: 'share asked', unit: '%', value: 40 }]))
    const from = socket.answers().length
    await until('a hundred answers', () => socket.answers().length > from + 100)
    const share = socket
      .answers()
      .slice(from)
      .filter((rcode) => rcode === 2).length
    const asked = socket.answers().length - from
    expect(share / asked).toBeGreaterThan(0.2)
    expect(share / asked).toBeLessThan(0.6)
    injector.term()
    await injector.exited()
    const after = socket.answers().length
    await until('twenty more answers', () => socket.answers().length > after + 20)
    expect(socket.answers().slice(after + 1)).not.toContain(2)
    socket.stop()
  })

  it('is no bite until the workload asks for such a name, if it is to; our own queries do not count', async () => {
    const pod = await resolving()
    const injector = fail(pod, 'nxdomain', { FAULTLINE_NEED_TRAFFIC: '1' })
    await until('the rules stand', () => pod.traces().includes('FLTR'))
    await sleep(2000)
    expect(injector.of('bite')).toEqual([])
    expect(lookup(pod, 'b.example.com')).toBe('NXDOMAIN')
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, value: 100 })
    expect(bite?.also[0]).toEqual({ name: 'failed queries of others', unit: 'queries', value: 1 })
    injector.term()
    await injector.exited()
  })

  it("leaves what a mesh's proxy asks, and a mesh's own redirect of what it resolves", async () => {
    const pod = await resolving()
    pod.net(`iptables-nft -t nat -N ISTIO_OUTPUT && iptables-nft -t nat -A OUTPUT -j ISTIO_OUTPUT
      iptables-nft -t nat -A ISTIO_OUTPUT -m owner --uid-owner 1337 -j RETURN
      iptables-nft -t nat -A ISTIO_OUTPUT -p udp --dport 53 -j DNAT --to-destination 10.77.0.1:5354`)
    const before = pod.traces()
    const injector = fail(pod, 'servfail', { FAULTLINE_NAMES: 'x.example.com' })
    expect((await injector.says('bite'))[0]?.ok).toBe(true)
    expect([lookup(pod, 'b.example.com'), lookup(pod, 'x.example.com')]).toEqual(['10.8.8.8', 'SERVFAIL'])
    expect(pod.net('setpriv --reuid 1337 drill -u @10.77.0.1 x.example.com | sed -n "s/.*rcode: \\([A-Z]*\\),.*/\\1/p"')).toBe('NOERROR')
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })

  it('lets a resolver in the pod itself ask its own', async () => {
    const pod = await resolving('nameserver 127.0.0.1\n')
    const local = await dnsServer(node, pod)
    const injector = fail(pod, 'nxdomain', { FAULTLINE_NAMES: 'x.example.com' })
    expect((await injector.says('bite'))[0]?.ok).toBe(true)
    expect([
      lookup(pod, 'x.example.com', '-u', '127.0.0.1'),
      lookup(pod, 'b.example.com', '-u', '127.0.0.1'),
      lookup(pod, 'x.example.com'),
    ]).toEqual(['NXDOMAIN', '10.9.9.9', '10.9.9.9'])
    injector.term()
    await injector.exited()
    local.stop()
  })

  it('gives the pod its names back at once when the resolver dies', async () => {
    const pod = await resolving()
    const before = pod.traces()
    const injector = fail(pod, 'nxdomain')
    await injector.says('bite')
    node.run('kill -9 $(pgrep -x dnsdist -u 65213)')
    await until('names resolve again', () => lookup(pod, 'b.example.com') === '10.9.9.9', 3000)
    await until('it is told', () => injector.of('measure').at(-1)?.code === 'holder_died')
    expect(pod.traces()).toBe(before)
    injector.term()
    await injector.exited()
  })

  it.each([
    ['no nameserver', 'search x\n', 'has no nameserver'],
    [
      'a file that is no such file',
      '$(touch /tmp/owned)\nnameserver $(touch /tmp/owned)\nsearch `touch /tmp/owned` ]] os.execute("touch /tmp/owned")\n',
      'has no nameserver',
    ],
  ])("takes the container's own configuration for a stranger's: %s", async (_, conf, why) => {
    const pod = await resolving(conf)
    const before = pod.traces()
    const injector = fail(pod, 'nxdomain')
    expect((await injector.says('error'))[0]?.message).toContain(why)
    injector.term()
    await injector.exited()
    expect(node.run('ls -A /tmp')).not.toContain('owned')
    expect(pod.traces()).toBe(before)
  })
})
