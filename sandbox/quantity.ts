const binary: Record<string, number> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }
const decimal: Record<string, number> = { n: 1e-9, u: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }

/** A Kubernetes quantity (`512Mi`, `250m`, `1.5`) as a plain number; undefined when there is none. */
export function parseQuantity(text: string | undefined): number | undefined {
  const match = /^([0-9.]+)([A-Za-z]*)$/.exec(text ?? '')
  if (match === null) return undefined
  const unit = match[2] ?? ''
  return Number(match[1]) * (binary[unit] ?? decimal[unit] ?? 1)
}

/** A memory or disk quantity in MiB. */
export function parseMebibytes(text: string | undefined): number | undefined {
  const bytes = parseQuantity(text)
  return bytes === undefined ? undefined : bytes / 2 ** 20
}
