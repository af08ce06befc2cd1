import { describe, expect, it } from '@jest/globals'
import { causeOf, reasonText } from '../../lib/domain/reason.ts'

const event = (at: number, code: string) => ({ at, target: 'db-0', code, message: '' })

describe('the cause of an early end', () => {
  it('is what was seen first of what ends a fault', () => {
    expect(causeOf([event(9, 'restarted'), event(5, 'stressor_oom_killed'), event(1, 'partial')])).toBe('oom_killed')
    expect(causeOf([event(9, 'other_boot')])).toBe('node_lost')
    expect(causeOf([event(9, 'holder_died')])).toBe('file_removed')
  })

  it('of a container that died is what Kubernetes tells of it soon after', () => {
    expect(causeOf([event(1_000, 'restarted'), event(9_000, 'evicted')])).toBe('evicted')
    expect(causeOf([event(1_000, 'restarted'), event(2_000, 'restarted'), event(9_000, 'oom_killed')])).toBe('oom_killed')
    expect(causeOf([event(1_000, 'holder_died'), event(9_000, 'node_lost')])).toBe('node_lost')
    expect(causeOf([event(1_000, 'restarted'), event(61_000, 'evicted')])).toBe('restarted')
    expect(causeOf([event(1_000, 'oom_killed'), event(2_000, 'deleted')])).toBe('oom_killed')
  })

  it('is unknown where nothing of it is one', () => {
    expect(causeOf([event(1, 'partial'), event(2, 'unused')])).toBeUndefined()
    expect(causeOf([])).toBeUndefined()
  })

  it('is in the sentence', () => {
    expect(reasonText({ code: 'ended_early', detail: 'db-0: OOMKilled', cause: 'oom_killed' })).toBe(
      'ended_early (oom_killed): db-0: OOMKilled',
    )
  })
})
