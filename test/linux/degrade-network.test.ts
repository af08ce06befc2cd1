import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { seconds, TestNode } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'
import { pingLoss, sentKbit } from './support/traffic.ts'

let node: TestNode
let hasNetem = false
beforeAll(async () => {
  node = await TestNode.start()
  hasNetem = node.succeeds('ip link add nm type dummy && tc qdisc add dev nm root netem delay 1ms')
  node.succeeds('ip link del nm')
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

  it('leaves a qdisc that somebody else put there alone', async () => {
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
    expect(bite).toMatchObject({ ok: true, name: 'loss', unit: '%' })
    const loss = pingLoss(node, pod.address)
    expect(loss).toBeGreaterThan(20)
    expect(loss).toBeLessThan(60)
    injector.term()
    await injector.exited()
    expect(pingLoss(node, pod.address)).toBe(0)
    expect(pod.traces()).toBe(before)
  })

  it('delays, or says which qdisc the kernel lacks', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = put('degrade-network', pod, { FAULTLINE_DELAY_MS: '80', FAULTLINE_JITTER_MS: '5' })
    if (hasNetem) {
      const [bite] = await injector.says('bite')
      expect(Math.abs(Number(bite?.value) - 80)).toBeLessThan(20)
    } else {
      const [error] = await injector.says('error')
      expect(error?.message).toContain('sch_netem')
    }
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })
})
