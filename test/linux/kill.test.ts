import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { polite, seconds, stubborn, TestNode, until } from './support/test-node.ts'

let node: TestNode
beforeAll(async () => {
  node = await TestNode.start()
})
afterAll(() => node.stop())

describe('kill', () => {
  it('sends TERM to the main process of the named container, and to no other process of the pod', async () => {
    const pod = await node.pod()
    await pod.start('side', polite)
    const injector = node.inject({
      FAULTLINE_ACTION: 'kill',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_GRACE: '10',
    })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ target: pod.uid, ok: true, name: 'kills', value: 1 })
    expect(bite?.message).toMatch(/died \d{1,3} ms after SIGTERM/)
    expect(pod.isRunning()).toBe(false)
    expect(pod.isRunning('side')).toBe(true)
    injector.term()
    expect(await injector.exited()).toBe(0)
  })

  it('follows with KILL after the grace where TERM is ignored', async () => {
    const pod = await node.pod({ main: stubborn })
    const injector = node.inject({
      FAULTLINE_ACTION: 'kill',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_GRACE: '2',
    })
    const [bite] = await injector.says('bite')
    const [before] = injector.of('before')
    expect((bite?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThan(1900)
    expect(pod.isRunning()).toBe(false)
    injector.term()
    await injector.exited()
  })

  it('kills again every so often, also the container that came after', async () => {
    const pod = await node.pod()
    const injector = node.inject({
      FAULTLINE_ACTION: 'kill',
      FAULTLINE_TARGETS: pod.line(),
      FAULTLINE_ENDS_AT: seconds(30),
      FAULTLINE_SIGNAL: 'KILL',
      FAULTLINE_REPEAT: '2',
    })
    await injector.says('bite')
    await pod.start('main', polite)
    await until('the second one is killed', () => !pod.isRunning())
    await until('it is counted', () => injector.of('measure').at(-1)?.value === 2)
    injector.term()
    await injector.exited()
    expect(injector.of('undone')[0]).toMatchObject({ ok: true, value: 2 })
    const check = node.check(injector, { of: 'kill', pod })
    expect(await check.exited()).toBe(0)
    expect(check.of('residue')[0]).toMatchObject({ ok: true, name: '', value: '' })
  })

  it('is an error for a pod that is not on this node', async () => {
    const injector = node.inject({
      FAULTLINE_ACTION: 'kill',
      FAULTLINE_TARGETS: `11111111-2222-3333-4444-555555555555 ${'ab'.repeat(32)} ns/gone/main`,
      FAULTLINE_ENDS_AT: seconds(30),
    })
    const [error] = await injector.says('error')
    expect(error?.message).toContain('no process of pod ns/gone/main')
    await until('it is ready with an error, too', () => injector.isReady)
    injector.term()
    await injector.exited()
  })
})

describe('crashloop', () => {
  it('kills the container at every start, bites from the second time on, and lets it be afterwards', async () => {
    const pod = await node.pod()
    const injector = node.inject({ FAULTLINE_ACTION: 'crashloop', FAULTLINE_TARGETS: pod.line(), FAULTLINE_ENDS_AT: seconds(40) })
    for (const _ of [1, 2, 3]) {
      await until('it is killed', () => !pod.isRunning())
      await pod.start('main', polite)
    }
    await until('it is killed', () => !pod.isRunning())
    const [bite] = await injector.says('bite')
    expect(Number(bite?.value)).toBeGreaterThanOrEqual(2)
    injector.term()
    await injector.exited()
    await pod.start('main', polite)
    await new Promise((done) => setTimeout(done, 800))
    expect(pod.isRunning()).toBe(true)
    expect(injector.of('undone')[0]).toMatchObject({ ok: true, value: 4 })
  })

  it('bites from the first time on where the container is in back-off', async () => {
    const pod = await node.pod()
    const injector = node.inject({ FAULTLINE_ACTION: 'crashloop', FAULTLINE_TARGETS: pod.line(), FAULTLINE_ENDS_AT: seconds(40) })
    const [bite] = await injector.says('bite')
    expect(bite).toMatchObject({ ok: true, value: 1, message: expect.stringContaining('in back-off') })
    injector.term()
    await injector.exited()
  })
})
