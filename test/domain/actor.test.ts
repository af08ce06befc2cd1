import { describe, expect, test } from '@jest/globals'
import { type Actor, actorOf, actorText, claimed, known, whyNotAnother } from '../../lib/domain/actor.ts'

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

const aws = (name: string): Actor => ({ kind: 'aws', name })
const session = (role: string, name: string) => aws(`arn:aws:sts::123456789012:assumed-role/${role}/${name}`)
const kubernetes = (name: string, os: string): Actor => ({ kind: 'kubernetes', name, also: [{ kind: 'os', name: os }] })

test.each<[string, Actor, Actor, RegExp | null]>([
  ['two users of AWS', aws('arn:aws:iam::1:user/ann'), aws('arn:aws:iam::1:user/bob'), null],
  ['one user of AWS', aws('arn:aws:iam::1:user/ann'), aws('arn:aws:iam::1:user/ann'), /same person/],
  ['one user who claims another name', known(aws('arn:aws:iam::1:user/ann'), 'ann'), known(aws('arn:aws:iam::1:user/ann'), 'bob'), /same/],
  ['two sessions of one role, whose names anyone may choose', session('ops', 'ann'), session('ops', 'bob'), /same person/],
  ['two roles', session('ops', 'ann'), session('admins', 'ann'), null],
  ['two users of IAM Identity Center', session('AWSReservedSSO_ops_1a', 'ann'), session('AWSReservedSSO_ops_1a', 'bob'), null],
  ['one user of IAM Identity Center', session('AWSReservedSSO_ops_1a', 'ann'), session('AWSReservedSSO_ops_1a', 'ann'), /same person/],
  ['a claim after a known one', ann, claimed('bob'), /only claimed/],
  ['a known one after a claim', claimed('bob'), ann, /only claimed/],
  ['two who are known in different ways', ann, aws('arn:aws:iam::1:user/bob'), /different ways/],
  ['two users of Kubernetes on two machines', kubernetes('oidc:ann', 'ann@laptop'), kubernetes('oidc:bob', 'bob@desk'), null],
  ['two users of Kubernetes of one person', kubernetes('oidc:ann', 'ann@laptop'), kubernetes('admin', 'ann@laptop'), /same person/],
  ['one user of Kubernetes on two machines', kubernetes('admin', 'ann@laptop'), kubernetes('admin', 'bob@desk'), /same person/],
])('a second person: %s', (_, first, second, why) => {
  const said = whyNotAnother(first, second)
  if (why === null) expect(said).toBeNull()
  else expect(said).toMatch(why)
})
