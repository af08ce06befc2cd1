import { FaultlineError } from '../../domain/errors.ts'
import type { Key } from './keys.ts'
import type { Item } from './table-access.ts'

/** Most UTF-8 bytes of one part's text: eight parts fill a page of DynamoDB's answers (1 MB), and a third of an item is used (400 KB). */
export const partBytes = 128 * 1024

/** Of one value: 128 MB. The evidence of 10,000 targets, the largest value there is, has less than 10 MB. */
const mostParts = 1_024

/** Which fields of a record stay in its head. What is larger lies in parts, so that the head's size is bounded by the number of fields. */
export interface Layout {
  /** Of a field: so many characters of JSON stay in the head. */
  readonly inline: number
  /** Other limits, by field. */
  readonly except?: Readonly<Record<string, number>>
  /** Lists whose elements are parts of their own, by field; so many characters of an element stay in the head. */
  readonly elements?: Readonly<Record<string, number>>
}

/** `ID.COUNT`: the save that wrote it, and in how many parts it lies. */
type Ref = string

/** Where the fields of a record are that its head does not have; of a list, where its elements are (null: in the head). */
export type Parts = Readonly<Record<string, Ref | readonly (Ref | null)[]>>

/** The head of a record as it is stored. One from before there were parts has its whole record in `body`. */
export interface Head {
  readonly body: object
  readonly parts?: Parts
}

/** Where an object of a record lies, as of the head of that version. */
interface Place {
  readonly slot: string
  readonly ref: Ref
  readonly version: number
}

interface Slot {
  readonly head: Key
  /** Field, or field and index. */
  readonly name: string
}

/**
 * Takes records apart and puts them together. Remembers where an object lies, so that what did not change is not written again: only what
 * the head before this one names is used again, as everything else may be gone.
 */
export class PartCodec {
  readonly #places = new WeakMap<object, Place>()
  readonly #layout: Layout

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /**
   * A record as it is stored: its head, and the parts that must be stored before it.
   * @throws FaultlineError `invalid` for a value of more than 128 MB
   */
  split<R extends { readonly version: number }>(head: Key, record: R, saveId: string): Head & { readonly ahead: readonly Item[] } {
    const ahead: Item[] = []
    const body: Record<string, unknown> = {}
    const parts: Record<string, Ref | (Ref | null)[]> = {}
    const put = (name: string, value: unknown, most: number) => {
      const slot = { head, name }
      const known = this.#known(slot, value, record.version)
      if (known !== null) return known
      const text = isShort(value, most) ? null : JSON.stringify(value)
      if (text === null || text.length <= most) return null
      const id = saveId.replaceAll('-', '').slice(0, 12)
      const items = itemsOf(slot, id, text)
      ahead.push(...items)
      return `${id}.${items.length}`
    }
    for (const [field, value] of Object.entries(record)) {
      if (value === undefined) continue
      const ofElement = this.#layout.elements?.[field]
      if (ofElement !== undefined && Array.isArray(value)) {
        const refs = value.map((element: unknown, index) => put(`${field}.${index}`, element, ofElement))
        body[field] = value.map((element: unknown, index) => (refs[index] === null ? element : null))
        if (refs.some((ref) => ref !== null)) parts[field] = refs
        continue
      }
      const ref = put(field, value, this.#layout.except?.[field] ?? this.#layout.inline)
      if (ref === null) body[field] = value
      else parts[field] = ref
    }
    return { body, ...(Object.keys(parts).length === 0 ? {} : { parts }), ahead }
  }

  /** To be called once the head is stored: what it names may be named by the next one. */
  stored(head: Key, record: object & { readonly version: number }, parts: Parts | undefined): void {
    for (const [name, ref] of namedBy(parts)) {
      const [field = '', index] = name.split('.')
      const value = (record as Readonly<Record<string, unknown>>)[field]
      this.#remember({ head, name }, index === undefined ? value : (value as readonly unknown[])[Number(index)], ref, record.version)
    }
  }

  /** The record of a head; `lacks` names what is not among the items. */
  join(item: Item & Head, texts: ReadonlyMap<string, string>): { readonly record: object; readonly lacks: readonly string[] } {
    const record: Record<string, unknown> = { ...item.body }
    const lacks: string[] = []
    for (const [name, ref] of namedBy(item.parts)) {
      const slot = { head: item, name }
      const pieces = keysOf(slot, ref).map(({ sk }) => texts.get(sk))
      const there = pieces.filter((piece) => piece !== undefined)
      if (there.length < pieces.length) {
        lacks.push(`${pieces.length - there.length} of the ${pieces.length} parts of its ${name}`)
        continue
      }
      const value: unknown = JSON.parse(there.join(''))
      this.#remember(slot, value, ref, Number(item.version))
      const [field = '', index] = name.split('.')
      if (index === undefined) record[field] = value
      else record[field] = (record[field] as readonly unknown[]).map((element, at) => (at === Number(index) ? value : element))
    }
    return { record, lacks }
  }

  #known({ head, name }: Slot, value: unknown, version: number): Ref | null {
    const place = typeof value === 'object' && value !== null ? this.#places.get(value) : undefined
    if (place === undefined || place.slot !== nameOf({ head, name })) return null
    return place.version === version - 1 || place.version === version ? place.ref : null
  }

  #remember(slot: Slot, value: unknown, ref: Ref, version: number): void {
    if (typeof value === 'object' && value !== null) this.#places.set(value, { slot: nameOf(slot), ref, version })
  }
}

/** Keys of what the head before named and the one after it does not: nothing will ever name it again. */
export function superseded(head: Key, before: Parts | undefined, after: Parts | undefined): readonly Key[] {
  const named = new Set(namedBy(after).map(([name, ref]) => `${name} ${ref}`))
  return namedBy(before).flatMap(([name, ref]) => (named.has(`${name} ${ref}`) ? [] : keysOf({ head, name }, ref)))
}

function namedBy(parts: Parts | undefined): readonly (readonly [name: string, ref: Ref])[] {
  return Object.entries(parts ?? {}).flatMap(([field, ref]) =>
    typeof ref === 'string'
      ? [[field, ref] as const]
      : ref.flatMap((one, index) => (one === null ? [] : [[`${field}.${index}`, one] as const])),
  )
}

const nameOf = ({ head, name }: Slot) => `${head.pk} ${head.sk} ${name}`

/** Parts sort right after their head, so that one query reads both. */
function keysOf({ head, name }: Slot, ref: Ref): readonly Key[] {
  const [id = '', count = '0'] = ref.split('.')
  return Array.from({ length: Number(count) }, (_, n) => ({ pk: head.pk, sk: `${head.sk}#${name}#${id}#${String(n).padStart(4, '0')}` }))
}

function itemsOf(slot: Slot, id: string, text: string): readonly Item[] {
  const texts = pieces(text)
  if (texts.length > mostParts)
    throw new FaultlineError('invalid', `${nameOf(slot)} has more than ${(mostParts * partBytes) / 1024 ** 2} MB; use fewer targets`)
  return keysOf(slot, `${id}.${texts.length}`).map((key, n) => ({ ...key, text: texts[n] }))
}

/** Cut between characters, never within one. */
export function pieces(text: string): readonly string[] {
  if (Buffer.byteLength(text) <= partBytes) return [text]
  const bytes = Buffer.from(text)
  const found: string[] = []
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(from + partBytes, bytes.length)
    while (isWithinCharacter(bytes[to])) to -= 1
    found.push(bytes.toString('utf8', from, to))
    from = to
  }
  return found
}

/** Bytes of UTF-8 that go on with a character are 10xxxxxx. */
function isWithinCharacter(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000
}

/** What needs no JSON to be known as short. */
function isShort(value: unknown, most: number): boolean {
  return (
    value === null || typeof value === 'number' || typeof value === 'boolean' || (typeof value === 'string' && value.length * 6 + 2 <= most)
  )
}
