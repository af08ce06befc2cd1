/**
 * A quantity as Kubernetes writes it (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/): a number with a
 * binary suffix (`2Pi`), a decimal one (`250m`, `12E`) or an exponent (`1e3`).
 */
export const quantityPattern = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/

/** Kubernetes keeps quantities to a billionth, and rounds what is finer away from zero. */
const decimals = 9
const nano = 10n ** BigInt(decimals)
/** The largest magnitude that Kubernetes keeps; what is above is taken for it. */
const most = (2n ** 63n - 1n) * nano
/** 10 to this power passes the largest magnitude, or falls below a billionth, whatever it multiplies. */
const farthestExponent = 1_000

const binary: Readonly<Record<string, bigint>> = {
  Ki: 2n ** 10n,
  Mi: 2n ** 20n,
  Gi: 2n ** 30n,
  Ti: 2n ** 40n,
  Pi: 2n ** 50n,
  Ei: 2n ** 60n,
}
const exponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }

/** Billionths of the unit, exactly; undefined when the text is no quantity. */
export function parseQuantity(text: string): bigint | undefined {
  const match = quantityPattern.exec(text)
  const [, sign, whole = '', fraction = '', binarySuffix = '', decimalSuffix = '', exponent] = match ?? []
  if (match === null) return undefined
  const power = (exponents[decimalSuffix] ?? Number(exponent ?? 0)) + decimals - fraction.length
  const digits = BigInt(whole + fraction) * (binary[binarySuffix] ?? 1n)
  const size = smaller(scaled(digits, power), most)
  return sign === '-' ? -size : size
}

function scaled(digits: bigint, power: number): bigint {
  if (digits === 0n) return 0n
  const factor = 10n ** BigInt(Math.min(Math.abs(power), farthestExponent))
  return power >= 0 ? digits * factor : dividedUp(digits, factor)
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const dividedUp = (value: bigint, by: bigint): bigint => (value + by - 1n) / by

/** Whole units (bytes, objects), rounded up as Kubernetes does; undefined when the text is no quantity. */
export function quantityUnits(text: string): number | undefined {
  const nanos = parseQuantity(text)
  if (nanos === undefined) return undefined
  return Number(nanos < 0n ? -dividedUp(-nanos, nano) : dividedUp(nanos, nano))
}

/** MiB of a memory or disk quantity; undefined when the text is none. */
export function mebibytes(text: string): number | undefined {
  const bytes = quantityUnits(text)
  return bytes === undefined ? undefined : bytes / 2 ** 20
}

/** Cores of a CPU quantity (`250m` is 0.25); undefined when the text is none. */
export function cores(text: string): number | undefined {
  const nanos = parseQuantity(text)
  return nanos === undefined ? undefined : Number(nanos) / Number(nano)
}
