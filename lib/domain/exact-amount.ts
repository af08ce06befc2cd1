/** How much a resource exhaustion takes where a suite says it exactly: of the container's own limit, or absolute. */
export interface ExactAmount {
  readonly unit: 'percent' | 'MiB' | 'millicores' | 'kbit/s'
  readonly value: number
}

/** Less CPU cannot be told from what a look at it costs itself, in thousandths of a core. */
export const leastMillicores = 100

/** An exact amount for people: `80 %`, `512 MiB`, `1.5 cores`, `5000 kbit/s`. */
export function amountText({ unit, value }: ExactAmount): string {
  switch (unit) {
    case 'percent':
      return `${value} %`
    case 'millicores':
      return `${value / 1000} ${value === 1000 ? 'core' : 'cores'}`
    case 'MiB':
    case 'kbit/s':
      return `${value} ${unit}`
  }
}
