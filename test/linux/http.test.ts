import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { asks, asksFrom, webServer } from './support/http.ts'
import { seconds, TestNode, until } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'
import { connection, echoServer } from './support/traffic.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

const fault = (pod: TestPod, http: string, more: Readonly<Record<string, string>> = {}) =>
  node.inject({
    FAULTLINE_ACTION: 'fault-http',
    FAULTLINE_TARGETS: pod.line(),
    FAULTLINE_ENDS_AT: seconds(40),
    FAULTLINE_HTTP: http,
    FAULTLINE_PORTS: '8080/tcp',
    ...more,
  })

const serving = async () => {
  const pod = await node.pod()
  return { pod, server: await webServer(node, 8080, pod), url: `http://${pod.address}:8080` }
}

describe('fault-http', () => {
  it('answers the requests that are meant with a status, and no others; what comes by IPv6 passes, and that is told', async () => {
    const { pod, server, url } = await serving()
    const before = pod.traces()
    const injector = fault(pod, 'abort', { FAULTLINE_URL_PATH: '/api/*', FAULTLINE_METHODS: 'GET,POST' })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, name: 'requests failed', unit: '%', value: 100 })
    expect(injector.of('before')[0]).toMatchObject({ value: 0 })
    expect(bite?.message).toContain('connections by IPv6 pass')
    const codes = [
      asks(node, `${url}/api/x`),
      asks(node, `${url}/api/x`, '-X POST -d 1'),
      asks(node, `http://[${pod.address6}]:8080/api/x`),
      asks(node, `${url}/api/x`, '-X PUT'),
      asks(node, `${url}/other`),
    ].map(({ code }) => code)
    expect(codes).toEqual([503, 503, 200, 200, 200])
    expect(asks(node, `${url}/other`).body).toBe('GET /other plain')
    injector.term()
    await injector.exited()
    expect(injector.of('undone')[0]).toMatchObject({ ok: true, value: 0 })
    expect(asks(node, `${url}/api/x`).code).toBe(200)
    expect(pod.traces()).toBe(before)
    server.stop()
  })

  it('closes the connection without an answer, by a header', async () => {
    const { pod, server, url } = await serving()
    const injector = fault(pod, 'abort', { FAULTLINE_STATUS: '0', FAULTLINE_HEADERS: 'x-user=test-*' })
    expect((await injector.says('bite'))[0]).toMatchObject({ ok: true, value: 100 })
    expect([asks(node, `${url}/`, '-H "x-user: test-7"').exit, asks(node, `${url}/`, '-H "x-user: ann"').code]).toEqual([52, 200])
    injector.term()
    await injector.exited()
    server.stop()
  })

  it('delays a share of the requests, each by its own chance, also of one connection', async () => {
    const { pod, server, url } = await serving()
    const injector = fault(pod, 'delay', { FAULTLINE_DELAY_MS: '300', FAULTLINE_SHARE_PCT: '50' })
    expect((await injector.says('bite'))[0]).toMatchObject({ ok: true, name: 'requests delayed' })
    const one = node.run('curl -s -o /dev/null -w "%{time_total} %{num_connects}\\n" "$1/[1-30]"', url).split('\n')
    const slow = one.filter((line) => Number(line.split(' ')[0]) >= 0.3).length
    expect(one.filter((line) => line.endsWith(' 1'))).toHaveLength(1)
    expect(slow).toBeGreaterThan(5)
    expect(slow).toBeLessThan(25)
    injector.term()
    await injector.exited()
    expect(asks(node, `${url}/`).seconds).toBeLessThan(0.3)
    server.stop()
  })

  it('lets TLS and other protocols pass, and says so', async () => {
    const pod = await node.pod()
    const server = await echoServer(node, pod, 8080)
    const injector = fault(pod, 'abort')
    await injector.says('bite')
    const open = connection(node, pod.address, 8080)
    await until('what is no HTTP passes', () => open.echoes() > 3)
    await until('it is told', () => /[1-9]\d* connections are no HTTP/.test(injector.of('measure').at(-1)?.message ?? ''))
    open.stop()
    injector.term()
    await injector.exited()
    server.stop()
  })

  it('cuts connections from before once', async () => {
    const pod = await node.pod()
    const server = await echoServer(node, pod, 8080)
    const open = connection(node, pod.address, 8080)
    await until('the connection works', () => open.echoes() > 3)
    const injector = fault(pod, 'abort')
    await injector.says('bite')
    await until('it was cut', () => open.isClosed())
    injector.term()
    await injector.exited()
    open.stop()
    server.stop()
  })

  it('fails what goes out, and what our own proxy passes on goes out', async () => {
    const pod = await node.pod()
    const server = await webServer(node, 8080)
    const injector = fault(pod, 'abort', { FAULTLINE_DIRECTION: 'out', FAULTLINE_STATUS: '429', FAULTLINE_URL_PATH: '/pay' })
    expect((await injector.says('bite'))[0]).toMatchObject({ ok: true, value: 100 })
    expect([asksFrom(pod, 'http://10.77.0.1:8080/pay').code, asksFrom(pod, 'http://10.77.0.1:8080/ok').code]).toEqual([429, 200])
    expect(asks(node, 'http://10.77.0.1:8080/pay').code).toBe(200)
    injector.term()
    await injector.exited()
    expect(asksFrom(pod, 'http://10.77.0.1:8080/pay').code).toBe(200)
    server.stop()
  })

  it('never sends a request that changes something: others must show it', async () => {
    const { pod, server, url } = await serving()
    const injector = fault(pod, 'abort', { FAULTLINE_METHODS: 'DELETE' })
    await until('the rules stand', () => pod.traces().includes('FLTR'))
    expect(asks(node, `${url}/x`, '-X DELETE').code).toBe(503)
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true })
    expect(bite?.also[0]).toEqual({ name: 'faulted requests of others', unit: 'requests', value: 1 })
    injector.term()
    await injector.exited()
    server.stop()
  })

  it("refuses a pod whose connections a mesh takes over, and leaves the mesh's rules", async () => {
    const pod = await node.pod()
    pod.net(`iptables-nft -t nat -N ISTIO_OUTPUT && iptables-nft -t nat -A OUTPUT -j ISTIO_OUTPUT
      iptables-nft -t nat -A ISTIO_OUTPUT -p tcp -j REDIRECT --to-ports 15001`)
    const before = pod.traces()
    const injector = fault(pod, 'abort')
    expect((await injector.says('error'))[0]?.message).toContain('a mesh takes over')
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })

  it('lets requests pass again at once when the proxy dies', async () => {
    const { pod, server, url } = await serving()
    const before = pod.traces()
    const injector = fault(pod, 'abort')
    await injector.says('bite')
    node.run('kill -9 $(pgrep -x haproxy -u 65213)')
    await until('requests pass', () => asks(node, `${url}/`).code === 200, 3000)
    await until('it is told', () => injector.of('measure').at(-1)?.code === 'holder_died')
    expect(pod.traces()).toBe(before)
    injector.term()
    await injector.exited()
    server.stop()
  })
})
