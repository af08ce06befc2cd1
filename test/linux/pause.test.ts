import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { lasting, seconds, TestNode, until, within } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

/** A server, and a process beside it that leaves the time as long as it runs. */
const server = 'while :; do date +%s%N >/mnt/now; sleep 0.05; done & exec busybox httpd -f -p 8080 -h /mnt'

const order = (pod: TestPod, more: Readonly<Record<string, string>> = {}, options: { readonly twin?: boolean } = {}) =>
  node.inject({ FAULTLINE_ACTION: 'freeze', FAULTLINE_TARGETS: pod.line(), FAULTLINE_ENDS_AT: seconds(lasting(40)), ...more }, options)

const now = (pod: TestPod) => node.run('cat /run/kubelet/pods/$1/volumes/kubernetes.io~empty-dir/e/now', pod.uid)
const answers = (pod: TestPod) => node.succeeds('curl -s -o /dev/null -m 1 http://$1:8080/now', pod.address)
const figure = (line: { readonly also: readonly { readonly name: string; readonly value: number }[] } | undefined, name: string) =>
  line?.also.find((one) => one.name === name)?.value

/** Does the container run, as its own traces show? */
async function runs(pod: TestPod): Promise<boolean> {
  const first = now(pod)
  await sleep(400)
  return now(pod) !== first
}

const ways: readonly (readonly [string, boolean, string])[] = [
  ['frozen by its cgroup', false, 'its cgroup is frozen'],
  ['stopped one by one, where cgroups cannot freeze', true, 'by STOP'],
]

describe('pod-pause', () => {
  it.each(ways)(
    'has all processes of the container stand still, no answer from outside, and all as before after it: %s',
    async (_, hasNoFreezer, how) => {
      const pod = await node.pod({ main: server, hasNoFreezer })
      await pod.start('side', 'while :; do sleep 0.1; done')
      await until('it answers', () => answers(pod))
      const before = pod.traces()
      const injector = order(pod, {}, { twin: true })
      const [bite] = await injector.says('bite')
      expect(figure(injector.of('before')[0], 'answers')).toBe(1)
      expect(bite).toMatchObject({ ok: true, name: 'standing still', unit: 'processes', message: expect.stringContaining(how) })
      expect(bite?.message).toContain('no answer from outside any more')
      expect(Number(bite?.value)).toBeGreaterThanOrEqual(2)
      expect([figure(bite, 'answers'), figure(bite, 'ran meanwhile')]).toEqual([0, 0])
      expect(await runs(pod)).toBe(false)
      expect(answers(pod)).toBe(false)
      if (hasNoFreezer) expect(pod.states()).not.toMatch(/[^T]$/m)
      else expect([pod.isFrozen(), pod.isFrozen('side')]).toEqual([true, false])
      expect((await injector.says('measure', { count: 2 })).at(-1)).toMatchObject({ ok: true })
      injector.term()
      await injector.exited()
      expect(await runs(pod)).toBe(true)
      expect(answers(pod)).toBe(true)
      expect(pod.traces()).toBe(before)
      expect(injector.of('undone')[0]).toMatchObject({ ok: true, name: 'standing still', value: 0, message: 'it answers from outside' })
      expect(injector.stderr).toBe('')
    },
  )

  it('comes in pulses: it stands for so long, runs, and stands again', async () => {
    const pod = await node.pod({ main: server })
    const before = pod.traces()
    const injector = order(pod, { FAULTLINE_PULSE_EVERY: '3', FAULTLINE_PULSE_FOR: '1' })
    await injector.says('bite')
    await until('it runs between two pauses', () => !pod.isFrozen(), 3_000)
    await until('it stands again', () => pod.isFrozen(), 4_000)
    await until('three pauses are told', () => Number(figure(injector.of('measure').at(-1), 'pauses')) >= 3, 15_000)
    const told = injector.of('measure').at(-1)
    expect(injector.of('measure').every(({ ok }) => ok)).toBe(true)
    expect(Number(told?.value)).toBeGreaterThanOrEqual(2)
    // A pause lasts a second, and what it takes until it is over: looks are a quarter of a second apart.
    expect(Number(figure(told, 'stood still'))).toBeGreaterThan(1_500)
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
  })

  it('lets a container die that is to be ended meanwhile, and says so', async () => {
    const pod = await node.pod({ main: server })
    const injector = order(pod)
    await injector.says('bite')
    pod.kill()
    await until('it is dead', () => !pod.isRunning(), 2_000)
    await until('it is told', () => injector.of('measure').at(-1)?.code === 'restarted', 6_000)
    expect(injector.of('measure').at(-1)).toMatchObject({ ok: false, message: expect.stringContaining('main process') })
    injector.term()
    await injector.exited()
    expect(injector.of('undone')[0]).toMatchObject({ ok: true })
  })

  it('refuses a container that another has frozen, and leaves it so', async () => {
    const pod = await node.pod()
    pod.freeze(true)
    const before = pod.traces()
    const injector = order(pod)
    const [error] = await injector.says('error')
    expect(error?.message).toContain("stand still already, by another's doing")
    injector.term()
    await injector.exited()
    const check = node.check(injector, { of: 'freeze', pod })
    await check.exited()
    expect(check.of('residue')[0]).toMatchObject({ ok: true, message: expect.not.stringContaining('left behind') })
    expect(pod.traces()).toBe(before)
  })

  it('starts no process again that stood before', async () => {
    const pod = await node.pod({ main: 'sleep 1000 & kill -STOP $!; while :; do sleep 0.1; done', hasNoFreezer: true })
    await until('one stands', () => / T$/m.test(pod.states()))
    const before = pod.traces()
    const injector = order(pod)
    await injector.says('bite')
    expect(pod.states()).not.toMatch(/[^T]$/m)
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
    expect(pod.states()).toMatch(/ T$/m)
  })

  it('tells a pause that another has ended as one that does not bite', async () => {
    const pod = await node.pod()
    const injector = order(pod)
    await injector.says('bite')
    pod.freeze(false)
    await until('it is told', () => injector.of('measure').at(-1)?.ok === false, 6_000)
    expect(injector.of('measure').at(-1)).toMatchObject({ code: 'rules_gone', message: 'thawed by another' })
    injector.term()
    await injector.exited()
  })

  it.each(ways)('ends at its time when no process is left but the one that keeps it: %s', async (_, hasNoFreezer) => {
    const pod = await node.pod({ main: server, hasNoFreezer })
    const before = pod.traces()
    const end = Number(seconds(lasting(5))) * 1000
    const injector = order(pod, { FAULTLINE_ENDS_AT: String(end / 1000) })
    await injector.says('bite')
    injector.killHard('main', 'warden')
    expect(await runs(pod)).toBe(false)
    await until('it runs again', () => pod.traces() === before, 10_000)
    expect(Math.abs(Date.now() - end)).toBeLessThan(within(2_500))
    expect(await runs(pod)).toBe(true)
  })

  it.each(ways)('ends when its record on the node is taken away, and none of those who know it live: %s', async (_, hasNoFreezer) => {
    const pod = await node.pod({ main: server, hasNoFreezer })
    const before = pod.traces()
    const injector = order(pod)
    await injector.says('bite')
    injector.killHard('main', 'warden')
    node.run('rm -rf /run/faultline')
    await until('it runs again', () => pod.traces() === before, 3_000)
  })
})
