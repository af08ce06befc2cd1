import { describe, expect, it } from '@jest/globals'
import { beaconName, checkName, fuseName, nodeSuffix, nonceOf, parseCordonFuse, parseStepTag, stepTag } from '../../lib/domain/names.ts'

const runId = 'nightly-7-20260105-090000-0a1b2c3d'
const run = { runId, nonce: 'k3x9z' }
const earlier = { runId, nonce: '' }

describe('names that are read back', () => {
  it('a step tag says its run and step, also where the run id ends like one', () => {
    expect(stepTag(runId, 12)).toBe('nightly-7-20260105-090000-0a1b2c3d-12')
    expect(parseStepTag(stepTag(runId, 12))).toEqual({ runId, step: 12 })
    expect(parseStepTag('none')).toBeNull()
  })

  it('the fuse of a cordon says its run and step, with a nonce and as earlier versions named it', () => {
    expect(fuseName(run, 3, nodeSuffix(0))).toBe('faultline-nightly-7-20260105-090000-0a1b2c3d-3-k3x9z-n0')
    expect(fuseName(earlier, 3, nodeSuffix(0))).toBe('faultline-nightly-7-20260105-090000-0a1b2c3d-3-n0')
    expect(parseCordonFuse(fuseName(run, 3, nodeSuffix(11)))).toEqual({ runId, step: 3 })
    expect(parseCordonFuse(fuseName(earlier, 3, nodeSuffix(11)))).toEqual({ runId, step: 3 })
    expect(parseCordonFuse(fuseName(run, 3))).toBeNull()
    expect(parseCordonFuse('kubectl')).toBeNull()
  })
})

describe('names that cannot be known beforehand', () => {
  it('bear the nonce of their run, which random numbers alone decide', () => {
    expect(beaconName(run)).toBe('faultline-nightly-7-20260105-090000-0a1b2c3d-k3x9z')
    expect(fuseName(run, 3)).toBe('faultline-nightly-7-20260105-090000-0a1b2c3d-3-k3x9z')
    expect(nonceOf([0, 27, 255, 36, 1])).toBe('a1dab')
    expect(nonceOf([255, 0, 0, 0, 35])).toBe('vaaa9')
  })

  it('are no longer than a label value may be: the longest run id, step and node', () => {
    const longest = { runId: 'fourteen-chars-20260105-090000-0a1b2c3d', nonce: 'k3x9z' }
    const injector = fuseName(longest, 99, nodeSuffix(999))
    expect([injector.length, checkName(injector)]).toEqual([63, injector.replace(/n999$/, 'c999')])
  })
})
