import { describe, expect, it } from '@jest/globals'
import type { Tolerance } from '../../../lib/domain/probe.ts'
import { ask } from '../../../lib/engine/probing/ask.ts'
import { fakeProbes, probeOf } from '../../support/probes.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

/** The answer of a probe that measured this. */
function answered(value: string, tolerance: Tolerance) {
  const port = fakeProbes(() => value)
  return ask(probeOf('page', { tolerance }), { port, clock: new VirtualClock(0), signal: new AbortController().signal, memory: new Map() })
}

describe('the answer of a probe', () => {
  it('is judged as a whole, and stored in short', async () => {
    const page = `${'x'.repeat(5_000)} all is well`
    expect(await answered(page, { kind: 'regex', pattern: 'all is well$' })).toMatchObject({ within: true, value: 'x'.repeat(200) })
    expect(await answered(page, { kind: 'value', value: page })).toMatchObject({ within: true })
    expect(await answered(page, { kind: 'value', value: page.slice(0, 200) })).toMatchObject({ within: false })
  })

  it('is unknown when its tolerance takes too long on it', async () => {
    const page = `${'x'.repeat(1_000_000)}y`
    const answer = await answered(page, { kind: 'regex', pattern: 'x*x*x*$' })
    expect(answer).toMatchObject({ within: null, value: null, code: 'invalid', message: expect.stringMatching(/took longer than 100 ms/) })
  })

  it('is not waited for by the driver where a short one makes a pattern endless', async () => {
    const answer = await answered(`${'a'.repeat(60)}!`, { kind: 'regex', pattern: '^(a|aa)+$' })
    expect(answer).toMatchObject({
      within: null,
      code: 'invalid',
      message: expect.stringMatching(/^\/\^\(a\|aa\)\+\$\/ took longer than 100 ms/),
    })
  })

  it('holds no half of a character', async () => {
    const { value, within } = await answered(`${'x'.repeat(199)}🔥`, { kind: 'regex', pattern: '🔥$' })
    expect([value, within]).toEqual([`${'x'.repeat(199)}\ufffd`, true])
  })
})
