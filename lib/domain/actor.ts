/**
 * By what a person is known, from what can be least bent to what can be most. `aws`: the caller's ARN out of a request context that AWS
 * signed. `kubernetes`: who the API server says the credentials are. `os`: user and host of the machine. `claimed`: only typed, or from a
 * payload.
 */
export const identityKinds = ['aws', 'kubernetes', 'os', 'claimed'] as const
export type IdentityKind = (typeof identityKinds)[number]

/** One name that a person goes by. */
export interface Identity {
  readonly kind: IdentityKind
  /** An ARN, a user of Kubernetes, `user@host`, or what was typed. */
  readonly name: string
}

/** Who did something: the identity that counts, and what else is known of the same person. */
export interface Actor extends Identity {
  readonly also?: readonly Identity[]
}

/** A name alone is what a person, or a program, says of itself. */
export function claimed(name: string): Actor {
  return { kind: 'claimed', name }
}

/** Who a platform says it was; `said`: the name that came along, kept as a claim. */
export function known(identity: Identity, said?: string): Actor {
  return said === undefined ? identity : { ...identity, also: [claimed(said)] }
}

/** The actor that a record bears; records that hold a name alone (older ones) claim it. */
export function actorOf({ by, actor }: { readonly by: string; readonly actor?: Actor | undefined }): Actor {
  return actor ?? claimed(by)
}

/** For people: `kubernetes-admin (ann@laptop)`, `arn:… (claimed: ann)`, `ann (claimed)`. */
export function actorText({ kind, name, also = [] }: Actor): string {
  const others = also.map((one) => (one.kind === 'claimed' ? `claimed: ${one.name}` : one.name))
  const notes = kind === 'claimed' ? ['claimed', ...others] : others
  return notes.length === 0 ? name : `${name} (${notes.join(', ')})`
}

/**
 * The person behind an identity. A person who takes a role may give the session any name, so two sessions of one role are one person; those of
 * IAM Identity Center (`AWSReservedSSO_…`) bear their user's name, which they cannot choose.
 */
function personOf({ kind, name }: Identity): string {
  const [, role] = kind === 'aws' ? (/^(arn:aws[a-z-]*:sts::\d+:assumed-role\/(?!AWSReservedSSO_)[^/]+)\//.exec(name) ?? []) : []
  return role ?? name
}

/**
 * Why one cannot be taken for another person than the other; null where it is shown that they are two. What is claimed shows nothing, and
 * names of two kinds cannot be compared.
 */
export function whyNotAnother(first: Actor, second: Actor): string | null {
  const proven = ({ kind, name, also = [] }: Actor) => [{ kind, name }, ...also].filter((one) => one.kind !== 'claimed')
  const [ofFirst, ofSecond] = [proven(first), proven(second)]
  if (ofSecond.length === 0) return `who ${second.name} is, is only claimed`
  if (ofFirst.length === 0) return `who ${first.name} is, is only claimed`
  const pairs = ofFirst.flatMap((one) => ofSecond.filter(({ kind }) => kind === one.kind).map((other) => [one, other] as const))
  if (pairs.length === 0) return `${first.name} and ${second.name} are known in different ways, and may be one person`
  const same = pairs.find(([one, other]) => personOf(one) === personOf(other))
  return same === undefined ? null : `${personOf(same[0])} is the same person`
}
