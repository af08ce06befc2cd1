import { applyPatch, type Operation } from 'rfc6902'
import { badRequest, StatusError } from './status.ts'

const operations = ['add', 'remove', 'replace', 'move', 'copy', 'test']

const refused = () =>
  new StatusError({ code: 422, reason: 'Invalid', message: 'the server rejected our request due to an error in our request', details: {} })

/** Where the target stands while it is patched, so that a patch can replace it as a whole. */
const home = '/target'

const moved = (path: unknown) => (typeof path === 'string' && (path === '' || path.startsWith('/')) ? `${home}${path}` : path)

/** Applies a JSON patch (RFC 6902) to a copy; a failed `test` or a missing path is refused with 422, as a real server does. */
export function jsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('json patch: the body must be an array of operations')
  const unknown = patch.find((one) => !operations.includes(one?.op))
  if (unknown !== undefined) throw badRequest(`json patch: unknown operation '${unknown?.op}'`)
  const copy = JSON.parse(JSON.stringify({ target })) as { readonly target: unknown }
  for (const one of patch) {
    const operation = { ...one, path: moved(one.path), ...('from' in one ? { from: moved(one.from) } : {}) } as Operation
    if (!isApplied(copy, operation)) throw refused()
  }
  return copy.target
}

/** False when a `test` fails, a path leads nowhere or is none; the first failure ends a patch, so the rest is never tried. */
function isApplied(root: unknown, operation: Operation): boolean {
  try {
    return applyPatch(root, [operation])[0] === null
  } catch {
    return false
  }
}
