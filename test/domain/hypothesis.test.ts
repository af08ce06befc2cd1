import { describe, expect, it } from '@jest/globals'
import { isUnmeasured } from '../../lib/domain/hypothesis.ts'

const step = (hypothesis: string) => ({ hypothesis })

describe('a hypothesis', () => {
  it.each<readonly [string, Parameters<typeof isUnmeasured>[0], boolean]>([
    ['that no probe measures', { hypothesis: 'all is well', steps: [step('')], probes: [] }, true],
    ['of a step that no probe measures', { hypothesis: '', steps: [step(''), step('reads go on')], probes: [] }, true],
    ['that a probe measures', { hypothesis: 'all is well', steps: [step('')], probes: [{}] }, false],
    ['that is none', { hypothesis: '', steps: [step('')], probes: [] }, false],
  ])('%s', (_, suite, expected) => {
    expect(isUnmeasured(suite)).toBe(expected)
  })
})
