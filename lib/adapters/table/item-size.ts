import { FaultlineError } from '../../domain/errors.ts'
import { recordLimitBytes, storedBytes } from '../../domain/record-size.ts'
import type { Key } from './keys.ts'
import type { Attributes } from './table-access.ts'

/** Refuses before the store does, with figures. Local stores keep DynamoDB's limit, so that a suite that was tried on a laptop runs the same way when it is deployed. */
export function assertFits(key: Key, attributes: Attributes): void {
  const bytes = storedBytes(attributes)
  if (bytes <= recordLimitBytes) return
  const message = `${key.pk} / ${key.sk} has ${bytes} bytes, more than the ${recordLimitBytes} that DynamoDB stores in one item; use fewer targets`
  throw new FaultlineError('invalid', message)
}
