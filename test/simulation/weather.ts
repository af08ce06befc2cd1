/** How disturbed a simulated world is: chances per call, drawn once per seed, so that calm and stormy worlds are both seen. */
export interface Weather {
  /** That a call of the table fails, half of the time after it was carried out. */
  readonly storeFails: number
  readonly storeSlow: number
  /** That a read of an index answers what was true a while ago. */
  readonly indexStale: number
  readonly apiFails: number
  readonly apiSlow: number
  /** That a message of the bus is lost, or comes twice. */
  readonly busLoses: number
  readonly notifierFails: number
  readonly probeFails: number
}

export const calmWeather: Weather = {
  storeFails: 0,
  storeSlow: 0,
  indexStale: 0,
  apiFails: 0,
  apiSlow: 0,
  busLoses: 0,
  notifierFails: 0,
  probeFails: 0,
}

const chances = [0, 0, 0.01, 0.04]
/** A client gives up after 10 s: answers up to here come in time, come late, or come when nothing waits for them. */
const slowestMs = 14_000

export function drawWeather(random: () => number): Weather {
  const one = () => chances[Math.floor(random() * chances.length)] ?? 0
  return {
    storeFails: one(),
    storeSlow: one(),
    indexStale: one() * 8,
    apiFails: one(),
    apiSlow: one(),
    busLoses: one() * 8,
    notifierFails: one() * 5,
    probeFails: one() * 5,
  }
}

/** Short delays are the most frequent. */
export function drawDelay(random: () => number): number {
  return Math.round(random() ** 3 * slowestMs)
}
