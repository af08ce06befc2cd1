/** DynamoDB's limit of one item (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html), kept by every store. */
export const recordLimitBytes = 400 * 1024

/**
 * Bytes of a value as DynamoDB counts them: UTF-8 of names and texts, numbers by two digits, lists and maps by 3 and 1 for each element
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html).
 */
export function storedBytes(value: unknown): number {
  if (typeof value === 'string') return utf8Bytes(value)
  if (typeof value === 'number') return numberBytes(value)
  if (typeof value !== 'object' || value === null) return 1
  let bytes = 3
  if (Array.isArray(value)) {
    for (const element of value as readonly unknown[]) bytes += 1 + storedBytes(element)
    return bytes
  }
  for (const [name, field] of Object.entries(value)) if (field !== undefined) bytes += 1 + utf8Bytes(name) + storedBytes(field)
  return bytes
}

/** Items are measured at each write, and are almost wholly of characters of one byte. */
function utf8Bytes(text: string): number {
  if (!beyondAscii.test(text)) return text.length
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

const beyondAscii = /[\u0080-\uffff]/

/** One byte for each two significant digits (zeros at both ends are trimmed), one more for the exponent, and one for a sign. */
function numberBytes(value: number): number {
  const digits = Number.isSafeInteger(value) ? digitsOfWhole(Math.abs(value)) : digitsOf(Math.abs(value))
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0)
}

function digitsOfWhole(value: number): number {
  let rest = value
  while (rest !== 0 && rest % 10 === 0) rest /= 10
  return rest === 0 ? 0 : String(rest).length
}

function digitsOf(value: number): number {
  return String(value)
    .replace(/e.*$/, '')
    .replace('.', '')
    .replace(/^0+|0+$/g, '').length
}
