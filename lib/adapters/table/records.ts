import { randomUUID } from 'node:crypto'
import { FaultlineError, StoreUnavailable, VersionConflict } from '../../domain/errors.ts'
import type { Clock } from '../../ports.ts'
import { allSettled } from './all-settled.ts'
import { notThereYet, unchangedSince } from './conditions.ts'
import type { Key } from './keys.ts'
import { type Head, type Layout, PartCodec, type Parts, superseded } from './parts.ts'
import type { Attributes, Item, TableAccess, Written } from './table-access.ts'

/** What is saved under a version condition. */
interface Versioned {
  readonly version: number
}

/** A record's place, the record, and what its head bears beside it. */
interface Saving<R extends Versioned> {
  readonly key: Key
  readonly record: R
  readonly saveId: string
  readonly beside?: Attributes
}

/** A saved object keeps its id, so that saving it again after a lost answer is known as the same save. */
const saveIds = new WeakMap<object, string>()

/** The id under which an (immutable) record is saved. */
export function saveIdOf(record: object): string {
  const id = saveIds.get(record) ?? randomUUID()
  saveIds.set(record, id)
  return id
}

/** So many reads in which a record changed under the reader each time: a save takes longer than a read. */
const mostReads = 20

/**
 * Records of any size in items of bounded size. A save stores the parts that are new, side by side, then the head that names them, under
 * its condition: until then nothing names them, and what dies in between leaves the record as it was. What a head no longer names goes
 * with the next save of this process, or with the run.
 */
export class RecordItems<R extends Versioned> {
  readonly #table: TableAccess
  readonly #clock: Clock
  readonly #codec: PartCodec
  readonly #read: (record: object) => R
  #idle: Key[] = []

  constructor(options: {
    readonly table: TableAccess
    readonly clock: Clock
    readonly layout: Layout
    readonly read: (record: object) => R
  }) {
    this.#table = options.table
    this.#clock = options.clock
    this.#codec = new PartCodec(options.layout)
    this.#read = options.read
  }

  /** False when the record exists. A refusal is checked: when the stored head bears our save id, an earlier attempt got through. */
  async create({ key, record, saveId, beside }: Saving<R>): Promise<boolean> {
    const { ahead, ...head } = await this.#writeAhead(key, record, saveId, beside)
    const item = { ...key, ...beside, version: record.version, saveId, ...head }
    const isOurs = (await this.#table.put(item, notThereYet)) !== false || (await this.#isStored(key, saveId, head.parts))
    if (isOurs) this.#codec.stored(key, record, head.parts)
    return isOurs
  }

  /**
   * Saves version n over version n - 1; told from a lost answer by the save id. `write`: how the head is written.
   * @throws VersionConflict when another version is stored
   */
  async save(
    { key, record, saveId, beside }: Saving<R>,
    write: (attributes: Attributes, condition: ReturnType<typeof unchangedSince>) => Promise<Written>,
  ): Promise<void> {
    const { ahead, ...head } = await this.#writeAhead(key, record, saveId)
    const attributes = { ...beside, version: record.version, saveId, parts: {}, ...head }
    const written = await write(attributes, unchangedSince(record.version - 1))
    if (written === false && !(await this.#isStored(key, saveId, head.parts))) throw new VersionConflict(`${key.pk} / ${key.sk}`)
    this.#codec.stored(key, record, head.parts)
    if (written === false) return
    this.#idle.push(...superseded(key, written.before?.parts as Parts | undefined, head.parts))
    const ttl = written.before?.ttl
    // The run is over, and all that it had bears its time already.
    if (ttl !== undefined) await allSettled(ahead.map((part) => this.#table.update(part, { ttl }, [{ attribute: 'pk', is: 'present' }])))
  }

  /**
   * All records below a prefix of sort keys, strongly consistent, in the table's order. One that changes while it is read is read again;
   * one that lacks a part is never taken for one that has nothing there.
   * @throws FaultlineError `invalid` for a record that lacks a part and is not past its time
   */
  async list(partition: string, prefix: string): Promise<readonly R[]> {
    let before = ''
    for (let read = 0; read < mostReads; read++) {
      const items = await this.#table.query({ from: 'items', partition, sort: { is: 'beginsWith', value: prefix } })
      const texts = new Map(items.flatMap((item) => (typeof item.text === 'string' ? [[item.sk, item.text] as const] : [])))
      const heads = items.filter((item): item is Item & Head => item.body !== undefined)
      const found = heads.map((head) => ({ head, ...this.#codec.join(head, texts) }))
      const lacking = found.filter(({ head, lacks }) => lacks.length > 0 && !this.#isPastItsTime(head))
      if (lacking.length === 0) return found.flatMap(({ record, lacks }) => (lacks.length === 0 ? [this.#read(record)] : []))
      const now = lacking.map(({ head }) => `${head.sk} ${head.saveId}`).join()
      if (now === before) throw lackingParts(lacking)
      before = now
    }
    throw new StoreUnavailable(`read ${partition} / ${prefix}: it changed ${mostReads} times meanwhile`)
  }

  /** DynamoDB takes items away one by one, in no order, within two days of their time. */
  #isPastItsTime({ ttl }: Item): boolean {
    return typeof ttl === 'number' && ttl * 1_000 <= this.#clock.now()
  }

  /**
   * Asked after a refusal: whether an earlier attempt got through. If not, what was written ahead goes at once, as the run may be over and
   * nothing come after this that would take it away; but for what the stored head names: an earlier attempt may have got through unnoticed,
   * and another process gone on from there.
   */
  async #isStored(key: Key, saveId: string, parts: Parts | undefined): Promise<boolean> {
    const stored = await this.#table.get(key)
    if (stored?.saveId === saveId) return true
    const needless = superseded(key, parts, stored?.parts as Parts | undefined)
    await allSettled(needless.map((part) => this.#table.delete(part).catch(unlessOfStore)))
    return false
  }

  async #writeAhead(key: Key, record: R, saveId: string, { ttl }: Attributes = {}) {
    const { ahead, ...head } = this.#codec.split(key, record, saveId)
    const idle = this.#idle.splice(0)
    await allSettled([
      ...ahead.map((part) => this.#table.put({ ...part, ttl })),
      ...idle.map((part) => this.#table.delete(part).catch(unlessOfStore)),
    ])
    return { ...head, ahead }
  }
}

/** What cannot be deleted now goes with its run; no save fails for it. */
function unlessOfStore(error: unknown): void {
  if (!(error instanceof FaultlineError)) throw error
}

function lackingParts(found: readonly { readonly head: Key; readonly lacks: readonly string[] }[]): FaultlineError {
  const which = found.map(({ head, lacks }) => `${head.pk} / ${head.sk} lacks ${lacks.join(', ')}`).join('; ')
  return new FaultlineError(
    'invalid',
    `${which}: what it says is not known, so nothing is done by it; its fuse ends the fault. Restore these items from a backup of the table`,
  )
}
