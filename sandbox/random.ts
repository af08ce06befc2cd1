import { randomBytes } from 'node:crypto'

/** Source of every name suffix, UID and container ID, so that a seed repeats them. */
export interface Random {
  hex(length: number): string
  uid(): string
  /** Five letters and digits, as Kubernetes appends them to generated names. */
  suffix(): string
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

function bytesFrom(seed: number | undefined): (count: number) => Uint8Array {
  if (seed === undefined) return randomBytes
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) & 0xff
  }
  return (count) => Uint8Array.from({ length: count }, next)
}

/** Random from the operating system, or repeatable when a seed is given. */
export function createRandom(seed?: number): Random {
  const bytes = bytesFrom(seed)
  const hex = (length: number) =>
    Buffer.from(bytes(Math.ceil(length / 2)))
      .toString('hex')
      .slice(0, length)
  return {
    hex,
    uid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-a${hex(3)}-${hex(12)}`,
    suffix: () => Array.from(bytes(5), (byte) => alphabet[byte % alphabet.length]).join(''),
  }
}

/** A short, stable name for a pod template, as the `pod-template-hash` label carries it. */
export function templateHash(template: unknown): string {
  let hash = 0x811c9dc5
  for (const char of JSON.stringify(template)) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0
  let text = ''
  for (let rest = hash; text.length < 9; rest = Math.imul(rest ^ (rest >>> 13), 0x5bd1e995) >>> 0) {
    text += alphabet[rest % alphabet.length]
  }
  return text
}
