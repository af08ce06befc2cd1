/** A measured value with its unit, for people. */
export function valueText(value: number | string | null, unit: string): string {
  if (value === null) return 'nothing'
  const text = typeof value === 'number' && !Number.isInteger(value) ? String(Number(value.toPrecision(4))) : String(value)
  return unit === '' || unit === 'ratio' ? text : `${text} ${unit}`
}
