import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Manifest, Who } from './judge.ts'

/** What an account tries that has the rights for it, and must be refused: it makes an object, or changes a node or a running pod. */
export interface Abuse {
  readonly name: string
  readonly who: Who
  /** The policy that refuses it. */
  readonly refused: string
  readonly create?: Manifest
  /** A JSON merge patch. */
  readonly patch?: { readonly kind: 'Node' | 'Pod'; readonly change: object }
}

const folder = join(import.meta.dirname, 'abuses')

/** Each file of `abuses/`, in order. */
export const abuses: readonly Abuse[] = readdirSync(folder)
  .toSorted()
  .map((file) => ({ name: file.replace('.yaml', ''), ...(parse(readFileSync(join(folder, file), 'utf8')) as Omit<Abuse, 'name'>) }))
