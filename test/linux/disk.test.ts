import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { polite, seconds, TestNode, until } from './support/test-node.ts'
import type { TestPod } from './support/test-pod.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

const fill = (pod: TestPod, directory: string, amount = '20') =>
  node.inject({
    FAULTLINE_ACTION: 'fill-disk',
    FAULTLINE_TARGETS: pod.line(),
    FAULTLINE_ENDS_AT: seconds(40),
    FAULTLINE_AMOUNT: amount,
    FAULTLINE_PATH: directory,
  })

const usedMiB = (pod: TestPod, directory: string) => {
  const [size = 0, free = 0, unit = 0] = node
    .run('stat -f -c "%b %f %S" /proc/$1/root$2/.', String(pod.mainPid()), directory)
    .split(' ')
    .map(Number)
  return ((size - free) * unit) / 1024 / 1024
}

describe('fill-disk', () => {
  it.each(['/tmp', '/mnt'])('takes that much of %s in the container, and gives it back', async (directory) => {
    const pod = await node.pod()
    const before = pod.traces()
    const used = usedMiB(pod, directory)
    const injector = fill(pod, directory)
    await injector.says('bite')
    expect(usedMiB(pod, directory) - used).toBeCloseTo(20, 0)
    expect(pod.files(directory)).toEqual([`.faultline-${injector.tag}`])
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
    expect(usedMiB(pod, directory) - used).toBeCloseTo(0, 0)
    expect(injector.of('undone')[0]).toMatchObject({ ok: true, name: 'disk', unit: 'MiB' })
  })

  it('removes the file of a container that restarted, though its path is gone', async () => {
    const pod = await node.pod()
    const injector = fill(pod, '/mnt')
    await injector.says('bite')
    pod.kill()
    await until('it is dead', () => !pod.isRunning())
    injector.term()
    await injector.exited()
    await pod.start('main', polite)
    expect(pod.files('/mnt')).toEqual([])
  })

  it('refuses a hostPath', async () => {
    const pod = await node.pod()
    const injector = fill(pod, '/srv')
    expect((await injector.says('error'))[0]?.message).toContain('hostPath')
    injector.term()
    await injector.exited()
    expect(node.run('ls -A /run/elsewhere')).toBe('')
  })

  it('refuses a link that leads out of the container, and a path that is none of its directories', async () => {
    const pod = await node.pod({ main: 'ln -s /run/elsewhere /tmp/out; mkfifo /tmp/pipe; while :; do sleep 0.1; done' })
    for (const [directory, words] of [
      ['/tmp/out', 'leads out of the container'],
      ['/tmp/pipe', 'has no directory'],
      ['/tmp/none', 'has no directory'],
    ] as const) {
      const injector = fill(pod, directory)
      expect((await injector.says('error'))[0]?.message).toContain(words)
      injector.term()
      await injector.exited()
    }
    expect(node.run('ls -A /run/elsewhere')).toBe('')
  })

  it('writes through no link that bears its name', async () => {
    const pod = await node.pod({ main: 'ln -s /run/elsewhere/victim /tmp/.faultline-t-known; while :; do sleep 0.1; done' })
    const injector = node.inject({
      FAULTLINE_ACTION: 'fill-disk',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(40),
      FAULTLINE_AMOUNT: '5',
      FAULTLINE_TAG: 't-known',
    })
    await injector.says('bite')
    expect(node.run('ls -A /run/elsewhere')).toBe('')
    injector.term()
    await injector.exited()
    expect(node.run('ls -A /run/elsewhere')).toBe('')
  })
})
