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
