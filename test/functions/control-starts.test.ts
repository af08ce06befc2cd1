import { describe, expect, it } from '@jest/globals'
import { suiteOfInput } from '../../functions/shared/control-starts.ts'

const fault = 'node-failure'

describe('inject of the control function', () => {
  it('is the suite that the flags of the command line make', () => {
    const given = { duration: 30, signal: 'KILL', repeatEvery: 10, count: 1, targets: ['db-0', 'db-1'] }
    expect(suiteOfInput({ fault, kind: 'pod-kill', with: given, namespace: 'shop', selector: 'app=db' })).toEqual({
      name: 'node-failure pod-kill',
      namespace: 'shop',
      selector: 'app=db',
      gracePeriod: 0,
      experiments: [
        {
          name: 'node-failure pod-kill',
          type: 'node_failure',
          params: { failure_type: 'pod-kill', signal: 'KILL', repeatEvery: 10 },
          targets: { names: ['db-0', 'db-1'], count: 1 },
          duration: 30,
        },
      ],
    })
  })

  it('refuses a key that no kind of the fault has, by name', () => {
    expect(() => suiteOfInput({ fault, kind: 'pod-kill', with: { duration: 30, intensty: 'low' } })).toThrow(/^with\.intensty: /)
    expect(() => suiteOfInput({ fault: 'node-failur', kind: 'pod-kill', with: {} })).toThrow(
      'fault: `node-failur`: did you mean `node-failure`?',
    )
    expect(() => suiteOfInput({ fault: 'constructor', kind: 'x', with: {} })).toThrow(/^fault: /)
  })
})
