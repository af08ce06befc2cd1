import { describe, expect, test } from '@jest/globals'
import { actorOf, actorText, claimed, known } from '../../lib/domain/actor.ts'

const ann = { kind: 'os', name: 'ann@laptop' } as const

describe('who did something', () => {
  test.each([
    [claimed('ann'), 'ann (claimed)'],
    [ann, 'ann@laptop'],
    [{ kind: 'kubernetes', name: 'kubernetes-admin', also: [ann] } as const, 'kubernetes-admin (ann@laptop)'],
    [known({ kind: 'aws', name: 'arn:aws:iam::123456789012:user/ann' }, 'bob'), 'arn:aws:iam::123456789012:user/ann (claimed: bob)'],
    [known(ann), 'ann@laptop'],
  ])('is told with what is only claimed named so: %j', (actor, text) => {
    expect(actorText(actor)).toBe(text)
  })

  test('is a claim in a record that holds a name alone', () => {
    expect(actorOf({ by: 'ada' })).toEqual({ kind: 'claimed', name: 'ada' })
    expect(actorOf({ by: 'ann@laptop', actor: ann })).toBe(ann)
  })
})
