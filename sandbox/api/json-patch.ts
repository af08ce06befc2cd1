import { isDict, plainCopy, sameJson } from '../plain.ts'
import { badRequest, StatusError } from './status.ts'

interface Operation {
  readonly op?: string
  readonly path?: string
  readonly from?: string
  readonly value?: unknown
}

const refused = () =>
  new StatusError({ code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} })

function pointer(path: string): string[] {
  if (path === '') return []
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function child(parent: unknown, key: string): unknown {
  if (Array.isArray(parent)) return parent[Number(key)]
  return isDict(parent) ? parent[key] : undefined
}

function parentOf(root: unknown, path: readonly string[]): unknown {
  const parent = path.slice(0, -1).reduce<unknown>(child, root)
  if (!isDict(parent) && !Array.isArray(parent)) throw refused()
  return parent
}

function add(root: unknown, path: readonly string[], value: unknown): unknown {
  const key = path.at(-1)
  if (key === undefined) return value
  const parent = parentOf(root, path)
  if (Array.isArray(parent)) parent.splice(key === '-' ? parent.length : Number(key), 0, value)
  else if (isDict(parent)) parent[key] = value
  return root
}

function remove(root: unknown, path: readonly string[]): void {
  const parent = parentOf(root, path)
  const key = path.at(-1) ?? ''
  if (child(parent, key) === undefined) throw refused()
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else if (isDict(parent)) delete parent[key]
}

function apply(root: unknown, { op, path: text = '', from = '', value }: Operation): unknown {
  const path = pointer(text)
  switch (op) {
    case 'test':
      if (!sameJson(path.reduce<unknown>(child, root), value)) throw refused()
      return root
    case 'add':
      return add(root, path, plainCopy(value))
    case 'remove':
      remove(root, path)
      return root
    case 'replace': {
      const parent = parentOf(root, path)
      const key = path.at(-1) ?? ''
      if (child(parent, key) === undefined) throw refused()
      if (Array.isArray(parent)) parent[Number(key)] = plainCopy(value)
      else if (isDict(parent)) parent[key] = plainCopy(value)
      return root
    }
    case 'move':
    case 'copy': {
      const moved = plainCopy(pointer(from).reduce<unknown>(child, root))
      if (moved === undefined) throw refused()
      if (op === 'move') remove(root, pointer(from))
      return add(root, path, moved)
    }
    default:
      throw badRequest(`json patch: unknown operation '${op}'`)
  }
}

/** Applies a JSON patch (RFC 6902) to a copy; a failed `test` or a missing path is refused with 422, as a real server does. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw badRequest('json patch: the body must be an array of operations')
  return (operations as Operation[]).reduce<unknown>(apply, plainCopy(target))
}
