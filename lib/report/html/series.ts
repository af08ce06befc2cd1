import type { SampleDocument } from '../probe-document.ts'

/** An answer with its time in ms; `value` is null when it is no number. */
export interface Point {
  readonly at: number
  readonly value: number | null
  readonly sample: SampleDocument
}

/** A chart is some 800 pixels wide, and points closer than two pixels are one. */
const mostPoints = 400

/** The answers of one probe as points, thinned out to what can be told apart; answers out of tolerance are never thinned out before others. */
export function pointsOf(samples: readonly SampleDocument[]): readonly Point[] {
  const points = samples.map((sample) => ({
    at: Date.parse(sample.at),
    value: typeof sample.value === 'number' ? sample.value : null,
    sample,
  }))
  if (points.length <= mostPoints) return points
  const size = Math.ceil(points.length / mostPoints)
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => mostTelling(points.slice(i * size, (i + 1) * size))).filter(
    (point) => point !== undefined,
  )
}

function mostTelling(points: readonly Point[]): Point | undefined {
  const out = points.filter((point) => point.sample.within === false)
  const some = out.length > 0 ? out : points
  return some.reduce(
    (best, point) => ((point.value ?? Number.NEGATIVE_INFINITY) > (best.value ?? Number.NEGATIVE_INFINITY) ? point : best),
    some[0] as Point,
  )
}

/** Consecutive points that have numbers, so that a line shows where nothing was measured. */
export function stretches(points: readonly Point[]): readonly (readonly Point[])[] {
  const all: Point[][] = [[]]
  for (const point of points) {
    if (point.value === null) all.push([])
    else all.at(-1)?.push(point)
  }
  return all.filter((stretch) => stretch.length > 0)
}
