import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { lasting, seconds, TestNode, until, within } from './support/test-node.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

describe('stress-memory', () => {
  it('raises the memory of the target by that much, as its own cgroup counts it, and gives it back', async () => {
    const pod = await node.pod({ memoryMiB: 256 })
    const before = pod.traces()
    const atFirst = pod.memoryMiB()
    const injector = node.inject({
      FAULTLINE_ACTION: 'stress-memory',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_AMOUNT: '60',
    })
    await injector.says('bite')
    expect(pod.memoryMiB() - atFirst).toBeGreaterThan(55)
    expect(pod.memoryMiB() - atFirst).toBeLessThan(70)
    expect(pod.traces()).not.toBe(before)
    injector.term()
    await injector.exited()
    expect(pod.memoryMiB() - atFirst).toBeLessThan(5)
    expect(pod.traces()).toBe(before)
    expect(pod.isRunning()).toBe(true)
    expect(injector.of('undone')[0]).toMatchObject({ ok: true, name: 'memory held', unit: 'MiB', value: 0 })
  })

  it('takes a percentage of the limit, what is used already included', async () => {
    const pod = await node.pod({ memoryMiB: 100 })
    const injector = node.inject({
      FAULTLINE_ACTION: 'stress-memory',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_PERCENT: '80',
    })
    await injector.says('bite')
    expect(Math.abs(pod.memoryMiB() - 80)).toBeLessThan(4)
    injector.term()
    await injector.exited()
  })

  it('counts what the kernel can take back as free, and bites by what it holds itself, whatever the target frees', async () => {
    // A file without a name on a disk: what is on a tmpfs cannot be taken back.
    const cache = 'f=$(mktemp -p /var/tmp) && exec 3<>$f && rm $f && head -c 150M /dev/zero >&3'
    const pod = await node.pod({ memoryMiB: 200, main: `${cache}; while :; do sleep 0.1; done` })
    await until('its page cache is full', () => pod.memoryMiB() > 140)
    const injector = node.inject({
      FAULTLINE_ACTION: 'stress-memory',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(60),
      FAULTLINE_PERCENT: '50',
    })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, name: 'memory held' })
    // Counted as used, 150 MiB would leave nothing to take; a part of them the kernel may have moved to its active pages.
    expect(Number(bite?.value)).toBeGreaterThan(70)
    node.run(': >/proc/$1/fd/3', String(pod.mainPid()))
    const later = (await injector.says('measure', { count: 2 })).at(-1)
    expect(later).toMatchObject({ ok: true, name: 'memory held' })
    expect(Number(later?.value)).toBeGreaterThanOrEqual(Number(bite?.value))
    expect(Number(later?.value)).toBeLessThan(104)
    injector.term()
    await injector.exited()
  })

  it('says who died when it was too much', async () => {
    const pod = await node.pod({ memoryMiB: 64 })
    const before = pod.traces()
    const injector = node.inject({
      FAULTLINE_ACTION: 'stress-memory',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_AMOUNT: '200',
    })
    const [error] = await injector.says('error')
    expect(error).toMatchObject({
      code: 'stressor_oom_killed',
      message: expect.stringMatching(/^OOMKilled: the stressor died, the container lives/),
    })
    expect(pod.traces()).toBe(before)
    injector.term()
    await injector.exited()
  })

  it('leaves the cgroup of a container that died, at once, and says so', async () => {
    const pod = await node.pod({ memoryMiB: 256 })
    const injector = node.inject({
      FAULTLINE_ACTION: 'stress-memory',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_AMOUNT: '40',
    })
    await injector.says('bite')
    pod.kill()
    await until('the stress is gone', () => pod.memoryMiB() < 5, 1_500)
    const [last] = (await injector.says('measure')).slice(-1)
    expect(last).toMatchObject({ ok: false, code: 'restarted', message: expect.stringContaining('main process') })
    injector.term()
    await injector.exited()
  })

  it("refuses to take the node's last memory", async () => {
    const pod = await node.pod()
    const injector = node.inject({
      FAULTLINE_ACTION: 'stress-memory',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_AMOUNT: '100000000',
    })
    expect((await injector.says('error'))[0]?.message).toContain("node's last memory")
    injector.term()
    await injector.exited()
  })
})

describe('stress-cpu', () => {
  it('burns time that is counted against the target, until it ends by itself', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const end = Number(seconds(lasting(6))) * 1000
    const injector = node.inject({
      FAULTLINE_ACTION: 'stress-cpu',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: String(end / 1000),
      FAULTLINE_AMOUNT: '1',
    })
    await injector.says('bite')
    const first = pod.cpuSeconds()
    await sleep(1000)
    expect(pod.cpuSeconds() - first).toBeGreaterThan(0.1)
    await injector.exited()
    expect(Date.now() - end).toBeLessThan(within(3_000))
    expect(pod.traces()).toBe(before)
    const last = pod.cpuSeconds()
    await sleep(500)
    expect(pod.cpuSeconds() - last).toBeLessThan(0.1)
    expect(injector.of('undone')[0]).toMatchObject({ ok: true, name: 'cpu taken', unit: 'cores', value: 0 })
  })

  it('takes an exact part of a core, as its own CPU time says, and leaves the rest of it', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = node.inject({
      FAULTLINE_ACTION: 'stress-cpu',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(lasting(20)),
      FAULTLINE_AMOUNT: '1',
      FAULTLINE_MILLICORES: '100',
    })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, name: 'cpu taken', message: expect.stringMatching(/took 0\.\d+ of 0\.100 cores/) })
    const first = pod.cpuSeconds()
    await sleep(5_000)
    // Its sleeps cost some hundredths of a core besides; a loop that never sleeps takes 1 s or more of a node with ten others.
    const took = pod.cpuSeconds() - first
    expect(took).toBeGreaterThan(0.15)
    expect(took).toBeLessThan(0.9)
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })
})
