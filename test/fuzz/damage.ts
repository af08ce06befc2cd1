import { seededRandom } from '../../lib/domain/random.ts'

/** Values that parsers trip over: empty, huge, negative, of another type, with names that objects have of their own. */
const oddities: readonly unknown[] = [
  ...[null, true, '', ' ', '\u0000', '\ud800', '-1', '1e309', 'NaN', '__proto__', 'constructor', '$(x)', '../..', 'a'.repeat(5_000)],
  ...[0, -1, 1e308, 1e-308, 2 ** 53, [], {}, [[]], [null], { toString: 1 }, { __proto__: null, length: -1 }],
]

/** Texts that were made from valid ones by a few wounds each; the same each time. */
export function* damagedTexts(valid: readonly string[], count: number): Generator<string> {
  const random = seededRandom(count)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  for (let i = 0; i < count; i++) {
    const text = pick(valid)
    yield random() < 0.6 ? damagedValue(text, pick, random) : damagedBytes(text, random)
  }
}

/** A value somewhere in the JSON is another one, or a field is missing or has another name. */
function damagedValue(text: string, pick: <T>(items: readonly T[]) => T, random: () => number): string {
  const root: unknown = JSON.parse(text)
  for (let wounds = 1 + Math.floor(random() * 3); wounds > 0; wounds--) {
    const places = placesIn(root)
    if (places.length === 0) return JSON.stringify(pick(oddities))
    const { holder, key } = pick(places)
    const how = random()
    if (how < 0.7) holder[key] = structuredClone(pick(oddities))
    else if (how < 0.85) delete holder[key]
    else holder[`${key}x`] = holder[key]
  }
  return JSON.stringify(root)
}

type Holder = Record<string, unknown>

function placesIn(value: unknown): readonly { readonly holder: Holder; readonly key: string }[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Holder
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])])
}

/** Characters are flipped, taken out or doubled, or the end is cut off. */
function damagedBytes(text: string, random: () => number): string {
  let bytes = Buffer.from(text)
  for (let wounds = 1 + Math.floor(random() * 4); wounds > 0; wounds--) {
    const at = Math.floor(random() * bytes.length)
    const how = random()
    if (how < 0.4) bytes[at] = Math.floor(random() * 256)
    else if (how < 0.6) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + Math.floor(random() * 20))])
    else if (how < 0.8) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at >> 1)])
    else bytes = bytes.subarray(0, at)
  }
  return bytes.toString('utf8')
}
