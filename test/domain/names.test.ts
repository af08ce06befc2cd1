import { describe, expect, it } from '@jest/globals'
import { fuseName, nodeSuffix, parseCordonFuse, parseStepTag, stepTag } from '../../lib/domain/names.ts'

const runId = 'nightly-7-20260105-090000-0a1b2c3d'

describe('names that are read back', () => {
  it('a step tag says its run and step, also where the run id ends like one', () => {
    expect(stepTag(runId, 12)).toBe('nightly-7-20260105-090000-0a1b2c3d-12')
    expect(parseStepTag(stepTag(runId, 12))).toEqual({ runId, step: 12 })
    expect(parseStepTag('none')).toBeNull()
  })

  it('the fuse of a cordon says its run and step', () => {
    expect(fuseName(runId, 3, nodeSuffix(0))).toBe('faultline-nightly-7-20260105-090000-0a1b2c3d-3-n0')
    expect(parseCordonFuse(fuseName(runId, 3, nodeSuffix(11)))).toEqual({ runId, step: 3 })
    expect(parseCordonFuse(fuseName(runId, 3))).toBeNull()
    expect(parseCordonFuse('kubectl')).toBeNull()
  })
})
