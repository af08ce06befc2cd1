import { beforeEach, describe, expect, it } from '@jest/globals'
import { FaultlineError, StoreUnavailable } from '../../../lib/domain/errors.ts'
import type { Delivery } from '../../../lib/engine/notifications/delivery-queue.ts'
import { DeliveryQueue } from '../../../lib/engine/notifications/delivery-queue.ts'
import type { NoticeStore } from '../../../lib/ports.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const refused = () => new FaultlineError('unavailable', 'connection refused', { retryable: true })
const uncertain = () => new FaultlineError('unavailable', 'no answer')

/** Claims in memory, as the contract has them. */
class MemoryNotices implements NoticeStore {
  readonly claims = new Map<string, number>()
  isAway = false

  async claim(runId: string, { notifier, key, at, forMs }: Parameters<NoticeStore['claim']>[1]) {
    if (this.isAway) throw new StoreUnavailable('claim')
    const id = `${runId} ${notifier} ${key}`
    const freeAt = this.claims.get(id) ?? 0
    if (freeAt > at) return freeAt === Number.POSITIVE_INFINITY ? 'taken' : 'held'
    this.claims.set(id, forMs === null ? Number.POSITIVE_INFINITY : at + forMs)
    return 'ours'
  }

  async keep(runId: string, { notifier, key }: { readonly notifier: string; readonly key: string }) {
    if (this.isAway) throw new StoreUnavailable('keep')
    this.claims.set(`${runId} ${notifier} ${key}`, Number.POSITIVE_INFINITY)
  }

  async giveBack(runId: string, { notifier, key }: { readonly notifier: string; readonly key: string }) {
    this.claims.delete(`${runId} ${notifier} ${key}`)
  }
}

let clock: VirtualClock
let notices: MemoryNotices
let notes: string[]
let brought: string[]

beforeEach(() => {
  clock = new VirtualClock(0)
  notices = new MemoryNotices()
  notes = []
  brought = []
})

const queueOf = () => new DeliveryQueue({ notifier: 'sns', runId: 'r1', clock, notices, note: (message) => notes.push(message) })

/** Answers in turn; the last one for ever. */
function delivery(
  key: string,
  answers: readonly ('arrives' | 'hangs' | (() => Error))[] = ['arrives'],
  change: Partial<Delivery> = {},
): Delivery {
  let n = 0
  const deliver = async () => {
    brought.push(`${clock.now() / 1000} ${key}`)
    const answer = answers[Math.min(n++, answers.length - 1)]
    if (answer === 'hangs') await new Promise(() => undefined)
    if (typeof answer === 'function') throw answer()
  }
  return { key, topic: key, coolDownMs: 0, severity: 'info', isVital: false, deliver, ...change }
}

describe('a deliveries', () => {
  it('brings a delivery once, however often it is posted and by whomever', async () => {
    const [one, other] = [queueOf(), queueOf()]
    one.post(delivery('a'))
    one.post(delivery('a'))
    await clock.advance(1_000)
    other.post(delivery('a'))
    one.post(delivery('a'))
    await clock.advance(100_000)
    expect(brought).toEqual(['0 a'])
  })

  it('tries again with growing pauses what certainly did not arrive, and lets others pass meanwhile', async () => {
    const deliveries = queueOf()
    deliveries.post(delivery('a', [refused, refused, refused, 'arrives']))
    deliveries.post(delivery('b'))
    await clock.advance(100_000)
    expect(brought).toEqual(['0 a', '0 b', '1 a', '3 a', '7 a'])
    expect(notes).toEqual(['sns was not told (a): connection refused'])
  })

  it('leaves what certainly did not arrive to the next driver', async () => {
    const [one, other] = [queueOf(), queueOf()]
    one.post(delivery('a', [refused]))
    await clock.advance(10)
    await one.close(AbortSignal.timeout(1_000))
    other.post(delivery('a'))
    await clock.advance(10)
    expect(brought).toEqual(['0 a', '0.01 a', '0.01 a'])
  })

  it('brings what another driver claimed and died over, once that claim has had its time', async () => {
    expect(await notices.claim('r1', { notifier: 'sns', key: 'a', at: 0, forMs: 60_000 })).toBe('ours')
    const early = queueOf()
    early.post(delivery('a'))
    await clock.advance(1_000)
    await early.close(AbortSignal.timeout(1_000))
    expect([brought, early.isAllDone]).toEqual([[], false])
    await clock.advance(59_000)
    const other = queueOf()
    other.post(delivery('a'))
    await clock.advance(10)
    expect([brought, other.isAllDone]).toEqual([['60 a'], true])
  })

  it.each([['hangs' as const], [uncertain], [() => new TypeError('a bug')]])(
    'never brings again what may have arrived (%p)',
    async (answer) => {
      const [one, other] = [queueOf(), queueOf()]
      one.post(delivery('a', [answer]))
      await clock.advance(100_000)
      other.post(delivery('a'))
      await clock.advance(100_000)
      expect(brought).toEqual(['0 a'])
    },
  )

  it('brings again, three times at most, what is vital and may not have arrived', async () => {
    queueOf().post(delivery('a', ['hangs'], { isVital: true }))
    await clock.advance(1_000_000)
    expect(brought).toEqual(['0 a', '11 a', '23 a'])
  })

  it('brings what is vital even when the claim cannot be stored, and waits with everything else', async () => {
    notices.isAway = true
    const deliveries = queueOf()
    deliveries.post(delivery('page', ['arrives'], { isVital: true }))
    deliveries.post(delivery('a'))
    await clock.advance(1_500)
    expect(brought).toEqual(['0 page'])
    notices.isAway = false
    await clock.advance(10_000)
    expect(brought).toEqual(['0 page', '3 a'])
  })

  it('keeps a topic quiet for its cool-down, also towards other drivers', async () => {
    const [one, other] = [queueOf(), queueOf()]
    const page = (key: string) => delivery(key, ['arrives'], { topic: 'undo', coolDownMs: 300_000, isVital: true })
    one.post(page('a'))
    await clock.advance(1_000)
    one.post(page('b'))
    other.post(page('c'))
    await clock.advance(299_000)
    other.post(page('d'))
    await clock.advance(1_000)
    expect(brought).toEqual(['0 a', '300 d'])
  })

  it('a topic whose telling was refused is not quiet', async () => {
    const [one, other] = [queueOf(), queueOf()]
    const page = (key: string, answer: 'arrives' | (() => Error)) => delivery(key, [answer], { topic: 'undo', coolDownMs: 300_000 })
    one.post(page('a', refused))
    await clock.advance(10)
    other.post(page('b', 'arrives'))
    await clock.advance(10)
    expect(brought).toEqual(['0 a', '0.01 b'])
  })

  it('brings what is critical first', async () => {
    const deliveries = queueOf()
    deliveries.post(delivery('first', ['hangs']))
    deliveries.post(delivery('info'))
    deliveries.post(delivery('critical', ['arrives'], { severity: 'critical' }))
    deliveries.post(delivery('warning', ['arrives'], { severity: 'warning' }))
    await clock.advance(20_000)
    expect(brought).toEqual(['0 first', '10 critical', '10 info', '10 warning'])
  })

  it('closes at once when all is brought, and when it is told to give up', async () => {
    const deliveries = queueOf()
    deliveries.post(delivery('a'))
    await deliveries.close(new AbortController().signal)
    expect(brought).toEqual(['0 a'])
    const stuck = queueOf()
    stuck.post(delivery('b', ['hangs']))
    await clock.advance(10)
    const giveUp = new AbortController()
    const closed = stuck.close(giveUp.signal)
    giveUp.abort()
    await closed
    stuck.post(delivery('c'))
    await clock.advance(100_000)
    expect(brought).toEqual(['0 a', '0 b'])
  })
})
