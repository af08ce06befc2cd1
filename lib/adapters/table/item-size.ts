import { FaultlineError } from '../../domain/errors.ts'
import type { Key } from './keys.ts'
import type { Attributes } from './table-access.ts'

/** DynamoDB's limit; local stores keep it too, so that a suite that was tried on a laptop runs the same way when it is deployed. */
const maxItemBytes = 400 * 1024

/** Refuses before the store does, with figures; the JSON text is a close upper bound of what DynamoDB counts. */
export function assertFits(key: Key, attributes: Attributes): void {
  const bytes = Buffer.byteLength(JSON.stringify(attributes))
  if (bytes <= maxItemBytes) return
  const message = `${key.pk} / ${key.sk} has ${bytes} bytes, more than the ${maxItemBytes} that DynamoDB stores in one item; use fewer targets`
  throw new FaultlineError('invalid', message)
}
