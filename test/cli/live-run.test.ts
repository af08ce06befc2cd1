import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { faultline } from './fake-terminal.ts'
import { openPlace, type Place, partitionSuite } from './place.ts'

let place: Place
let suite: string
let before: readonly string[]

beforeEach(async () => {
  place = await openPlace()
  suite = await place.file('suite.json', partitionSuite(60))
  before = place.footprint()
})

afterEach(() => place.close())

describe('a run that is killed hard while it holds a fault', () => {
  it('is reverted and ended as aborted by reap', async () => {
    const run = place.spawn('run', suite, ...place.flags)
    const id = await place.untilRunIs('holding')
    run.child.kill('SIGKILL')
    await run.end()
    expect(place.footprint()).not.toEqual(before)
    const { code, out } = await faultline(['reap', ...place.flags, '--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ reaped: [{ run: id, verdict: 'aborted' }], alive: [], errors: [], orphans: [] })
    expect(place.footprint()).toEqual(before)
    expect((await place.faultline('show', id)).out).toContain('  injection 0: reverted')
  })

  it('is reaped by the next run in the same place, which then starts', async () => {
    const run = place.spawn('run', suite, ...place.flags)
    const id = await place.untilRunIs('holding')
    run.child.kill('SIGKILL')
    await run.end()
    const short = await place.file('short.json', partitionSuite(1))
    const { code, out } = await faultline(['run', short, ...place.flags])
    expect(code).toBe(0)
    expect(out).toContain(`reaping first what a dead driver left: ${id}`)
    expect(place.footprint()).toEqual(before)
  })

  it('is written off when its embedded cluster has ended too', async () => {
    const run = place.spawn('run', suite, ...place.flags)
    const id = await place.untilRunIs('holding')
    run.child.kill('SIGKILL')
    await run.end()
    await place.sandbox.close()
    const { code, out } = await place.faultline('reap', '--sandbox', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      reaped: [{ run: id, verdict: 'aborted' }],
    })
    expect((await place.faultline('show', id)).out).toMatch(
      / after {5}\S+ {2}gone: the embedded cluster at \S+ has ended, and every fault with it/,
    )
  })
})

describe('beside a live run', () => {
  it('reap leaves it alone, a second run is refused, and abort ends it', async () => {
    const run = place.spawn('run', suite, ...place.flags)
    const id = await place.untilRunIs('holding')
    const reaped = await faultline(['reap', ...place.flags, '--json'])
    expect(JSON.parse(reaped.out)).toMatchObject({ reaped: [], alive: [{ run: id, state: 'holding' }], orphans: [] })
    const second = await faultline(['run', suite, ...place.flags, '--json'])
    expect(second.code).toBe(2)
    expect(JSON.parse(second.out).refusals.map((r: { readonly code: string }) => r.code)).toContain('busy')
    const abort = await place.faultline('abort', id, '--why', 'enough', '--json')
    expect(abort.code).toBe(0)
    expect(JSON.parse(abort.out)).toEqual({ run: id, state: 'aborted', driven: 'elsewhere', over: true })
    const { code, out } = await run.end()
    expect(code).toBe(1)
    expect(out).toMatch(/^ABORTED /m)
    expect(out).toContain('- asked: enough')
    expect(place.footprint()).toEqual(before)
  })
})

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('by %s undoes at once, says so, and exits with 1', async (signal) => {
    const run = place.spawn('run', suite, ...place.flags)
    await place.untilRunIs('holding')
    run.child.kill(signal)
    const { code, out } = await run.end()
    expect(code).toBe(1)
    expect(out).toContain('Interrupted: undoing everything now.')
    expect(out).toMatch(/^ABORTED /m)
    expect(place.footprint()).toEqual(before)
  })

  it('a second time says what stays and who ends it, a third time leaves with 3', async () => {
    const run = place.spawn('run', suite, ...place.flags)
    const id = await place.untilRunIs('holding')
    const stop = place.sandbox.disturb(() => ({ hang: true }))
    run.child.kill('SIGINT')
    await run.untilOut('Interrupted: undoing everything now.')
    run.child.kill('SIGINT')
    await run.untilOut('A third Ctrl-C leaves at once, with exit code 3.')
    expect(run.out).toMatch(
      new RegExp(
        `- network-partition on \\S+: fuse jadevectordb-system/faultline-${id}-0-[a-z][a-z0-9]{4} ends it at \\S+Z, or "faultline reap" before`,
      ),
    )
    run.child.kill('SIGINT')
    expect((await run.end()).code).toBe(3)
    stop()
    expect((await faultline(['reap', ...place.flags])).code).toBe(0)
    expect(place.footprint()).toEqual(before)
  })

  it('before the run began leaves at once: nothing was touched', async () => {
    const asked = Promise.withResolvers<void>()
    place.sandbox.disturb(() => {
      asked.resolve()
      return { hang: true }
    })
    const run = place.spawn('run', suite, ...place.flags, '--json')
    await asked.promise
    run.child.kill('SIGINT')
    const { code, out } = await run.end()
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'refused', message: 'interrupted before the run began: nothing was touched' } })
  })
})

describe('a reader that goes away', () => {
  it('does not take the undo with it', async () => {
    const short = await place.file('short.json', partitionSuite(2))
    const run = place.spawn('run', short, ...place.flags)
    await place.untilRunIs('holding')
    run.child.stdout?.destroy()
    run.child.stderr?.destroy()
    expect((await run.end()).code).toBe(0)
    expect(place.footprint()).toEqual(before)
  })
})
