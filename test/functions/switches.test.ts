import { expect, it, jest } from '@jest/globals'
import type { Invocation } from '../../functions/shared/compose.ts'
import { controlInput, haltInput, resumeInput } from '../../functions/shared/inputs.ts'
import { halt } from '../../functions/shared/switches.ts'
import { claimed } from '../../lib/domain/actor.ts'
import { StoreUnavailable } from '../../lib/domain/errors.ts'
import { checked } from '../../lib/suite/parse-with-schema.ts'
import { requestedRun } from '../contracts/records.ts'

type Store = Pick<Invocation['store'], 'runs' | 'controls' | 'audit'>

function haltWith(list: Store['runs']['list'], add: Store['audit']['add'] = async () => true) {
  const set = jest.fn<Store['controls']['set']>(async () => {})
  const store = { runs: { list }, controls: { set, read: async () => ({ halt: null, pause: null }) }, audit: { add } }
  const answer = halt({ by: 'ann', why: 'incident' }, {
    caller: null,
    store,
    clock: {
      now: () => 7,
      sleep: (_: number, signal?: AbortSignal) => new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
    },
    engine: () => ({ notifiers: [], config: { secondPerson: [] } }),
  } as unknown as Invocation)
  return { set, answer }
}

it('halt answers with the live runs', async () => {
  const { set, answer } = haltWith(async () => [requestedRun('r1')])
  expect(await answer).toMatchObject({
    happened: 'everything is halted by ann (claimed): 1 live runs revert now, and none starts',
    runs: [{ run: 'r1' }],
  })
  expect(set.mock.calls).toEqual([[{ kind: 'halt' }, { by: 'ann (claimed)', actor: claimed('ann'), why: 'incident', at: 7 }]])
})

it('halt has halted, and says so, where the runs cannot be listed any more: it is not to be tried again', async () => {
  const { set, answer } = haltWith(async () => {
    throw new StoreUnavailable('the table is throttled')
  })
  expect(await answer).toEqual({
    happened:
      'everything is halted by ann (claimed): live runs revert now, and none starts; which are live could not be listed: the store did not answer: the table is throttled',
    next: 'ask control for the status; the function resume lets runs start again',
  })
  expect(set).toHaveBeenCalledTimes(1)
})

it('halt has halted where it could not be put on record', async () => {
  const add = jest.fn<Store['audit']['add']>(async () => {
    throw new StoreUnavailable('the table is throttled')
  })
  const { set, answer } = haltWith(async () => [], add)
  expect(await answer).toMatchObject({ happened: 'everything is halted by ann (claimed): 0 live runs revert now, and none starts' })
  expect(set).toHaveBeenCalledTimes(1)
  expect(add.mock.calls).toMatchObject([[{ kind: 'halt', at: 7, actor: claimed('ann'), message: 'incident' }]])
})

it.each([
  ['halt', '{}'],
  ['resume', '{}'],
  ['approve', '{"run":"…"}'],
])('control says where %s is', (action, payload) => {
  expect(() => checked(controlInput, { action, by: 'ann' }, 'the input of control')).toThrow(
    `\`${action}\` is a function of its own: invoke faultline-STAGE-${action} with ${payload}`,
  )
})

it.each([
  ['halt', haltInput, 'resume'],
  ['resume', resumeInput, 'halt'],
] as const)('%s takes its own name as an action, none, and no other', (action, input, other) => {
  const named = { action, by: 'ann', why: 'incident' }
  expect(checked<unknown>(input, named, action)).toEqual(named)
  expect(checked<unknown>(input, {}, action)).toEqual({ why: 'no reason given' })
  expect(() => checked<unknown>(input, { action: other }, action)).toThrow('action')
})
