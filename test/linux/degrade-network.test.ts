import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { itWith } from '../support/tools.ts'
import { seconds, TestNode } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'
import { carriedKbit, pingLoss, pings, sentKbit } from './support/traffic.ts'

const withNetem = itWith(['netem'], 'degrade-network by netem')
const withoutNetem = withNetem === it ? it.skip : it

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

const put = (action: string, pod: TestPod, more: Readonly<Record<string, string>>) =>
  node.inject({ FAULTLINE_ACTION: action, FAULTLINE_TARGETS: pod.line(), FAULTLINE_ENDS_AT: seconds(40), ...more })

describe('limit-network', () => {
  it('leaves the rate that was asked for, and all of it again afterwards', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const free = await sentKbit(node, pod)
    const injector = put('limit-network', pod, { FAULTLINE_AMOUNT: '2000' })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, name: 'rate out', unit: 'kbit/s' })
    const limited = await sentKbit(node, pod)
    injector.term()
    await injector.exited()
    expect(free).toBeGreaterThan(10_000)
    expect(limited).toBeGreaterThan(1000)
    expect(limited).toBeLessThan(2600)
    expect(pod.traces()).toBe(before)
    expect(await sentKbit(node, pod)).toBeGreaterThan(10_000)
  })

  it('limits what goes to the peers that are named, and nothing else', async () => {
    const pod = await node.pod()
    const other = await node.pod()
    const before = pod.traces()
    const injector = put('limit-network', pod, {
      FAULTLINE_AMOUNT: '1000',
      FAULTLINE_CIDRS: `${other.address}/32`,
      FAULTLINE_DIRECTION: 'out',
    })
    const [bite] = await injector.says('bite')
    expect(Number(bite?.value)).toBeLessThan(1400)
    expect(await sentKbit(node, pod)).toBeGreaterThan(10_000)
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })

  it('leaves a qdisc of another program alone', async () => {
    const pod = await node.pod()
    pod.net('tc qdisc add dev eth0 root handle 7: tbf rate 100mbit burst 100kb latency 50ms')
    const before = pod.traces()
    const injector = put('limit-network', pod, { FAULTLINE_AMOUNT: '1000' })
    expect((await injector.says('error'))[0]?.message).toContain('has a qdisc of its own')
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })
})

describe('degrade-network', () => {
  it('loses about as many packets as asked for, also without netem', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    expect(pingLoss(node, pod.address)).toBe(0)
    const injector = put('degrade-network', pod, { FAULTLINE_LOSS_PCT: '40' })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({
      ok: true,
      name: 'loss',
      unit: '%',
      also: [
        { name: 'dropped', unit: 'packets', value: 0 },
        { name: 'held for', unit: 'ms' },
      ],
    })
    expect(Number(bite?.value)).toBeLessThan(60)
    const loss = pingLoss(node, pod.address)
    expect(loss).toBeGreaterThan(20)
    expect(loss).toBeLessThan(60)
    injector.term()
    await injector.exited()
    expect(pingLoss(node, pod.address)).toBe(0)
    expect(pod.traces()).toBe(before)
  })

  it('leaves the rate that was asked for, also without netem', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = put('degrade-network', pod, { FAULTLINE_RATE_KBIT: '2000' })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, name: 'rate out', unit: 'kbit/s' })
    expect(Number(bite?.value)).toBeLessThan(2700)
    expect(await sentKbit(node, pod)).toBeLessThan(2700)
    injector.term()
    await injector.exited()
    expect(injector.of('undone')[0]?.ok).toBe(true)
    expect(pod.traces()).toBe(before)
    expect(await sentKbit(node, pod)).toBeGreaterThan(10_000)
  })

  const parameters = ['FAULTLINE_DELAY_MS', 'FAULTLINE_CORRUPT_PCT', 'FAULTLINE_DUPLICATE_PCT']
  withoutNetem.each(parameters)('is refused by name before anything is touched where the kernel lacks netem: %s', async (name) => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = put('degrade-network', pod, { [name]: '80' })
    const [said] = await injector.says('error')
    expect(said?.message).toMatch(/^this node's kernel lacks a qdisc \(module sch_netem\)/)
    expect(said?.code).toBe('kernel_lacks')
    expect(await injector.exited()).toBe(2)
    expect(injector.of('before')).toEqual([])
    expect(node.succeeds('find /run/faultline | grep -F $1', injector.tag)).toBe(false)
    expect(pod.traces()).toBe(before)
  })
})

describe('degrade-network by netem', () => {
  const begin = async (more: Readonly<Record<string, string>>) => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = put('degrade-network', pod, more)
    const [bite] = await injector.says('bite', { budgetMs: 40_000 })
    return { pod, bite, end: () => undo(pod, injector, before) }
  }
  const undo = async (pod: TestPod, injector: ReturnType<typeof put>, before: string) => {
    injector.term()
    await injector.exited()
    expect(injector.of('undone')[0]?.ok).toBe(true)
    expect(pod.traces()).toBe(before)
  }

  withNetem('delays, and the round trip is as before afterwards', async () => {
    const { pod, bite, end } = await begin({ FAULTLINE_DELAY_MS: '200' })
    expect(bite).toMatchObject({ ok: true, name: 'round trip', unit: 'ms' })
    expect(Number(bite?.value)).toBeGreaterThan(190)
    expect(pings(node, pod.address).averageMs).toBeGreaterThan(190)
    await end()
    expect(pings(node, pod.address).averageMs).toBeLessThan(100)
  })

  withNetem('makes delays vary', async () => {
    const { pod, bite, end } = await begin({ FAULTLINE_DELAY_MS: '200', FAULTLINE_JITTER_MS: '150' })
    expect(bite?.ok).toBe(true)
    expect(pings(node, pod.address).deviationMs).toBeGreaterThan(30)
    await end()
  })

  withNetem('damages packets, which the other end sees', async () => {
    const { pod, bite, end } = await begin({ FAULTLINE_CORRUPT_PCT: '30' })
    expect(bite).toMatchObject({ ok: true, name: 'lost or damaged', unit: '%' })
    expect(bite?.message).toMatch(/[1-9]\d* arrived damaged/)
    expect(pings(node, pod.address).lossPercent).toBeGreaterThan(5)
    await end()
    expect(pings(node, pod.address).lossPercent).toBe(0)
  })

  withNetem('sends packets twice', async () => {
    const { pod, bite, end } = await begin({ FAULTLINE_DUPLICATE_PCT: '30' })
    expect(bite).toMatchObject({ ok: true, name: 'duplicates', unit: '%' })
    expect(Number(bite?.value)).toBeGreaterThan(10)
    expect(pings(node, pod.address).twice).toBeGreaterThan(5)
    await end()
    expect(pings(node, pod.address).twice).toBe(0)
  })

  withNetem('does several of these at once, below a rate', async () => {
    const { bite, end } = await begin({
      FAULTLINE_DELAY_MS: '100',
      FAULTLINE_LOSS_PCT: '20',
      FAULTLINE_DUPLICATE_PCT: '20',
      FAULTLINE_RATE_KBIT: '5000',
    })
    expect(bite?.ok).toBe(true)
    expect(bite?.message).toMatch(/round trip .* [1-9]\d* lost, .* [1-9]\d* came twice; rate \d+ -> \d+ kbit/)
    await end()
  })

  withNetem('spares what is not named', async () => {
    const other = await node.pod()
    const { pod, bite, end } = await begin({ FAULTLINE_DELAY_MS: '300', FAULTLINE_CIDRS: `${other.address}/32` })
    expect(Number(bite?.value)).toBeGreaterThan(290)
    expect(pings(node, pod.address).averageMs).toBeLessThan(150)
    await end()
  })

  withNetem('is measured by pings of its own where only ports are named', async () => {
    const { pod, bite, end } = await begin({ FAULTLINE_DELAY_MS: '300', FAULTLINE_PORTS: '5432/tcp' })
    expect(bite?.ok).toBe(true)
    expect(pings(node, pod.address).averageMs).toBeLessThan(150)
    await end()
  })
})

describe('load-network', () => {
  it("loads the pod's own interface, both ways, and stops", async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = put('load-network', pod, { FAULTLINE_AMOUNT: '4000' })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, name: 'load sent', unit: 'kbit/s' })
    expect(Number(bite?.value)).toBeGreaterThan(2000)
    expect(await carriedKbit(pod)).toBeGreaterThan(2000)
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
    expect(await carriedKbit(pod)).toBeLessThan(200)
  })
})
