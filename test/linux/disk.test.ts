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
    expect(pod.files(directory)).toEqual([])
    injector.term()
    await injector.exited()
    expect(pod.traces()).toBe(before)
    expect(usedMiB(pod, directory) - used).toBeCloseTo(0, 0)
    expect(injector.of('undone')[0]).toMatchObject({ ok: true, name: 'disk held', unit: 'MiB', value: 0 })
  })

  it('has no name from the first moment, and is given back by the kernel when all of ours are killed', async () => {
    const pod = await node.pod()
    const used = usedMiB(pod, '/mnt')
    const injector = fill(pod, '/mnt')
    await injector.says('bite')
    expect(node.run(`find /run /tmp /proc/$1/root/mnt -xdev -name '.faultline*'`, String(pod.mainPid()))).toBe('')
    expect(usedMiB(pod, '/mnt') - used).toBeCloseTo(20, 0)
    node.run(
      'for p in $(grep -ls -e "FAULTLINE_TAG=$1" -e "FAULTLINE_STRESS=$1" /proc/[0-9]*/environ | cut -d / -f 3); do kill -9 $p; done',
      injector.tag,
    )
    await until('the space is free again', () => Math.abs(usedMiB(pod, '/mnt') - used) < 0.5, 1_500)
  })

  it('is gone with the process that keeps it open, and says so', async () => {
    const pod = await node.pod()
    const used = usedMiB(pod, '/mnt')
    const injector = fill(pod, '/mnt')
    await injector.says('bite')
    node.run('kill -9 $(grep -ls "FAULTLINE_STRESS=$1/" /proc/[0-9]*/environ | cut -d / -f 3)', injector.tag)
    expect((await injector.says('measure')).at(-1)).toMatchObject({ ok: false, code: 'holder_died' })
    expect(usedMiB(pod, '/mnt') - used).toBeCloseTo(0, 0)
    injector.term()
    await injector.exited()
  })

  it('says that it bites by what its own file holds, whatever becomes of the rest of the file system', async () => {
    const pod = await node.pod({ main: 'head -c 60M /dev/zero >/mnt/own; while :; do sleep 0.1; done' })
    await until('the target wrote its own', () => usedMiB(pod, '/mnt') > 55)
    const injector = fill(pod, '/mnt')
    const [bite] = await injector.says('bite')
    node.run('rm /proc/$1/root/mnt/own', String(pod.mainPid()))
    const [later] = (await injector.says('measure', { count: 2 })).slice(-1)
    expect(bite).toMatchObject({ ok: true, name: 'disk held', value: 20 })
    expect(later).toMatchObject({ ok: true, name: 'disk held', value: 20 })
    injector.term()
    await injector.exited()
  })

  it('is no full bite with less than 90 % of what was asked for, and says both', async () => {
    const pod = await node.pod()
    node.run('nsenter -t $1 -m mount -t tmpfs -o size=30M tmpfs /tmp', String(pod.mainPid()))
    const injector = fill(pod, '/tmp', '100')
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({
      ok: false,
      code: 'partial',
      name: 'disk held',
      also: expect.arrayContaining([{ name: 'disk asked', unit: 'MiB', value: 100 }]),
    })
    expect(Number(bite?.value)).toBeLessThanOrEqual(30)
    expect(bite?.message).toMatch(/^no full bite \(less than 90 %\): a file of \d+ MiB in '\/tmp', 100 MiB asked for/)
    injector.term()
    await injector.exited()
  })

  it('holds two shares of two runs in one volume, and neither hides the other', async () => {
    const pod = await node.pod()
    const used = usedMiB(pod, '/mnt')
    const first = fill(pod, '/mnt', '40')
    await first.says('bite')
    const second = fill(pod, '/mnt', '10')
    await second.says('bite')
    first.term()
    await first.exited()
    expect(usedMiB(pod, '/mnt') - used).toBeCloseTo(10, 0)
    const [last] = (await second.says('measure', { count: 2 })).slice(-1)
    expect(last).toMatchObject({ ok: true, value: 10 })
    second.term()
    await second.exited()
  })

  it('still fills the emptyDir of a container that restarted, and gives it back', async () => {
    const pod = await node.pod()
    const used = usedMiB(pod, '/mnt')
    const injector = fill(pod, '/mnt')
    await injector.says('bite')
    pod.kill()
    await until('it is dead', () => !pod.isRunning())
    await pod.start('main', polite)
    const told = injector.of('measure').length
    expect((await injector.says('measure', { count: told + 2 })).at(-1)).toMatchObject({ ok: true, value: 20 })
    injector.term()
    await injector.exited()
    expect(usedMiB(pod, '/mnt') - used).toBeCloseTo(0, 0)
  })

  it('bites no more where the container restarted with a new layer', async () => {
    const pod = await node.pod()
    const injector = fill(pod, '/tmp')
    await injector.says('bite')
    pod.kill()
    await until('it is dead', () => !pod.isRunning())
    await pod.start('main', polite)
    await until('it is told', () => injector.of('measure').at(-1)?.ok === false)
    expect(injector.of('measure').at(-1)).toMatchObject({ code: 'restarted' })
    injector.term()
    await injector.exited()
  })

  it('tells a directory that cannot be written from one that is full', async () => {
    const pod = await node.pod()
    node.run('nsenter -t $1 -m sh -c "mount -t tmpfs -o ro tmpfs /tmp"', String(pod.mainPid()))
    const injector = fill(pod, '/tmp')
    expect((await injector.says('error'))[0]?.message).toMatch(/'\/tmp' of ns\/pod\d+\/main cannot be written: Read-only file system/)
    injector.term()
    await injector.exited()
  })

  it('that was killed between its making and its unlinking leaves an empty file, which a check finds', async () => {
    const pod = await node.pod()
    node.run('mkdir -p /run/faultline && : >/proc/$1/root/mnt/.faultline-t-early-0b6c', String(pod.mainPid()))
    const check = node.inject({
      FAULTLINE_ACTION: 'check',
      FAULTLINE_OF: 'fill-disk',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_TAG: 't-early',
      FAULTLINE_PATH: '/mnt',
    })
    expect((await check.says('residue'))[0]).toMatchObject({
      ok: true,
      message: expect.stringContaining('was left behind and is removed now: files'),
    })
    expect(pod.files('/mnt')).toEqual([])
    await check.exited()
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
})
