import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { injectorScript } from '../../lib/faults/injector/script/injector-script.ts'
import { allKinds, type Kind, kinds, startKind } from './support/kinds.ts'
import { lasting, seconds, TestNode, until, within } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

const start = (kind: Kind, pod: TestPod, options: { readonly lasts?: number; readonly twin?: boolean } = {}) =>
  startKind(node, kind, { pod, ...options })

describe('an injector killed with SIGKILL', () => {
  it.each(allKinds)('is undone by its twin or its watcher: %s', async (kind) => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = start(kind, pod)
    await injector.says('bite')
    injector.killHard('main', 'warden')
    await until('the twin undid it', () => pod.traces() === before, 1_500)
    await injector.exited()
    expect(injector.twinLines.at(-1)).toMatchObject({ phase: 'undone', ok: true, message: expect.stringContaining('the injector died') })
  })

  it.each(allKinds)('is undone although its twin dies with it: %s', async (kind) => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = start(kind, pod)
    await injector.says('bite')
    injector.killHard('main', 'twin')
    await until('the watcher undid it', () => pod.traces() === before, 1_500)
  })

  it('loses nothing when only its twin dies', async () => {
    const pod = await node.pod()
    const injector = start('cut-network', pod)
    await injector.says('bite')
    injector.killHard('twin', 'warden')
    await sleep(1000)
    expect(node.succeeds('ping -n -q -c 1 -W 1 $1', pod.address)).toBe(false)
    expect((await injector.says('measure')).at(-1)?.ok).toBe(true)
    injector.term()
    await injector.exited()
  })

  it('leaves rules that expire in the kernel when no process is left to undo', async () => {
    const pod = await node.pod()
    const injector = start('cut-network', pod, { lasts: lasting(4), twin: false })
    const end = Number(seconds(lasting(4))) * 1000
    await injector.says('bite')
    injector.killHard('main', 'warden')
    expect(node.succeeds('ping -n -q -c 1 -W 1 $1', pod.address)).toBe(false)
    await until('packets pass again', () => node.succeeds('ping -n -q -c 1 -W 1 $1', pod.address))
    expect(Math.abs(Date.now() - end)).toBeLessThan(within(2_500))
  })

  it('leaves stress that ends by itself when no process is left to undo', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = start('stress-memory', pod, { lasts: lasting(3), twin: false })
    await injector.says('bite')
    injector.killHard('main', 'warden')
    await until('the stress ended', () => pod.traces() === before, 7000)
  })
})

describe('an injector that comes later', () => {
  it.each(['limit-network', 'fill-disk'] as const)('a replacement of the pod only cleans: %s', async (kind) => {
    const pod = await node.pod()
    const before = pod.traces()
    const first = start(kind, pod, { twin: false })
    await first.says('bite')
    first.killHard('main', 'warden')
    expect(pod.traces()).not.toBe(before)
    const second = node.inject({
      FAULTLINE_ACTION: kind,
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(40),
      ...kinds[kind],
      FAULTLINE_TAG: first.tag,
    })
    expect(await second.exited()).toBe(0)
    expect(second.of('bite')).toEqual([])
    expect(second.of('undone')[0]).toMatchObject({ ok: true, message: expect.stringContaining('only cleans') })
    expect(pod.traces()).toBe(before)
  })

  it('a replacement ends an injector that still runs, before it cleans', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const first = start('cut-network', pod, { twin: false })
    await first.says('bite')
    const second = node.inject({
      FAULTLINE_ACTION: 'cut-network',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(40),
      FAULTLINE_TAG: first.tag,
    })
    await second.exited()
    await first.exited()
    expect(pod.traces()).toBe(before)
  })

  it.each(allKinds)('a check of a pod that is gone tells that nothing of it is left: %s', async (kind) => {
    const pod = await node.pod()
    const injector = start(kind, pod)
    await injector.says('bite')
    pod.kill()
    injector.term()
    await injector.exited()
    const check = node.check(injector, { of: kind, pod })
    expect(await check.exited()).toBe(0)
    expect(check.of('residue')[0]).toMatchObject({ ok: true })
  })

  it('a check ends a watcher that was stopped, and what it waits for', async () => {
    const pod = await node.pod()
    const injector = start('cut-network', pod, { twin: false })
    await injector.says('bite')
    const warden = String(injector.pid('warden'))
    node.run('kill -STOP $1 $(cat /proc/$1/task/$1/children)', warden)
    injector.killHard('main')
    const check = node.check(injector, { of: 'cut-network', pod })
    expect(await check.exited()).toBe(0)
    expect(check.of('residue')[0]).toMatchObject({ ok: true })
    await until('nothing of ours runs', () => !node.succeeds('grep -q "^State:.[^ZX]" /proc/$1/status', warden))
  })

  it('a start after the end applies nothing', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = start('cut-network', pod, { lasts: -10, twin: false })
    expect(await injector.exited()).toBe(0)
    expect(injector.of('bite')).toEqual([])
    expect(pod.traces()).toBe(before)
  })

  it.each(allKinds)('a check tells what was left, removes it, and proves that nothing is: %s', async (kind) => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = start(kind, pod, { twin: false })
    await injector.says('bite')
    injector.killHard('main', 'warden')
    const env = {
      FAULTLINE_ACTION: 'check',
      FAULTLINE_OF: kind,
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_TAG: injector.tag,
      FAULTLINE_ENDS_AT: seconds(30),
      ...kinds[kind],
    }
    const check = node.inject(env)
    expect(await check.exited()).toBe(0)
    expect(check.of('residue')).toHaveLength(1)
    expect(check.of('residue')[0]).toMatchObject({ ok: true, message: expect.stringContaining('was left behind') })
    expect(pod.traces()).toBe(before)
    const again = node.inject(env)
    await again.exited()
    expect(again.of('residue')[0]).toMatchObject({ ok: true, message: '' })
    expect(node.succeeds('[ -e /run/faultline ] && find /run/faultline | grep -F $1', injector.tag)).toBe(false)
  })
})

describe('the normal end', () => {
  it('comes at the time that was said, for many targets at once', async () => {
    const pods = [await node.pod(), await node.pod(), await node.pod()]
    const before = pods.map((pod) => pod.traces())
    const end = Number(seconds(lasting(5))) * 1000
    const injector = node.inject(
      {
        FAULTLINE_ACTION: 'cut-network',
        FAULTLINE_TARGETS: pods.map((pod) => pod.line()).join('\n'),
        FAULTLINE_ENDS_AT: String(end / 1000),
      },
      { twin: true },
    )
    await injector.says('bite', { count: 3 })
    await injector.says('undone', { count: 3 })
    expect(Math.abs(Date.now() - end)).toBeLessThan(within(3_000))
    expect(await injector.exited()).toBe(0)
    expect(pods.map((pod) => pod.traces())).toEqual(before)
    expect(injector.stderr).toBe('')
  })

  it('is felt within 0.3 s of being told to end, as someone outside sees it (the best of three, for a busy machine)', async () => {
    const pod = await node.pod()
    const took: number[] = []
    for (let tries = 0; tries < 3; tries++) {
      const injector = start('cut-network', pod)
      await injector.says('bite')
      injector.term()
      const from = performance.now()
      // Without a rest: what is measured is shorter than one.
      while (!node.succeeds('ping -n -q -c 1 -W 0.1 $1', pod.address)) expect(performance.now() - from).toBeLessThan(within(10_000))
      took.push(performance.now() - from)
      await injector.exited()
    }
    expect(Math.min(...took)).toBeLessThan(within(300))
  })

  it('comes the same way in busybox', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    for (const kind of allKinds) {
      const injector = node.inject(
        { FAULTLINE_ACTION: kind, FAULTLINE_TARGETS: pod.line(), FAULTLINE_ENDS_AT: seconds(40), ...kinds[kind] },
        { shell: ['busybox', 'ash', '-c', injectorScript] },
      )
      await injector.says('bite')
      injector.term()
      await injector.exited()
      expect(injector.of('undone')[0]?.ok).toBe(true)
      expect(injector.stderr).toBe('')
      expect(pod.traces()).toBe(before)
    }
  })
})
