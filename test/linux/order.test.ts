import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { kinds } from './support/kinds.ts'
import { seconds, TestNode, until } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

/** Every action there is, those that leave nothing behind included. */
const orders = { ...kinds, kill: { FAULTLINE_SIGNAL: 'KILL' }, crashloop: {}, 'degrade-network': { FAULTLINE_LOSS_PCT: '50' } } as const
type Order = keyof typeof orders
const allOrders = Object.keys(orders) as Order[]

const environment = (order: Order, pod: TestPod, more: Readonly<Record<string, string>>) => ({
  FAULTLINE_ACTION: order,
  FAULTLINE_TARGETS: pod.line(),
  FAULTLINE_ENDS_AT: seconds(60),
  ...orders[order],
  ...more,
})

const bootId = () => node.run('cat /proc/sys/kernel/random/boot_id')

/** What a reboot and an emptied /run have in common: no process of ours runs, and no memory is left. */
function forget(tag: string): void {
  node.run(
    `for p in $(grep -ls -e "FAULTLINE_TAG=$1" -e "FAULTLINE_STRESS=$1" /proc/[0-9]*/environ | cut -d / -f 3); do kill -9 $p; done
     rm -rf /run/faultline`,
    tag,
  )
}

describe.each(allOrders)('an order to %s', (order) => {
  it('is dead after its last moment: a pod that comes then, without a memory, only cleans', async () => {
    const pod = await node.pod({ main: 'trap "" TERM; while :; do sleep 0.1; done' })
    const before = pod.traces()
    const first = node.inject(environment(order, pod, {}))
    await first.says(order === 'crashloop' ? 'before' : 'bite')
    forget(first.tag)
    if (order === 'kill' || order === 'crashloop') await pod.start('main', 'while :; do sleep 0.1; done')
    const second = node.inject(environment(order, pod, { FAULTLINE_TAG: first.tag, FAULTLINE_APPLY_BY: seconds(-2) }), { twin: true })
    expect(await second.exited()).toBe(0)
    expect([...second.of('before'), ...second.of('bite'), ...second.of('error')]).toEqual([])
    expect(second.of('undone')).toEqual([
      expect.objectContaining({ ok: true, code: 'too_late', message: expect.stringMatching(/carried out \d+ s ago: only cleaned/) }),
    ])
    expect(pod.isRunning()).toBe(true)
    if (order !== 'kill' && order !== 'crashloop') expect(pod.traces()).toBe(before)
  })

  it('is dead on a node that was booted anew since the plan', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const injector = node.inject(environment(order, pod, { FAULTLINE_BOOT_ID: '0d9f6a3e-8f0e-4f43-9a55-3f7f1c5d2b11' }))
    expect(await injector.exited()).toBe(0)
    expect(injector.of('undone')).toEqual([
      expect.objectContaining({
        ok: true,
        code: 'other_boot',
        message: expect.stringContaining('booted anew since the plan: only cleaned'),
      }),
    ])
    expect(injector.of('bite')).toEqual([])
    expect(pod.isRunning()).toBe(true)
    expect(pod.traces()).toBe(before)
  })
})

it('a check on a node that was booted anew says so: it has searched all, and remembers nothing', async () => {
  const pod = await node.pod()
  const injector = node.inject(environment('fill-disk', pod, {}))
  await injector.says('bite')
  injector.term()
  await injector.exited()
  const check = node.inject(
    environment('fill-disk', pod, {
      FAULTLINE_ACTION: 'check',
      FAULTLINE_OF: 'fill-disk',
      FAULTLINE_TAG: injector.tag,
      FAULTLINE_BOOT_ID: '0d9f6a3e-8f0e-4f43-9a55-3f7f1c5d2b11',
    }),
  )
  expect(await check.exited()).toBe(0)
  expect(check.of('residue')).toEqual([expect.objectContaining({ ok: true, code: 'other_boot' })])
})

describe('an order', () => {
  it('is carried out under the boot of its plan', async () => {
    const pod = await node.pod()
    const injector = node.inject(environment('stress-memory', pod, { FAULTLINE_BOOT_ID: bootId() }))
    await injector.says('bite')
    injector.term()
    await injector.exited()
  })

  it('is not carried out by a clock that is behind it, and says so', async () => {
    const pod = await node.pod()
    const injector = node.inject(environment('stress-memory', pod, { FAULTLINE_APPLY_FROM: seconds(10) }))
    expect(await injector.exited()).toBe(0)
    expect(injector.of('undone')[0]).toMatchObject({ code: 'too_early' })
  })

  it('without a last moment is refused', async () => {
    const pod = await node.pod()
    const injector = node.inject(environment('stress-memory', pod, { FAULTLINE_APPLY_BY: '' }))
    expect((await injector.says('error'))[0]?.message).toBe('FAULTLINE_APPLY_BY is missing')
    await injector.exited()
  })

  it('lives longer for the first pod of its Job, and not at all for any other, whatever the time', async () => {
    const pod = await node.pod()
    const before = pod.traces()
    const late = { FAULTLINE_APPLY_BY: seconds(-5), FAULTLINE_APPLY_BY_FIRST: seconds(40) }
    const second = node.inject(environment('stress-memory', pod, { ...late, FAULTLINE_APPLY_BY: seconds(40), FAULTLINE_FAILURES: '1' }))
    expect(await second.exited()).toBe(0)
    expect(second.of('undone')[0]).toMatchObject({ code: 'replacement' })
    expect(pod.traces()).toBe(before)
    const first = node.inject(environment('stress-memory', pod, { ...late, FAULTLINE_FAILURES: '0' }))
    await first.says('bite')
    first.term()
    await first.exited()
  })

  it('that is dead keeps no twin waiting', async () => {
    const pod = await node.pod()
    const injector = node.inject(environment('stress-memory', pod, { FAULTLINE_APPLY_BY: seconds(-60) }), { twin: true })
    await until('both are over', () => !node.succeeds('grep -ls "FAULTLINE_TAG=$1" /proc/[0-9]*/environ', injector.tag), 5_000)
    await until('the undo is told', () => injector.of('undone').length > 0, 5_000)
    expect(injector.of('undone')).toHaveLength(1)
  })
})
