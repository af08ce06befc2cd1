import { expect, test } from '@jest/globals'
import { actorOf } from '../../functions/shared/caller.ts'

const arn = 'arn:aws:iam::123456789012:user/ann'

test.each([
  ['nothing', null, undefined, { kind: 'claimed', name: 'the AWS console' }],
  ['a payload alone', null, 'bob', { kind: 'claimed', name: 'bob' }],
  ['AWS alone', { kind: 'aws', name: arn } as const, undefined, { kind: 'aws', name: arn }],
  ['both', { kind: 'aws', name: arn } as const, 'bob', { kind: 'aws', name: arn, also: [{ kind: 'claimed', name: 'bob' }] }],
])('who asks comes from the platform, a payload only claims: told by %s', (_, caller, said, expected) => {
  expect(actorOf({ caller }, said)).toEqual(expected)
})
