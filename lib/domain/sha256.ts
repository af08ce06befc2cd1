/** Round constants: the first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const roundConstants = firstPrimes(64).map((prime) => fraction(Math.cbrt(prime)))
/** The same of the square roots of the first eight (FIPS 180-4, 5.3.3). */
const initial = firstPrimes(8).map((prime) => fraction(Math.sqrt(prime)))

const blockBytes = 64
/** The message's length in bits stands in the last eight bytes of the last block. */
const lengthBytes = 8

/**
 * SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits (FIPS 180-4, https://csrc.nist.gov/pubs/fips/180-4/upd1/final): for digests that a
 * person relies on. It is written out here because the domain knows no library.
 */
export function sha256(text: string): string {
  const bytes = new TextEncoder().encode(text)
  const blocks = Math.ceil((bytes.length + 1 + lengthBytes) / blockBytes)
  const padded = new Uint8Array(blocks * blockBytes)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setBigUint64(padded.length - lengthBytes, BigInt(bytes.length) * 8n)
  let state: readonly number[] = initial
  for (let at = 0; at < padded.length; at += blockBytes) state = compressed(state, view, at)
  return state.map((word) => word.toString(16).padStart(8, '0')).join('')
}

function compressed(state: readonly number[], view: DataView, at: number): readonly number[] {
  const words = Array.from({ length: 16 }, (_, i) => view.getUint32(at + 4 * i))
  for (let i = 16; i < 64; i++) {
    const [before2, before7, before15, before16] = [2, 7, 15, 16].map((back) => words[i - back] ?? 0) as [number, number, number, number]
    const low = turned(before15, 7) ^ turned(before15, 18) ^ (before15 >>> 3)
    const high = turned(before2, 17) ^ turned(before2, 19) ^ (before2 >>> 10)
    words.push((before16 + low + before7 + high) >>> 0)
  }
  let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number]
  for (const [i, word] of words.entries()) {
    const choice = (e & f) ^ (~e & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const first = (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + (roundConstants[i] ?? 0) + word) >>> 0
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority) >>> 0
    ;[a, b, c, d, e, f, g, h] = [(first + second) >>> 0, a, b, c, (d + first) >>> 0, e, f, g]
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => (word + (state[i] ?? 0)) >>> 0)
}

const turned = (word: number, by: number) => (word >>> by) | (word << (32 - by))

function fraction(value: number): number {
  return Math.floor((value - Math.floor(value)) * 2 ** 32)
}

function firstPrimes(count: number): readonly number[] {
  const primes: number[] = []
  for (let candidate = 2; primes.length < count; candidate++) if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate)
  return primes
}
